"""Two copies of gateway, ingestion and prediction: each is killed in turn, and
the other one goes on."""
import os
import threading

import pytest
from conftest import Platform, share
from district import (Doors, Stream, attendance, day_after, simulate,
                      tenant_key, train_champion)
from ledger import Ledger
from load import Load

TENANT = "copies"
VICTIMS = ("ingestion", "ingestion.1", "prediction", "prediction.1", "gateway",
           "gateway.1")
BATCHES = share(150)  # of each of two streams, at the least
ANSWERS = 100         # to questions, at the least
SIZE = 500
PATIENCE = 60         # seconds in which something must have been answered


@pytest.fixture(scope="module")
def twins():
    built = Platform(os.environ.get("MODE", "release"),
                     "gateway=2 ingestion=2 prediction=2")
    try:
        built.up()
        yield built
    finally:
        built.keep_logs("copies")
        built.destroy()


@pytest.fixture(scope="module")
def key(twins):
    key = tenant_key(twins, TENANT)
    simulate(twins, key, "--students", 60, "--seed", 9)
    twins.settle(120)
    train_champion(twins, key)
    return key


@pytest.fixture(scope="module")
def students(twins, key):
    """Of the cohort under way: id, course and a day they were there."""
    items = twins.get("risk?top=40", key=key).json["items"]
    return [(i["student_id"], i["course_id"], i["reference_date"])
            for i in items]


def batches(students, name, are_all_killed):
    """Records with ids of their own, over forty students and fifty days, for
    as long as there is someone to kill."""
    number = 0
    while number < BATCHES or not are_all_killed.is_set():
        yield [attendance(student, day_after(day, -1 - number % 50),
                          period=f"{number}", id=f"{name}-{number}-{i}")
               for i in range(SIZE)
               for student, _, day in [students[i % len(students)]]]
        number += 1


def log_size(twins):
    return len(Ledger(twins, TENANT).log)


def kill_in_turn(twins, streams):
    for number, victim in enumerate(VICTIMS):
        want = BATCHES * 2 * (number + 1) // (len(VICTIMS) + 1)
        twins.wait(f"{want} batches are in", lambda: sum(
            len(s.acknowledged) for s in streams) >= want, 240)
        twins.kill_and_wait(victim)
        # The one that goes on next time is the one that was killed before.
        twins.wait(f"{victim} is ready again",
                   lambda: twins.ops(victim, "readyz")[0] == 200, 120)


@pytest.fixture(scope="module")
def story(twins, key, students):
    """Streams and questions, while one copy after the other is killed."""
    before = log_size(twins)
    are_all_killed = threading.Event()
    streams = [Stream(Doors(twins), batches(students, name, are_all_killed),
                      name, key, patience=PATIENCE)
               for name in ("east", "west")]
    student, course, _ = students[0]
    asks = [("who", "GET", "auth/me", None),
            ("risk", "GET", "risk?top=10", None),
            ("predict", "POST", "predict", {"student_id": student,
                                            "course_id": course}),
            ("courses", "GET", "courses", None)]
    with Load(twins, key, asks, threads=3, patience=PATIENCE) as load:
        for stream in streams:
            stream.start()
        try:
            kill_in_turn(twins, streams)
        finally:
            are_all_killed.set()
        for stream in streams:
            stream.join(300)
        twins.wait("enough is answered", lambda: len(load.notes) > ANSWERS, 240)
    assert not any(s.is_alive() for s in streams)
    twins.settle(120)
    return streams, load, before


def test_no_request_fails_that_is_safe_to_repeat(twins, story):
    streams, load, _ = story
    for stream in streams:
        assert len(stream.acknowledged) == len(stream.sent), stream.fault
        assert len(stream.sent) >= BATCHES
    assert not load.failed(), load.failed()[:5]
    # Both gateways were killed, so something had to be repeated.
    assert load.again + sum(s.repeated for s in streams) > 0


def test_nothing_is_lost_doubled_or_skipped(twins, story):
    streams, _, before = story
    sent = [r["id"] for s in streams for b in s.sent for r in b]
    ledger = Ledger(twins, TENANT)
    ledger.check_fates(dict.fromkeys(sent, "log"), others=before)
    ledger.check_agreement()
    assert len(ledger.log) == before + len(sent)


def test_both_copies_of_each_have_a_part_in_it(twins, key, story):
    """Each counts its calls since it was killed."""
    calls = lambda: [twins.metric(name, "edupulse_calls_total")
                     for name in VICTIMS]
    with Load(twins, key, [("courses", "GET", "courses", None),
                           ("risk", "GET", "risk?top=1", None)]) as load:
        twins.wait("each has answered something", lambda: all(calls()))
    assert not load.failed(), load.failed()[:5]


def test_copies_come_and_go_with_the_next_start(twins, key, story):
    further = [twins.data / f"sv/{name}" for name in VICTIMS if "." in name]
    pids = [twins.pid(folder.name) for folder in further]
    logs = [int((folder / "log/supervise/pid").read_text())
            for folder in further]
    first = twins.pid("ingestion")
    twins.env["EDUPULSE_COPIES"] = ""
    twins.up()
    assert not any(folder.exists() for folder in further)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in logs)
    twins.wait("the further copies have ended", lambda: not any(
        os.path.exists(f"/proc/{pid}") for pid in pids))
    assert twins.pid("ingestion") == first
    with Load(twins, key, [("courses", "GET", "courses", None)]) as load:
        load.wait_for(50)
    assert not load.failed(), load.failed()[:5]
    twins.env["EDUPULSE_COPIES"] = "ingestion=2"
    twins.up()
    assert twins.pid("ingestion.1") not in pids
