"""A small district, a model trained on it, and what predictions promise."""
import json
import math

import pytest
from district import (attendance, day_after, make_course, rules, send,
                      simulate, tenant_key, train_champion)

TENANT = "district"
TODAY = "2026-01-16"


@pytest.fixture(scope="module")
def key(platform, tmp_path_factory):
    """Three cohorts of the simulator, and a champion."""
    key = tenant_key(platform, TENANT)
    truth = tmp_path_factory.mktemp("truth") / "truth.csv"
    students = "200" if platform.mode == "release" else "120"
    simulate(platform, key, "--students", students, "--today", TODAY,
             "--seed", 7, "--truth", truth)
    platform.truth = truth
    platform.settle(120)
    train_champion(platform, key)
    return key


def top(platform, key, count=10, **query):
    words = "".join(f"&{k}={v}" for k, v in query.items())
    got = platform.get(f"risk?top={count}{words}", key=key)
    assert got.status == 200, got
    return got.json


def test_the_list_is_ranked_and_explained(platform, key):
    listed = top(platform, key)
    scores = [p["risk_score"] for p in listed["items"]]
    assert len(scores) == 10 and scores == sorted(scores, reverse=True)
    assert 0 < listed["scored"] <= listed["active"]
    for item in listed["items"]:
        assert len(item["explanations"]) == 3, item
        weights = [abs(r["weight"]) for r in item["explanations"]]
        assert weights == sorted(weights, reverse=True)


def test_those_listed_first_fare_worse_than_those_listed_last(platform, key):
    """Against the truth the simulator planted, which the platform never
    saw."""
    rows = [line.split(",")
            for line in platform.truth.read_text().splitlines()[1:]]
    truth = {row[0]: float(row[4]) for row in rows}
    listed, cursor = [], ""
    while cursor is not None:
        got = platform.get("risk?limit=100" + cursor, key=key).json
        listed += got["items"]
        cursor = "&cursor=" + got["next"] if got.get("next") else None
    planted = [truth[p["student_id"]] for p in listed]
    fifth = len(planted) // 5
    assert fifth >= 10
    assert sum(planted[:fifth]) > 2 * sum(planted[-fifth:]), planted


def test_one_prediction_has_every_field(platform, key):
    student = top(platform, key)["items"][0]
    got = platform.post("predict", {"student_id": student["student_id"],
                                    "include_features": True}, key=key)
    assert got.status == 200, got
    one = got.json
    for field in ("prediction_id", "student_id", "course_id", "risk_score",
                  "risk_category", "confidence", "model_version", "arm",
                  "reference_date", "as_of", "explanations", "trend",
                  "next_review_date", "features", "log_position"):
        assert field in one, field
    assert one["prediction_id"] == student["prediction_id"]
    assert one["risk_score"] == student["risk_score"]
    assert one["confidence"]["low"] <= one["risk_score"] \
        <= one["confidence"]["high"]
    assert 1 <= len(one["trend"]) <= 8
    assert one["trend"][-1]["risk_score"] == one["risk_score"]
    assert len(one["features"]) == 46
    for reason in one["explanations"]:
        assert {"factor", "label", "group", "weight", "direction",
                "actionable"} <= set(reason), reason
        assert (reason["weight"] > 0) == (reason["direction"] == "raises")
    again = platform.get(f"predictions/{one['prediction_id']}", key=key)
    assert again.status == 200, again
    assert again.json["risk_score"] == one["risk_score"]


def test_a_repeated_question_is_the_same_prediction(platform, key):
    student = top(platform, key)["items"][3]["student_id"]
    ids = {platform.post("predict", {"student_id": student}, key=key
                         ).json["prediction_id"] for _ in range(5)}
    assert len(ids) == 1
    before = ids.pop()
    send(platform, [attendance(student, TODAY, "absent", period="late")],
         key=key)
    platform.settle()
    after = platform.post("predict", {"student_id": student}, key=key)
    assert after.status == 200 and after.json["prediction_id"] != before


def test_two_weeks_of_data_are_insufficient_history(platform, key):
    start = day_after(TODAY, -13)
    make_course(platform, key, "NEW", start, ["young"])
    send(platform, [attendance("young", day_after(start, i)) for i in range(5)],
         key=key)
    platform.settle()
    got = platform.post("predict", {"student_id": "young"}, key=key)
    assert got.status == 422, got
    assert got.json["type"] == "/problems/insufficient-history", got
    assert day_after(start, 27) in got.json["detail"], got


def test_unknown_students_and_missing_courses_are_named(platform, key):
    assert platform.post("predict", {"student_id": "nobody"}, key=key
                         ).status == 404
    got = platform.post("predict", {}, key=key)
    assert got.status == 422 and "student_id" in got.body.decode(), got


