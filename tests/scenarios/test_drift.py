"""A small district without drift and with some: what the monitor says of it,
and that it says it once."""
import pytest
from district import (attendance, day_after, send, simulate, tenant_key,
                      train_champion)

TENANT = "drifting"
TODAY = "2026-01-16"
# The reference has the week of the cohort under way.
WEEKS = (8, 16, 18, 19, 20, 21, 22)


@pytest.fixture(scope="module")
def key(platform):
    """Three cohorts of the simulator."""
    key = tenant_key(platform, TENANT)
    me = platform.get("auth/me", key=key).json["principal"]
    got = platform.post("recipients", {"name": "Head", "role": "admin",
                                       "principal": me}, key=key)
    assert got.status == 201, got
    simulate(platform, key, "--students",
             200 if platform.mode == "release" else 120, "--today", TODAY,
             "--seed", 11)
    platform.settle(120)
    return key


def check(platform, key, **question):
    got = platform.post("drift/check", question, key=key)
    assert got.status == 200, got
    return got.json


def told(platform):
    """The drift.detected events of the tenant."""
    return platform.sql(
        "SELECT data FROM drift.outbox WHERE topic = 'drift.detected'"
        f" AND tenant_id = '{TENANT}'")


def drifted(report):
    return {f["name"] for f in report.get("features", [])
            if f["verdict"] == "drifted"}


def rank(platform, key):
    """Bring the ranking up to date; how many were scored."""
    return platform.wait("the ranking is fresh", lambda: platform.get(
        "risk?top=1", key=key).json["scored"], 120)


def test_a_district_moves_and_is_found_out_once(platform, key):
    before = check(platform, key)
    assert before["verdict"] in ("no_model", "not_enough_data"), before
    assert before["detail"], before

    version = train_champion(platform, key, WEEKS)
    scored = rank(platform, key)
    report = platform.wait(
        "the monitor has heard of every score",
        lambda: whole(check(platform, key), version, scored), 60)
    assert report["verdict"] == "stable", drifted(report)
    assert report["judged"] == 42 and len(report["features"]) == 43
    assert not drifted(report), report
    assert report["same_week"] == 1, report
    assert not told(platform)

    skip_school(platform, key)
    rank(platform, key)
    platform.settle()
    report = platform.wait(
        "the monitor sees the shift",
        lambda: shifted(check(platform, key)), 60)
    found = drifted(report)
    assert {"attendance_rate", "absence_rate"} <= found, found
    assert not any(n.startswith(("grade", "incident")) for n in found), found
    rates = {f["name"]: f for f in report["features"]}["attendance_rate"]
    assert rates["current_mean"] < rates["reference_mean"] - .2, rates
    assert rates["p_corrected"] <= .02 and rates["effect"] > rates["limit"]

    # Nobody was scored of tomorrow: that is refused, and not told as the state.
    ahead = platform.post("drift/check", {"as_of": day_after(TODAY, 1)},
                          key=key)
    assert ahead.status == 422, ahead
    assert f"the newest scores are of {TODAY}" in ahead.json["detail"], ahead
    status = platform.get("drift/status", key=key).json
    assert status["newest"]["report_id"] == report["report_id"]

    again = check(platform, key)
    assert drifted(again) == found
    assert not again.get("new_findings"), again
    assert len(told(platform)) == 1, told(platform)
    assert_people_can_read_it(platform, key, again)


def whole(report, version, scored):
    good = report.get("model_version") == version and report["rows"] == scored
    return report if good else None


def shifted(report):
    return report if "attendance_rate" in drifted(report) else None


def skip_school(platform, key):
    """Everyone is away for six weeks: unexcused, on every school day."""
    students, cursor = [], ""
    while cursor is not None:
        got = platform.get("risk?limit=200" + cursor, key=key).json
        students += [p["student_id"] for p in got["items"]]
        cursor = "&cursor=" + got["next"] if got.get("next") else None
    for week in range(6):
        records = [attendance(student, day_after(TODAY, -7 * week - day),
                              "absent", period=f"late {lesson}")
                   for student in students for day in range(5)
                   for lesson in range(3)]
        got = send(platform, records, key=key, batch_key=f"away-{week}")
        assert got.status == 200, got
    platform.settle(120)


def assert_people_can_read_it(platform, key, report):
    listed = platform.get("drift/reports?limit=2", key=key).json
    assert listed["items"][0]["report_id"] == report["report_id"]
    assert listed["next"] == listed["items"][1]["report_id"]
    kept = platform.get(f"drift/reports/{report['report_id']}", key=key).json
    assert kept["features"] == report["features"]
    status = platform.get("drift/status", key=key).json
    assert status["newest"]["report_id"] == report["report_id"]
    assert "attendance_rate" in status["drifting"]
    shown = platform.client("--key", key, "drift", "report",
                            report["report_id"]).stdout
    line = next(line for line in shown.splitlines()
                if line.startswith("attendance_rate"))
    assert "drifted" in line, shown
    assert platform.client("--key", key, "drift", "reports").stdout.count(
        "\n") > 3


def test_another_tenant_sees_none_of_it(platform, key):
    other = tenant_key(platform, "undrifting")
    assert platform.get("drift/reports", key=other).json["items"] == []
    mine = platform.get("drift/reports?limit=1", key=key).json["items"][0]
    got = platform.get(f"drift/reports/{mine['report_id']}", key=other)
    assert got.status == 404, got
    assert "newest" not in platform.get("drift/status", key=other).json


def test_the_monitor_goes_on_after_it_was_killed(platform, key):
    before = platform.get("drift/reports?limit=1", key=key).json["items"][0]
    platform.kill_and_wait("drift-monitor")
    platform.settle()
    report = check(platform, key)
    assert report["rows"] == before["rows"]
    assert not report.get("new_findings") and len(told(platform)) == 1


def test_what_was_found_is_told_to_the_head_once(platform, key):
    events = told(platform)
    assert events
    platform.settle()
    found = [m for m in platform.get("inbox?limit=500", key=key).json["items"]
             if m["kind"] == "drift"]
    assert len(found) == len(events)
    for message in found:
        assert platform.get(message["link"], key=key).status == 200, message
