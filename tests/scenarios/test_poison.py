"""A call that crashes its daemon costs that call, and nothing else."""
import os
import signal
import subprocess
import threading
import time

import pytest
from district import (attendance, day_after, make_course, rules, send,
                      tenant_key)

TENANT = "poison"
START = "2025-09-01"
BACK = 2  # seconds in which the daemon is there again


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, TENANT)
    assert platform.put("settings/tenant", rules("2025-12-01"),
                        key=key).status == 200
    make_course(platform, key, "P", START, ["p1"])
    return key


class Held:
    """A table that nobody else may touch, so that a call stays in hand."""

    def __init__(self, platform, table, statement):
        self.platform, self.table = platform, table
        self.statement = statement

    def __enter__(self):
        words = ["runuser", "-u", "postgres", "--"] * (os.geteuid() == 0)
        self.psql = subprocess.Popen(
            [*words, "psql", "-XAtq", "-h", self.platform.run / "r/pg", "-d",
             "edupulse"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd="/", env=self.platform.env)
        self.psql.stdin.write(f"BEGIN; LOCK TABLE {self.table};\n"
                              "SELECT 'held';\n")
        self.psql.stdin.flush()
        assert self.psql.stdout.readline() == "held\n"
        return self

    def __exit__(self, *fault):
        self.psql.communicate("ROLLBACK;\n", timeout=30)

    def waiting(self):
        """The backends that stand before the table with the statement of a
        call; a job may stand there too."""
        return {int(pid) for (pid,) in self.platform.sql(
            "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) "
            f"WHERE NOT granted AND relation = '{self.table}'::regclass "
            f"AND query LIKE '{self.statement}%'")}


def crash(platform, service):
    """As must() ends a program; returns when another one is ready.  (A SIGSEGV
    from outside would be a sanitizer's report.)"""
    old = platform.kill(service, signal.SIGABRT)
    began = time.monotonic()
    platform.wait(f"{service} is back", lambda: platform.pid(service) != old
                  and platform.ops(service, "readyz")[0] == 200, 30)
    return time.monotonic() - began


def test_a_call_that_crashes_its_daemon_is_answered_502_and_not_run_again(
        platform, key):
    record = attendance("p1", day_after(START, 1), id="poisoned")
    answers = []
    call = threading.Thread(target=lambda: answers.append(
        send(platform, [record], key=key, batch_key="poisoned")))
    with Held(platform, "ingestion.batch", "INSERT") as table:
        call.start()
        platform.wait("the call is in hand", table.waiting)
        runs = table.waiting()
        seconds = crash(platform, "ingestion")
        assert seconds < BACK or platform.mode != "release", seconds
        call.join(10)
        assert answers and answers[0].status == 502, answers
        assert "problems/bad-upstream" in answers[0].json["type"]
        # The daemon answers others, and nobody took the call up again.
        for _ in range(20):
            assert platform.get("courses", key=key).status == 200
            assert table.waiting() <= runs
        assert len(runs) == 1
    platform.wait("the dead call's backend is gone", lambda: not platform.sql(
        f"SELECT 1 FROM pg_stat_activity WHERE pid = {runs.pop()}"))
    assert stored(platform) == 0

    # Sent again by its sender, it is stored once.
    for times in range(2):
        got = send(platform, [record], key=key, batch_key="poisoned")
        assert got.status == 200 and got.json["stored"] == 1, got
        assert got.json.get("replayed", False) == (times == 1), got
    assert stored(platform) == 1


def stored(platform):
    return int(platform.sql("SELECT count(*) FROM ingestion.record_log WHERE "
                            f"kind = 0 AND tenant_id = '{TENANT}'")[0][0])


def test_a_question_in_hand_is_asked_again_and_answered(platform, key):
    """To read is safe: the gateway asks the next daemon, which takes the
    question from its first moment on."""
    for _ in range(3):
        answers = []
        call = threading.Thread(target=lambda: answers.append(
            platform.get("courses", key=key)))
        with Held(platform, "ingestion.course", "SELECT") as table:
            call.start()
            platform.wait("the question is in hand", table.waiting)
            crash(platform, "ingestion")
        call.join(30)
        assert answers and answers[0].status == 200, answers
        assert [c["course_id"] for c in answers[0].json["items"]] == ["P"]
