"""What `make demo` is made of: a play that may be interrupted, and folders
that become tenants."""
import os
import shutil
import signal
import subprocess

from conftest import TOP
from district import simulate, simulator, tenant_key

WORLD = ("--students", 40, "--seed", 5, "--today", "2026-03-06")


def counts(platform, tenant):
    return {table: int(platform.sql(
        f"SELECT count(*) FROM ingestion.{table} WHERE tenant_id = '{tenant}'"
    )[0][0]) for table in ("record_log", "record_key", "quarantine")}


def test_an_interrupted_play_fails_and_is_taken_up(platform):
    whole, halved = (tenant_key(platform, t) for t in ("whole", "halved"))
    simulate(platform, whole, *WORLD)

    play = simulator(platform, halved, *WORLD, "--connections", 1)
    platform.wait("some of it is in",
                  lambda: counts(platform, "halved")["record_key"] > 2000)
    play.send_signal(signal.SIGINT)
    out, faults = play.communicate(timeout=60)
    assert play.returncode == 1, out + faults
    assert "interrupted" in faults
    assert counts(platform, "halved")["record_key"] < \
        counts(platform, "whole")["record_key"]

    # Taken up by more connections, which cut other batches; then once more.
    simulate(platform, halved, *WORLD, "--connections", 3)
    assert counts(platform, "halved") == counts(platform, "whole")
    simulate(platform, halved, *WORLD)
    assert counts(platform, "halved") == counts(platform, "whole")


def test_two_cohorts_of_one_calendar_year_are_two(platform):
    """On this day 52 weeks of three years begin in two of the calendar's."""
    key = tenant_key(platform, "leap")
    out = simulate(platform, key, "--students", 20, "--today", "2026-04-01")
    assert ", 0 of them refused" in out
    got = platform.sql("SELECT count(*), count(DISTINCT course_id) "
                       "FROM ingestion.enrollment WHERE tenant_id = 'leap'")
    assert got == [["60", "3"]]


def demo(platform, folder, tmp_path):
    """Until the import, which a folder without known tables does not pass."""
    tools = tmp_path / "tools"
    if not tools.exists():
        tools.mkdir()
        (tools / "curl").write_text(
            f'#!/bin/sh\necho "$*" >>{tmp_path}/arguments\n'
            f'exec {shutil.which("curl")} "$@"\n')
        (tools / "curl").chmod(0o755)
    done = subprocess.run(
        [TOP / "deploy/local/demo", folder], text=True, capture_output=True,
        env=dict(platform.env, PATH=f"{tools}:{os.environ['PATH']}"),
        cwd=tmp_path, timeout=120)
    assert done.returncode == 1
    return done


def test_a_folder_without_data_becomes_no_tenant(platform, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/notes.txt").write_text("Dear school,\n")
    done = demo(platform, tmp_path / "empty", tmp_path)
    assert "holds no .csv file" in done.stderr, done.stdout + done.stderr
    # Nothing was started, nobody logged in, nothing is remembered.
    assert done.stdout == "" and not (tmp_path / "arguments").exists()
    assert not list((platform.data / "demo").glob("empty*"))


def test_each_folder_is_a_tenant_of_its_own(platform, tmp_path):
    memory = platform.data / "demo"
    names = ("1/oulad", "2/oulad", "1/a b", "1/a-b", "1/größe", "first",
             "default", ".")
    for name in (*names, "1/oulad"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        folder = tmp_path / name if name != "." else tmp_path
        (folder / "marks.csv").write_text("student_id,score\n")
        done = demo(platform, folder if name != "." else ".", tmp_path)
        assert "has a name that is known" in done.stderr, \
            done.stdout + done.stderr

    owner = {}
    for file in memory.glob("*.folder"):
        if file.read_text().startswith(str(tmp_path)):
            owner[file.read_text()[len(str(tmp_path)):].strip("/\n")] = \
                file.stem
    assert sorted(owner) == sorted(n.replace(".", "") for n in names)
    assert len(set(owner.values())) == len(names)
    for name, tenant in owner.items():
        key = (memory / f"{tenant}.key").read_text().strip()
        me = platform.get("auth/me", key=key)
        assert (me.json["tenant"], me.json["role"]) == (tenant, "admin")
        assert (memory / f"{tenant}.key").stat().st_mode & 0o077 == 0
        assert key not in (tmp_path / "arguments").read_text()
    assert platform.key not in (tmp_path / "arguments").read_text()
    assert owner["default"].startswith("default-")
    assert (owner["1/oulad"], owner["first"]) == ("oulad", "first")