def test_score_and_category_never_disagree(platform, key):
    """10,000 predictions: every student of the cohort under way, on many
    days, in batches."""
    want = 10000 if platform.mode == "release" else 1000
    students = sorted({p["student_id"] for p in
                       top(platform, key, 200)["items"]})
    seen, day, cuts = 0, TODAY, {}
    limits = {"low": (0, .25), "medium": (.25, .5), "high": (.5, .75),
              "critical": (.75, 1.0000001)}
    while seen < want:
        got = platform.post("predict/batch", {
            "items": [{"student_id": s} for s in students[:100]],
            "reference_date": day}, key=key)
        assert got.status == 200, got
        assert got.json["items"], got
        for one in got.json["items"]:
            low, high = limits[one["risk_category"]]
            assert low <= one["risk_score"] < high, one
            cuts[one["risk_category"]] = cuts.get(one["risk_category"], 0) + 1
            seen += 1
        students = students[100:] + students[:100]
        if seen // 1000 % 3 == 2:
            day = day_after(TODAY, -(seen // 1000))
    assert len(cuts) >= 3, cuts


def test_what_is_known_later_changes_no_feature_and_no_score(platform, key):
    """Records dated, or known, after the reference day are injected."""
    student = top(platform, key)["items"][5]["student_id"]
    day = day_after(TODAY, -21)
    ask = {"student_id": student, "reference_date": day,
           "include_features": True}
    before = platform.post("predict", ask, key=key).json
    got = send(platform, [
        attendance(student, day_after(day, 3), "absent", period="x"),
        dict(attendance(student, day_after(day, -3), "absent", period="y"),
             known_on=day_after(day, 1)),
        {"kind": "grade", "student_id": student, "course_id": "MATH",
         "date": day_after(day, -2), "known_on": day_after(day, 2),
         "score": 0, "assessment_type": "test"},
        {"kind": "incident", "student_id": student, "severity": 5,
         "incident_type": "fighting", "date": day_after(day, 1),
         "known_on": day_after(day, 1)}], key=key)
    assert got.json["stored"] == 4, got
    platform.settle()
    after = platform.post("predict", ask, key=key).json
    assert after["features"] == before["features"]
    assert after["risk_score"] == before["risk_score"]
    assert [r["weight"] for r in after["explanations"]] == \
        [r["weight"] for r in before["explanations"]]


def test_the_report_shows_model_and_baseline_on_the_same_students(platform, key):
    models = platform.get("models", key=key).json["items"]
    champion = next(m for m in models if "champion" in m.get("aliases", []))
    got = platform.get(f"models/{champion['version']}/report", key=key)
    assert got.status == 200, got
    rows = {(r["model"], r.get("week"), r["target"]): r
            for r in got.json["evaluations"]}
    for model in ("network", "logistic"):
        row = rows[(model, None, "adverse")]
        assert 0.5 < row["auroc"]["value"] <= 1, row
        assert row["auroc"]["low"] <= row["auroc"]["value"] \
            <= row["auroc"]["high"]
        assert math.isclose(row["brier"]["value"], row["reliability"] -
                            row["resolution"] + row["uncertainty"],
                            abs_tol=1e-6), row
    assert rows[("network", None, "adverse")]["n"] == \
        rows[("logistic", None, "adverse")]["n"]


def test_a_network_goes_out_as_onnx_and_says_what_int8_costs(
        platform, key, tmp_path):
    models = platform.get("models", key=key).json["items"]
    network = next(m for m in models if m["kind"] == "network")["version"]
    file = tmp_path / "risk.onnx"
    platform.client("--key", key, "models", "export", network,
                    "--onnx", file)
    written = file.read_bytes()
    # ModelProto: ir_version 7, then the producer (onnx.proto).
    assert written.startswith(b"\x08\x07\x12\x08edupulse")
    assert written.count(b"linear_before_reset") == 3
    report = platform.get(f"models/{network}/report", key=key).json
    rows = {r["group"]: r for r in report["int8"]}
    assert rows["all"]["n"] > 0 and rows["all"]["worst"] > 0, rows
    assert report["int8_passes"] in (True, False)
    for kind in ("logistic", "trees"):
        other = next(m for m in models if m["kind"] == kind)["version"]
        refused = platform.get(f"models/{other}/onnx", key=key)
        assert refused.status == 422, refused
        assert "network" in refused.json["detail"], refused
        report = platform.get(f"models/{other}/report", key=key).json
        assert not {"int8", "int8_passes"} & set(report), report


def test_moving_the_champion_needs_if_match(platform, key):
    models = platform.get("models", key=key).json["items"]
    path = "models/aliases/champion"
    now = platform.get(path, key=key)
    version, tag = now.json["version"], now.headers["ETag"]
    other = next(m["version"] for m in models if m["version"] != version)
    change = {"version": other, "why": "a test", "despite_gate": True}
    assert platform.put(path, change, key=key).status == 428
    assert platform.put(path, change, key=key,
                        headers={"If-Match": '"0000"'}).status == 412
    assert platform.put(path, change, key=key,
                         headers={"If-Match": "garbage"}).status == 400
    for to in (other, version):
        change["version"] = to
        got = platform.put(path, change, key=key, headers={"If-Match": tag})
        assert got.status == 200 and got.json["version"] == to, got
        tag = got.headers["ETag"]
    got = platform.put(path, change, key=key, headers={"If-Match": tag})
    assert got.status == 409 and "already" in got.json["detail"], got
    platform.wait("it is served", lambda:
                  top(platform, key, 1)["model_version"] == version)


def test_the_client_shows_the_same(platform, key):
    done = platform.client("--key", key, "risk", "--top", 3, "--json")
    assert [p["risk_score"] for p in json.loads(done.stdout)["items"]] == \
        [p["risk_score"] for p in top(platform, key, 3)["items"]]
    assert "active on" in platform.client("--key", key, "risk").stdout
    assert platform.client("--key", "ep_wrong", "risk",
                           check=False).returncode == 4
    assert platform.client("risk", "--colour", "red",
                           check=False).returncode == 2
