"""PostgreSQL's disk is full: refused with a reason, and well again when there
is room, without anybody's help."""
import os
import subprocess
import time

import pytest
from conftest import Platform
from district import attendance, day_after, make_course, rules, send
from ledger import Ledger

START = "2025-09-01"
STUDENTS = [f"d{i}" for i in range(50)]
DAEMONS = ("gateway", "ingestion", "prediction", "training")
SIZE = "400m"
BATCH = 200


@pytest.fixture(scope="module")
def cramped():
    """A platform whose database has a small disk of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    built = Platform(os.environ.get("MODE", "release"))
    disk = built.data / "pg"
    disk.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}",
                              "none", disk], capture_output=True, text=True)
    if mounted.returncode:
        built.destroy()
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.strip()}")
    try:
        built.up()
        yield built
    finally:
        built.keep_logs("full-disk")
        built.platform("down", check=False)
        subprocess.run(["umount", disk], check=True)
        built.destroy()


class Ballast:
    """All that is left of the disk."""

    def __init__(self, platform):
        self.path = platform.data / "pg/ballast"

    def fill(self):
        with open(self.path, "ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while file.write(b"\1" * size):
                        pass
                except OSError:
                    pass

    def drop(self):
        self.path.unlink()


class Sender:
    """Batches of new records; knows which were acknowledged."""

    def __init__(self, platform):
        self.platform, self.count, self.stored = platform, 0, []

    def send(self):
        name = f"b{self.count}"
        records = [attendance(STUDENTS[i % 50], day_after(START, i // 50),
                              id=f"{name}-{i}", period=name)
                   for i in range(BATCH)]
        got = send(self.platform, records, batch_key=name)
        if got.status == 200:
            self.count += 1
            self.stored += [r["id"] for r in records]
        return got

    def refused(self):
        """The first answer that refuses a batch; the same batch is sent again
        by the next call."""
        got = self.send()
        return got if got.status != 200 else None


@pytest.fixture(scope="module")
def sender(cramped):
    cramped.sql("ALTER SYSTEM SET max_wal_size = '64MB'")
    cramped.sql("ALTER SYSTEM SET min_wal_size = '48MB'")
    cramped.sql("SELECT pg_reload_conf()")
    assert cramped.put("settings/tenant", rules("2025-12-01")).status == 200
    make_course(cramped, None, "D", START, STUDENTS)
    sender = Sender(cramped)
    assert sender.send().status == 200
    return sender


def unmet(platform, service):
    return {n["name"]: n.get("detail", "") for s in platform.status()["services"]
            if s["service"] == service for n in s["needs"] if not n["met"]}


def check_wellness(platform, sender, pids):
    """No daemon was started anew, and nothing acknowledged is missing."""
    platform.wait("all are ready", lambda: all(
        s["ready"] for s in platform.status()["services"]))
    assert {name: platform.pid(name) for name in DAEMONS} == pids
    assert sender.send().status == 200
    platform.settle(60)
    ledger = Ledger(platform, "default")
    ledger.check_fates(dict.fromkeys(sender.stored, "log"))
    ledger.check_agreement()


def test_a_full_disk_refuses_records_and_says_why(cramped, sender):
    pids = {name: cramped.pid(name) for name in DAEMONS}
    ballast = Ballast(cramped)
    ballast.fill()
    try:
        got = cramped.wait("a batch is refused", sender.refused)
        assert got.status == 507, got
        assert "problems/no-room" in got.json["type"], got
        assert int(got.headers["Retry-After"]) >= 1
        # So it stays, looked at anew each second.
        for _ in range(30):
            assert "disk is full" in unmet(cramped, "ingestion")["room"]
            time.sleep(0.1)
        # What is there can be read.
        assert cramped.get("courses").json["items"][0]["course_id"] == "D"
    finally:
        ballast.drop()
    check_wellness(cramped, sender, pids)


def test_a_log_without_room_ends_postgresql_until_there_is_some(cramped,
                                                                sender):
    pids = {name: cramped.pid(name) for name in DAEMONS}
    ballast = Ballast(cramped)
    ballast.fill()
    try:
        cramped.wait("the write-ahead log has no room",
                     lambda: cannot_go_on(cramped), 60)
        got = cramped.wait("a batch is refused", sender.refused)
        assert got.status == 503 and int(got.headers["Retry-After"]) >= 1, got
        cramped.wait("ingestion names what it needs",
                     lambda: "database" in unmet(cramped, "ingestion"))
    finally:
        ballast.drop()
    check_wellness(cramped, sender, pids)


def cannot_go_on(platform):
    """Each call uses up a segment of the log that was made in advance."""
    try:
        platform.sql("SELECT pg_logical_emit_message(false, 'x', 'y'), "
                     "pg_switch_wal()")
    except RuntimeError as fault:
        return str(fault)
    return None
