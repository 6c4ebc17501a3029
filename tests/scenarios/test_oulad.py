"""The Open University's data: everything arrives, is accounted for, and is
known no earlier than it could have been."""
import csv
import time

import pytest
from district import send, tenant_key

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
    stats = platform.get("ingest/stats", key=key)
    assert stats.status == 200, stats
    assert stats.json["totals"]["enrollments"] == 21333


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


def who_counts(oulad, week, module="BBB"):
    """Students of the module's (None: any module's) 2013J active at a week,
    and those of them with an adverse outcome, counted from the files alone.  A
    Fail with a day of leaving is censored, and one who left behind the end of
    the course has no outcome in it: neither."""
    def mine(r):
        return r["code_presentation"] == "2013J" and \
            module in (None, r["code_module"])

    def place(r):
        return r["id_student"], r["code_module"]
    with open(oulad / "courses.csv", newline="") as f:
        length = {r["code_module"]: int(r["module_presentation_length"])
                  for r in csv.DictReader(f) if mine(r)}
    with open(oulad / "studentInfo.csv", newline="") as f:
        result = {place(r): r["final_result"]
                  for r in csv.DictReader(f) if mine(r)}
    day = 7 * week - 1
    active, adverse = 0, 0
    with open(oulad / "studentRegistration.csv", newline="") as f:
        for r in filter(mine, csv.DictReader(f)):
            start, end = r["date_registration"], r["date_unregistration"]
            if (start != "?" and int(start) > day) or \
                    (end != "?" and int(end) <= day):
                continue
            ended = result[place(r)]
            if end != "?" and (ended == "Fail" or
                               int(end) >= length[r["code_module"]]):
                continue
            active += 1
            adverse += ended in ("Fail", "Withdrawn")
    return active, adverse / active


def train_quickly(platform, key, **question):
    """The job of a small training: definitions are tested here, not skill."""
    got = platform.post("train/update", {
        "hidden": 8, "epochs": 1, "folds": 2, "candidates": 1,
        "train_weeks": [8], **question}, key=key)
    assert got.status < 300, got
    job = platform.wait("the training job ends", lambda: (
        lambda j: j if j["state"] in ("succeeded", "failed") else None)(
            platform.get(f"train/jobs/{got.json['job_id']}", key=key).json),
        400)
    assert job["state"] == "succeeded", job
    return job


@pytest.fixture(scope="module")
def report(platform, key, first):
    """Of a quick champion."""
    job = train_quickly(
        platform, key, promote=True, test_weeks=[4, 8, 12, 16],
        train_courses=["BBB/2013B"], test_courses=["BBB/2013J"])
    platform.wait("prediction serves the champion", lambda: platform.get(
        "risk?top=1", key=key).status == 200, 60)
    return platform.get(f"models/{job['model_version']}/report", key=key).json


def test_students_and_base_rates_are_those_of_the_files(oulad, report):
    for week in (4, 8, 12, 16):
        n, rate = who_counts(oulad, week)
        for row in report["evaluations"]:
            if row.get("week") == week and row["target"] == "adverse":
                assert row["n"] == n, (week, row)
                assert abs(row["base_rate"] - rate) < 1e-9, (week, row)
                assert 0.6 < row["auroc"]["value"] < 1, row


def test_where_there_are_no_clicks_attendance_is_missing(
        platform, key, report):
    """DDD/2013J has grades and deadlines in this data, and no clicks."""
    day = "2013-11-29"
    top = platform.get(f"risk?top=50&course_id=DDD/2013J&reference_date={day}",
                       key=key).json["items"]
    assert len(top) == 50
    graded = 0
    for item in top[:10]:
        got = platform.post("predict", {
            "student_id": item["student_id"], "course_id": "DDD/2013J",
            "reference_date": day, "include_features": True}, key=key).json
        values = [f.get("value") for f in got["features"]]
        assert values[:13] == [None] * 13, values
        assert values[13] in (None, 0), values  # days tracked
        graded += values[28] not in (None, 0)
    assert graded > 0


def test_a_term_named_is_learned_from_with_and_without_clicks(
        platform, oulad, key, first):
    job = train_quickly(platform, key, train_terms=["2013B"],
                        test_terms=["2013J"], test_weeks=[8])
    got = platform.get(f"models/{job['model_version']}/report", key=key).json
    n, rate = who_counts(oulad, 8, None)
    rows = [row for row in got["evaluations"]
            if row.get("week") == 8 and row["target"] == "adverse"]
    assert len(rows) == 3, rows
    for row in rows:
        assert row["n"] == n, row
        assert abs(row["base_rate"] - rate) < 1e-9, row


def test_what_is_known_later_changes_no_feature_and_no_score(
        platform, key, report):
    student = platform.get("risk?top=1&course_id=BBB/2013J"
                           "&reference_date=2013-11-29", key=key
                           ).json["items"][0]["student_id"]
    ask = {"student_id": student, "course_id": "BBB/2013J",
           "reference_date": "2013-11-29", "include_features": True}
    before = platform.post("predict", ask, key=key).json
    more = {"student_id": student, "course_id": "BBB/2013J"}
    got = send(platform, [
        dict(more, kind="activity", date="2013-11-30", known_on="2013-11-30",
             count=500),
        dict(more, kind="grade", date="2013-11-20", known_on="2013-12-04",
             score=100, assessment_type="homework"),
        dict(more, kind="incident", date="2013-11-20", known_on="2013-11-30",
             severity=5, incident_type="late_submission"),
        dict(more, kind="outcome", date="2014-06-29", known_on="2014-06-29",
             result="pass")], key=key)
    assert got.json["stored"] == 4, got
    platform.settle()
    after = platform.post("predict", ask, key=key).json
    assert after["features"] == before["features"]
    assert after["risk_score"] == before["risk_score"]
