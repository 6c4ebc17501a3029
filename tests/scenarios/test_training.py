"""Trainings that are killed go on where they were; those that are cancelled or
cannot be leave nothing."""
import os
import signal
from pathlib import Path

import pytest
from district import ended, simulate, tenant_key

QUESTION = {"seed": 7, "folds": 3, "hidden": 32, "epochs": 12,
            "candidates": 4, "train_weeks": [6, 12, 18, 24]}


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, "resume")
    simulate(platform, key, "--students", 250, "--seed", 9)
    platform.settle(120)
    return key


def start(platform, key, **more):
    got = platform.post("train/update", {**QUESTION, **more}, key=key)
    assert got.status == 202, got
    return got.json["job_id"]


def job(platform, key, job_id):
    return platform.get(f"train/jobs/{job_id}", key=key).json


def end(platform, key, job_id):
    return platform.wait("the training job ends", lambda: ended(
        job(platform, key, job_id)), 400)


def checkpoints(platform, job_id):
    folder = platform.data / "training" / job_id
    return sorted(p.name for p in folder.glob("*") if p.suffix != ".new")


def wait_for(platform, job_id, count):
    platform.wait(f"{count} checkpoints are there",
                  lambda: len(checkpoints(platform, job_id)) >= count, 200)


def child(platform):
    """Of whichever of the daemon's threads started it."""
    tasks = Path(f"/proc/{platform.pid('training')}/task").iterdir()
    return next(int(pid) for task in tasks
                for pid in (task / "children").read_text().split())


def test_a_training_that_is_killed_ends_with_the_same_file(platform, key):
    disturbed = start(platform, key)
    wait_for(platform, disturbed, 2)
    daemon = platform.pid("training")
    os.kill(child(platform), signal.SIGKILL)
    # It is put off, taken up again, and further on than it was.
    wait_for(platform, disturbed, 5)
    assert platform.pid("training") == daemon
    platform.kill_and_wait("training")
    wait_for(platform, disturbed, 8)
    assert job(platform, key, disturbed)["state"] == "running"
    first = end(platform, key, disturbed)
    assert first["state"] == "succeeded", first
    attempts = [line for line in (platform.data / "log/training/current")
                .read_text().splitlines()
                if "training began" in line and disturbed in line]
    assert len(attempts) == 3, attempts

    second = end(platform, key, start(platform, key))
    assert second["state"] == "succeeded", second
    assert first["model_version"] == second["model_version"]
    assert first["baseline_version"] == second["baseline_version"]


def test_checkpoints_go_with_their_job(platform, key):
    cancelled = start(platform, key)
    wait_for(platform, cancelled, 1)
    got = platform.post(f"train/jobs/{cancelled}/cancel", key=key)
    assert got.json["state"] == "cancelled", got
    # Neither it nor those that succeeded have left anything.
    platform.wait("no checkpoints are left", lambda: not list(
        (platform.data / "training").iterdir()))


def test_isotonic_calibration_wants_a_thousand_students(platform, key):
    refused = end(platform, key, start(platform, key, calibration="isotonic"))
    assert refused["state"] == "failed", refused
    assert "1000 students" in refused["error"], refused
