"""The Open University's data: everything arrives, is accounted for, and is
known no earlier than it could have been."""
import csv
import time

import pytest
from district import tenant_key

TENANT = "oulad"


@pytest.fixture(scope="module")
def key(platform, oulad):
    if platform.mode != "release":
        pytest.skip("a million rows are imported in MODE=release only")
    return tenant_key(platform, TENANT)


@pytest.fixture(scope="module")
def first(platform, oulad, key):
    """The first import, with the seconds it took."""
    return import_all(platform, oulad, key)


def import_all(platform, oulad, key):
    began = time.monotonic()
    done = platform.client("--key", key, "--json", "import", oulad,
                           timeout=400)
    import json
    got = json.loads(done.stdout.splitlines()[-1])
    committed = time.monotonic() - began
    platform.settle(300)
    return got, committed, time.monotonic() - began


def rows_of(path):
    with open(path, newline="") as f:
        return sum(1 for _ in csv.reader(f)) - 1


def test_every_row_is_stored_merged_or_quarantined(platform, oulad, key, first):
    got, committed, projected = first
    print(f"committed in {committed:.1f} s, projected in {projected:.1f} s")
    assert got["state"] == "done", got
    files = {f["name"]: f for f in got["files"]}
    for path in oulad.glob("*.csv"):
        file = files[path.name]
        assert file["rows"] == rows_of(path), file
        assert file["rows"] == file["stored"] + file["merged"] + \
            file["quarantined"], file
    assert files["studentInfo.csv"]["rows"] == 21333
    assert files["studentAssessment.csv"]["rows"] == 121738
    assert files["studentVle.csv"]["rows"] == 879259
    stats = platform.get("ingest/stats", key=key).json
    assert stats["enrollments"] == 21333


def state(platform):
    """What the import left behind, without what only numbers it."""
    counts = platform.sql(
        "SELECT kind, count(*), count(supersedes) FROM ingestion.record_log "
        f"WHERE tenant_id = '{TENANT}' GROUP BY 1 ORDER BY 1")
    facts = platform.sql(
        "SELECT count(*), sum(length(facts)), md5(string_agg(md5(facts), '' "
        "ORDER BY enrollment_id, week)) FROM prediction.week_facts "
        f"WHERE tenant_id = '{TENANT}'")
    registers = platform.sql(
        "SELECT count(*) FROM prediction.enrollment "
        f"WHERE tenant_id = '{TENANT}'")
    return counts, facts, registers


def test_imported_twice_it_leaves_the_same_state(platform, oulad, key, first):
    before = state(platform)
    got, _, _ = import_all(platform, oulad, key)
    assert got["state"] == "done", got
    assert state(platform) == before


def test_samples_have_the_published_numbers(platform, oulad, key, first):
    """n and base rates of BBB/2013J at weeks 4, 8, 12 and 16, counted here
    from the files."""
    info = {r["id_student"]: r for r in csv.DictReader(
        open(oulad / "studentInfo.csv"))
        if (r["code_module"], r["code_presentation"]) == ("BBB", "2013J")}
    active = {}
    for r in csv.DictReader(open(oulad / "studentRegistration.csv")):
        if (r["code_module"], r["code_presentation"]) != ("BBB", "2013J"):
            continue
        start = int(r["date_registration"]) if r["date_registration"] != "?" \
            else -9999
        end = int(r["date_unregistration"]) \
            if r["date_unregistration"] != "?" else None
        active[r["id_student"]] = (start, end)
    for week, n in ((4, 1834), (8, 1785), (12, 1755), (16, 1702)):
        day = 7 * week - 1
        on = [s for s, (start, end) in active.items()
              if start <= day and (end is None or end > day)]
        # A Fail with a day of leaving is censored: it has no outcome.
        known = [s for s in on if not (info[s]["final_result"] == "Fail"
                                       and active[s][1] is not None)]
        assert len(known) == n, (week, len(known), n)
