"""One machine and its scripts: a platform of its own that is started, moved,
interrupted, ended and deleted in ways that a scenario's shared one is not."""
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from conftest import TOP, Platform, free_port


def comrades(home):
    """The processes of a home folder: those whose arguments name it."""
    found = []
    for at in Path("/proc").glob("[0-9]*"):
        try:
            words = (at / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(home) in words and int(at.name) != os.getpid():
            found.append((int(at.name), words.replace("\0", " ")))
    return found


@pytest.fixture
def place():
    """Folders for a platform that is not up yet."""
    made = Platform(os.environ.get("MODE", "release"))
    try:
        yield made
    finally:
        made.destroy()


def refused(done, *words):
    assert done.returncode != 0, done.stdout + done.stderr
    for word in words:
        assert word in done.stderr, done.stdout + done.stderr


def test_make_hands_data_on_as_one_word_and_runs_nothing_in_it(tmp_path):
    (tmp_path / "deploy/local").mkdir(parents=True)
    for name in ("Makefile", "VERSION"):
        shutil.copy(TOP / name, tmp_path)
    for name, text in (("install-packages", "exit 0"),
                       ("local/demo", "printf '<%s>' \"$@\"")):
        (tmp_path / "deploy" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "deploy" / name).chmod(0o755)

    for data in ("", "oulad", "a b", "x; touch pwned", "'$(shell touch pwned)",
                 "$(touch pwned)`touch pwned`\"$HOME"):
        done = subprocess.run(["make", "-s", "demo", f"DATA={data}"],
                              cwd=tmp_path, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"<{data}>"
        assert not (tmp_path / "pwned").exists()


def test_a_folder_of_somebody_else_is_neither_filled_nor_deleted(place):
    place.data.mkdir()
    (place.data / "thesis").write_text("mine")
    refused(place.platform("destroy", check=False), str(place.data), "nothing")
    refused(place.platform("up", check=False), str(place.data), "EDUPULSE_HOME")
    assert [p.name for p in place.data.iterdir()] == ["thesis"]

    shutil.rmtree(place.data)
    sockets = Path(place.env["EDUPULSE_RUN"])
    sockets.mkdir()
    (sockets / "thesis").write_text("mine")
    refused(place.platform("up", check=False), str(sockets), "EDUPULSE_RUN")
    place.platform("destroy", check=False)
    assert [p.name for p in sockets.iterdir()] == ["thesis"]


def test_a_path_with_a_blank_is_refused_at_once(place):
    for name in ("EDUPULSE_HOME", "EDUPULSE_RUN"):
        right = place.env[name]
        place.env[name] = right + " x"
        refused(place.platform("up", check=False), name, right)
        place.env[name] = right
    assert not place.data.exists()


def test_a_port_that_is_taken_is_named_with_the_remedy(place):
    with socket.socket() as other:
        other.bind(("127.0.0.1", place.port))
        other.listen()
        refused(place.platform("up", check=False),
                f"Port {place.port}", "EDUPULSE_PORT=")
    assert not comrades(place.data)


def test_a_platform_is_found_by_its_home_alone(place):
    """Its life from the first `up` to `destroy`, told once because each start
    takes seconds."""
    # A cluster that a kill left half made is no cluster.
    place.platform("destroy")
    half_made(place)
    place.up()
    assert place.get("ingest/stats").status == 200
    check_what_root_writes(place)

    # A command of another session knows neither variable.
    sockets = place.env.pop("EDUPULSE_RUN")
    place.env.pop("EDUPULSE_PORT")
    pids = {name: place.pid(name) for name in ("gateway", "postgres")}
    place.up()
    assert pids == {name: place.pid(name) for name in pids}
    assert sum("runsvdir -P" in words for _, words in comrades(place.data)) == 1

    # A supervisor that was killed is replaced, and its daemons are found.
    os.kill(int((place.data / "supervisor.pid").read_text()), 9)
    place.up()

    # The port that is asked for wins.
    old, place.port = place.port, free_port()
    place.env["EDUPULSE_PORT"] = str(place.port)
    place.up()
    assert place.get("ingest/stats").status == 200
    assert closed(old)

    down = place.platform("down")
    assert "stopped" in down.stdout
    assert not comrades(place.data)
    assert "Nothing runs" in place.platform("down").stdout

    # Sockets move while nothing runs, and only then.
    old, place.env["EDUPULSE_RUN"] = sockets, sockets + "2"
    place.up()
    assert (Path(sockets + "2") / "gateway.ops").is_socket()
    assert not Path(old).exists()
    place.env["EDUPULSE_RUN"] = old
    refused(place.platform("up", check=False), sockets + "2", "make down")
    sockets = place.env.pop("EDUPULSE_RUN") + "2"

    # What stops badly is named, and the rest is stopped all the same.
    check_that_what_is_left_is_named(place)
    place.platform("destroy")
    assert not comrades(place.data)
    assert not place.data.exists() and not Path(sockets).exists()
    place.env["EDUPULSE_RUN"] = sockets


def half_made(place):
    place.data.mkdir()
    (place.data / ".edupulse").write_text(f"{place.data}\n")
    (place.data / "pg.new").mkdir()
    (place.data / "pg.new/PG_VERSION").write_text("15\n")


def closed(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


def check_what_root_writes(place):
    """Nothing of the run folder but sockets and its mark, and no member of
    the group can replace what another one made."""
    sockets = Path(place.env["EDUPULSE_RUN"])
    for path in sockets.iterdir():
        assert path.is_socket() or path.name in (".edupulse", "pg"), path
    assert (sockets / ".edupulse").stat().st_uid == os.geteuid()
    assert sockets.stat().st_mode & 0o1000
    assert not (sockets / "pg").stat().st_mode & 0o022


def check_that_what_is_left_is_named(place):
    """sv fails for one daemon and does nothing: put before the real one."""
    tools = place.home / "tools"
    tools.mkdir()
    (tools / "sv").write_text(
        "#!/bin/sh\ncase $*:$0 in status*) ;; *training*) exit 1 ;; esac\n"
        f"exec {shutil.which('sv')} \"$@\"\n")
    (tools / "sv").chmod(0o755)
    path = place.env["PATH"]
    place.env["PATH"] = f"{tools}:{path}"
    refused(place.platform("down", check=False), "training")
    place.env["PATH"] = path
    for name in ("postgres", "redis", "gateway"):
        with pytest.raises((RuntimeError, OSError)):
            os.kill(place.pid(name), 0)
    assert "stopped" in place.platform("down").stdout
