"""kill -9 is a normal event: what was acknowledged is there, once."""
import json
import signal
import time

import pytest
from district import (Stream, attendance, day_after, make_course, rules,
                      send, tenant_key)
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


def test_a_kill_amid_batches_without_record_ids_stores_each_once(platform):
    """Their keys alone tell a batch that was sent again from a new one."""
    key = tenant_key(platform, "kill-plain")
    assert platform.put("settings/tenant", rules("2026-01-15"),
                        key=key).status == 200
    make_course(platform, key, "K", START, STUDENTS, weeks=40)
    size, total = 1000, 100 if platform.mode == "release" else 20
    plain = [[attendance(STUDENTS[i % 200], day_after(START, i // 200),
                         period=f"p{b}") for i in range(size)]
             for b in range(total)]
    streams = [Stream(platform, plain[::2], "even", key),
               Stream(platform, plain[1::2], "odd", key)]
    for stream in streams:
        stream.start()
    done = lambda: sum(len(s.acknowledged) for s in streams)
    platform.wait("a third is in", lambda: done() >= total / 3, 120)
    # Held first: whatever is fast, both streams wait for an answer by then.
    pid = platform.kill("ingestion", signal.SIGSTOP)
    assert done() < total
    time.sleep(0.5)
    platform.kill("ingestion")
    platform.wait("ingestion is back",
                  lambda: platform.pid("ingestion") != pid, 30)
    for stream in streams:
        stream.join(240)
        assert not stream.is_alive() and \
            len(stream.acknowledged) == len(stream.batches), stream.fault
    assert sum(s.repeated for s in streams) > 0
    # All again, from the first on: each is known.
    for stream in streams:
        for number, records in enumerate(stream.batches[:5]):
            got = send(platform, records, key=key,
                       batch_key=f"{stream.name_}-{number}")
            assert got.json["replayed"] is True, got
    platform.settle(60)
    # 5 records a student and batch, told apart by nothing but their batch.
    ledger = Ledger(platform, "kill-plain")
    ledger.check_agreement()
    assert len(ledger.log) == total * size
    assert platform.sql(
        "SELECT count(*), min(n), max(n) FROM (SELECT count(*) AS n FROM "
        "ingestion.record_log WHERE tenant_id = 'kill-plain' AND kind = 0 "
        "GROUP BY enrollment_id, occurred_on) AS days") == [
            [str(size), str(total), str(total)]]


def test_the_log_tells_the_same_story_to_a_client(platform, key):
    stats = platform.get("ingest/stats", key=key).json
    kinds = {k["kind"]: k["records"] for k in stats["kinds"]}
    assert kinds["attendance"] == (200000 if platform.mode == "release"
                                   else 30000), json.dumps(stats)
