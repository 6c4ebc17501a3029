"""kill -9 is a normal event: what was acknowledged is there, once."""
import json

import pytest
from district import (Stream, attendance, day_after, make_course, rules,
                      tenant_key)
from ledger import Ledger

START = "2025-09-01"
TENANT = "kill"
STUDENTS = [f"k{i}" for i in range(200)]


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, TENANT)
    assert platform.put("settings/tenant", rules("2026-01-15"),
                        key=key).status == 200
    make_course(platform, key, "K", START, STUDENTS, weeks=40)
    return key


def batches(first, count, size):
    """Batches of records with ids, each record of its own id."""
    out = []
    for b in range(first, first + count):
        out.append([attendance(STUDENTS[(b * size + i) % 200],
                               day_after(START, (b * size + i) // 200 % 130),
                               id=f"id-{b}-{i}", period=f"p{b}")
                    for i in range(size)])
    return out


def test_killed_ingestion_and_prediction_lose_and_double_nothing(platform, key):
    size = 1000
    total = 200 if platform.mode == "release" else 30
    half = total // 2
    streams = [Stream(platform, batches(0, half, size), "a", key),
               Stream(platform, batches(half, total - half, size), "b", key)]
    for stream in streams:
        stream.start()
    done = lambda: sum(len(s.acknowledged) for s in streams)
    for victim, share in (("ingestion", 0.25), ("prediction", 0.5)):
        platform.wait(f"a share of {share} is in",
                      lambda: done() >= total * share, 120)
        pid = platform.kill(victim)
        platform.wait(f"{victim} is back",
                      lambda: platform.pid(victim) != pid, 30)
    for stream in streams:
        stream.join(240)
        assert not stream.is_alive() and \
            len(stream.acknowledged) == len(stream.batches), stream.fault
    platform.settle(60)

    want = {r["id"] for s in streams for b in s.batches for r in b}
    assert len(want) == total * size
    # Record by record: every acknowledged record is in the log once ...
    ledger = Ledger(platform, TENANT)
    ledger.check_fates(dict.fromkeys(want, "log"))
    # ... and in the projection once, under the same enrollment.
    ledger.check_agreement()
    assert len(ledger.log) == len(want)


def test_the_log_tells_the_same_story_to_a_client(platform, key):
    stats = platform.get("ingest/stats", key=key).json
    kinds = {k["kind"]: k["records"] for k in stats["kinds"]}
    assert kinds["attendance"] == (200000 if platform.mode == "release"
                                   else 30000), json.dumps(stats)
