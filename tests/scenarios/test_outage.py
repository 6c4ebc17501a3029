"""Redis and PostgreSQL away: from the start, under load, for a while."""
import os
import signal
import time
from pathlib import Path

import pytest
from district import (attendance, day_after, ndjson, simulate, tenant_key,
                      train_champion)
from load import Load

TENANT = "outage"
# Seconds that each may take, as its route says in proto/*.def, and the check
# of its key before that.
DEADLINES = {"who": 5 + 5, "predict": 10 + 5, "risk": 60 + 5, "store": 30 + 5}
MARGIN = 5         # seconds for a machine that is busy
AWAY = 20          # seconds without a database
GROWTH = 16 << 20  # bytes that a daemon may keep of a bad time


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, TENANT)
    simulate(platform, key, "--students", 60, "--seed", 9)
    platform.settle(120)
    train_champion(platform, key)
    return key


@pytest.fixture(scope="module")
def asks(platform, key):
    """What is asked under load: reading, scoring and storing."""
    one = platform.get("risk?top=1", key=key).json["items"][0]
    student, course = one["student_id"], one["course_id"]
    day = one["reference_date"]
    return [
        ("who", "GET", "auth/me", None),
        ("predict", "POST", "predict", {"student_id": student,
                                        "course_id": course}),
        ("risk", "GET", "risk?top=10", None),
        ("store", "POST", "ingest/batch?source=load", lambda number: ndjson(
            [attendance(student, day_after(day, -1), id=f"{number}-{i}",
                        period="p1") for i in range(5)])),
    ]


def ready(platform):
    return all(s["ready"] for s in platform.status()["services"])


def memory(platform):
    return {s["service"]: s["memory_bytes"]
            for s in platform.status()["services"]}


def test_without_redis_from_the_start_nothing_fails(platform, key, asks):
    platform.supervise("down", "redis")
    try:
        for name in ("gateway", "ingestion", "notification", "prediction",
                     "training"):
            platform.kill_and_wait(name)
        platform.wait("all are ready", lambda: ready(platform))
        with Load(platform, key, asks) as load:
            load.wait_for(200)
        assert not load.failed(), load.failed()[:5]
    finally:
        platform.supervise("up", "redis")


def test_redis_taken_away_and_given_back_fails_no_request(platform, key, asks):
    with Load(platform, key, asks) as load:
        load.wait_for(100)
        platform.supervise("down", "redis")
        load.wait_for(100)
        platform.supervise("up", "redis")
        load.wait_for(100)
        platform.kill_and_wait("redis")
        load.wait_for(100)
    assert not load.failed(), load.failed()[:5]


def check_answers(load, statuses):
    """Each came in time, as one of these, and says when to come again."""
    slow = [n for n in load.notes
            if n.seconds > DEADLINES[n.name] + MARGIN]
    assert not slow, slow[:5]
    for note in load.failed():
        assert note.status in statuses, note
        assert b"problems/" in note.detail, note
        assert note.status != 503 or int(note.retry_after) >= 1, note


def check_recovery(platform, key, asks, before):
    """It is all as it was, by itself."""
    platform.wait("all are ready", lambda: ready(platform))
    with Load(platform, key, asks) as load:
        load.wait_for(200)
    assert not load.failed(), load.failed()[:5]
    # Keys that nobody knows: each is looked up by a thread of the gateway's.
    for number in range(16):
        platform.wait("keys are checked", lambda: platform.get(
            "auth/me", key=f"ep_{number:043d}").status == 401)
    platform.settle(60)
    if platform.mode == "release":
        grown = {name: (before[name], now)
                 for name, now in memory(platform).items()
                 if now > before[name] + GROWTH}
        assert not grown, grown


def warm(platform, key, asks):
    with Load(platform, key, asks) as load:
        load.wait_for(200)
    assert not load.failed(), load.failed()[:5]
    return memory(platform)


def test_without_postgresql_requests_get_503_and_all_recovers(platform, key,
                                                              asks):
    before = warm(platform, key, asks)
    with Load(platform, key, asks) as load:
        platform.supervise("down", "postgres")
        load.wait_for(100)
        began = len(load.notes)
        time.sleep(AWAY)
        during = load.notes[began:]
        assert len(during) > 100, during
        platform.supervise("up", "postgres")
        platform.wait("all are ready", lambda: ready(platform))
    check_answers(load, {503})
    assert sum(n.status == 503 for n in during) > 50
    check_recovery(platform, key, asks, before)


def everyone_of(platform):
    """PostgreSQL's first process and its children."""
    first = platform.pid("postgres")
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]


def send_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def test_with_postgresql_frozen_requests_end_in_time(platform, key, asks):
    """It takes connections and answers none: an error when the time is over,
    or at once when it is known."""
    before = warm(platform, key, asks)
    frozen = []
    try:
        with Load(platform, key, asks, threads=8) as load:
            load.wait_for(50)
            frozen = everyone_of(platform)
            send_all(frozen, signal.SIGSTOP)
            time.sleep(AWAY)
            send_all(frozen, signal.SIGCONT)
            frozen = []
            platform.wait("all are ready", lambda: ready(platform))
    finally:
        send_all(frozen, signal.SIGCONT)
    check_answers(load, {503, 504})
    assert any(n.status in (503, 504) for n in load.notes)
    check_recovery(platform, key, asks, before)
