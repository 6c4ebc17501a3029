"""What must not be served: a model that finds one group and not another, and
one whose test gives its outcomes away.  Both are planted."""
import csv

import pytest
from district import ended, simulate, tenant_key

TODAY = "2026-01-16"


def train(platform, key, **more):
    got = platform.post("train/update", {
        "promote": True, "seed": 1, "folds": 2, "hidden": 8, "epochs": 3,
        "train_weeks": [6, 12, 18], "test_weeks": [8, 16], **more}, key=key)
    assert got.status == 202, got
    job = platform.wait("the training job ends", lambda: ended(
        platform.get(f"train/jobs/{got.json['job_id']}", key=key).json), 400)
    assert job["state"] == "succeeded", job
    return job


def judged(platform, key, job):
    """The model that won, and its report."""
    model = platform.get(f"models/{job['winner_version']}", key=key).json
    return model, platform.get(f"models/{model['version']}/report",
                               key=key).json


def test_a_planted_gap_between_groups_is_found_and_refused(platform):
    """Girls' records show 0.3 of what ails them; it ends for them as it does
    for boys.  Fifty girls at least must end badly, so the district is large."""
    if platform.mode != "release":
        pytest.skip("600 pupils a year are too many for a slow build")
    key = tenant_key(platform, "unfair")
    simulate(platform, key, "--students", 600, "--weeks", 18, "--today", TODAY,
             "--seed", 32, "--bias", "records")
    platform.settle(300)
    job = train(platform, key)
    model, report = judged(platform, key, job)

    girls, boys = (next(g for g in report["groups"] if g["group"] == name)
                   for name in ("female", "male"))
    assert girls["false_negative"]["low"] > boys["false_negative"]["high"]
    assert girls["calibration_gap"]["high"] < 0

    assert model["outcome"] == "refused"
    assert model["refused_by"] == ["group-gap"], model
    assert "gender=female" in model["verdict"], model
    assert "promoted_version" not in job
    assert platform.get("models/aliases/champion", key=key).status == 404
    got = platform.client("--key", key, "models", "promote", model["version"],
                          "--why", "we know of it", check=False)
    assert got.returncode == 1 and "gender=female" in got.stderr
    platform.client("--key", key, "models", "promote", model["version"],
                    "--why", "we know of it", "--despite-gate")
    moves = platform.get("models/aliases/champion/moves", key=key).json["items"]
    assert moves[0]["evidence"]["refused_by"] == ["group-gap"]


def test_a_label_planted_in_a_feature_is_found(platform, tmp_path):
    """Somebody fills in, when all is over, how often a pupil had tried: 5 for
    those who failed."""
    key, truth = tenant_key(platform, "leaky"), tmp_path / "truth.csv"
    simulate(platform, key, "--students", 120, "--weeks", 18, "--today", TODAY,
             "--seed", 41, "--truth", truth)
    platform.settle(120)
    job = train(platform, key, promote=False)
    model, report = judged(platform, key, job)
    assert "leak" not in model["refused_by"]
    assert .5 < report["strongest_separation"] < .95

    with open(truth, encoding="utf-8") as file:
        bad = {row["student_id"] for row in csv.DictReader(file)
               if row["adverse"] == "1"}
    enrolled = platform.sql("SELECT student_id, course_id FROM "
                            "ingestion.enrollment WHERE tenant_id = 'leaky'")
    assert 30 <= len(bad) < len(enrolled) / 2
    got = platform.post("registers/batch", {"enrollments": [
        {"student_id": student, "course_id": course,
         "previous_attempts": 5 if student in bad else 0}
        for student, course in enrolled]}, key=key)
    assert got.status in (200, 201), got
    platform.settle(120)
    job = train(platform, key, seed=2)
    model, report = judged(platform, key, job)
    assert model["outcome"] == "refused" and "leak" in model["refused_by"]
    assert report["strongest_input"] == "previous_attempts"
    assert report["strongest_separation"] > .99
    assert "previous_attempts" in model["verdict"]
    assert "promoted_version" not in job
