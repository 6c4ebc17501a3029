"""The command-line client, as a person or a script at a terminal meets it."""
import socket
import subprocess
import time

import pytest
from conftest import TOP, free_port


def run(platform, *words, **environment):
    """The client without an account, but for what is given."""
    env = {name: value for name, value in platform.env.items()
           if not name.startswith("EDUPULSE_")}
    env["EDUPULSE_CONFIG"] = str(platform.home / "nobody.conf")
    return subprocess.run(
        [TOP / "build" / platform.mode / "bin/edupulse", *map(str, words)],
        env=dict(env, **environment), text=True, capture_output=True,
        timeout=60)


@pytest.fixture
def key_file(platform, tmp_path):
    file = tmp_path / "key"
    file.touch(0o600)
    file.write_text(platform.key + "\n")
    return file


def test_a_key_is_read_from_a_file_wherever_it_may_be_given(
        platform, key_file):
    """A program's arguments can be read by everyone."""
    given = ("--url", platform.url, "--key-file", key_file)
    assert run(platform, *given, "keys").returncode == 0
    assert run(platform, "login", *given).returncode == 0
    both = run(platform, *given, "--key", "x", "keys")
    assert (both.returncode, "one of them" in both.stderr) == (2, True)
    played = subprocess.run(
        [TOP / "build" / platform.mode / "bin/simulator", *given,
         "--students", "10", "--no-history", "--rate", "10", "--records", "1"],
        text=True, capture_output=True, timeout=60)
    assert played.returncode == 0, played.stderr
    key_file.chmod(0o644)
    readable = run(platform, *given, "keys")
    assert (readable.returncode, str(key_file) in readable.stderr) == (1, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_no_proxy_hears_the_key_of_this_machine(platform, key_file, host):
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.setblocking(False)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        done = run(platform, "--url", f"http://{host}:{platform.port}",
                   "--key-file", key_file, "keys",
                   http_proxy=address, ALL_PROXY=address, no_proxy="")
        # The gateway listens on 127.0.0.1 alone: another address of the
        # machine refuses, and no proxy is asked instead.
        assert done.returncode == (3 if host == "127.0.0.2" else 0), done.stderr
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_waiting_ends_at_once_on_what_time_does_not_cure(platform, key_file):
    began = time.monotonic()
    wrong = run(platform, "--url", platform.url, "--key", "ep_wrong",
                "status", "--wait", 50)
    assert wrong.returncode == 4 and "lag" not in wrong.stderr, wrong.stderr
    closed = run(platform, "--url", f"http://127.0.0.1:{free_port()}",
                 "--key-file", key_file, "status", "--wait", 50)
    assert closed.returncode == 3 and "does not answer" in closed.stderr
    assert time.monotonic() - began < 40


def test_what_keeps_us_waiting_is_named(platform, key_file):
    platform.supervise("down", "training")
    try:
        done = run(platform, "--url", platform.url, "--key-file", key_file,
                   "status", "--wait", 1)
    finally:
        platform.supervise("up", "training")
        platform.settle()
    assert done.returncode == 3, done.stdout
    assert "training" in done.stderr, done.stderr


def test_no_id_is_obeyed_by_a_terminal(platform, key_file):
    account = ("--url", platform.url, "--key-file", key_file)
    wild = "\x1b]0;x\a\x9b2J"
    made = run(platform, *account, "keys", "create", "--name", wild,
               "--role", "analyst")
    assert made.returncode == 0, made.stderr
    listed = run(platform, *account, "keys")
    assert "\ufffd]0;x\ufffd\ufffd2J" in listed.stdout
    faulty = run(platform, *account, "predict", wild)
    assert faulty.returncode == 1
    for text in (listed.stdout, faulty.stderr):
        assert not set(text) & set("\x1b\a\x9b")


def test_a_folder_that_cannot_be_packed_is_said_plainly(
        platform, key_file, tmp_path):
    done = run(platform, "--url", platform.url, "--key-file", key_file,
               "import", tmp_path, TMPDIR="/nonexistent")
    assert done.returncode == 1 and "/nonexistent" in done.stderr, done


def test_what_is_no_file_to_import_is_not_sent(platform, key_file, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear school,\n")
    account = ("--url", platform.url, "--key-file", key_file)
    for path, why in ((letter, "no file to import"),
                      (tmp_path / "gone.zip", "gone.zip: No such file")):
        done = run(platform, *account, "import", path)
        assert (done.returncode, why in done.stderr) == (1, True), done


def test_an_import_names_what_it_leaves_out_and_counts_what_it_hides(
        platform, key_file, tmp_path):
    account = ("--url", platform.url, "--key-file", key_file)
    rows = "".join(f"nobody-{n},2025-09-02,present\n" for n in range(14))
    (tmp_path / "attendance.csv").write_text("student_id,date,status\n" + rows)
    (tmp_path / "marks.csv").write_text("student_id,score\n")
    (tmp_path / "notes.txt").write_text("Dear school,\n")
    done = run(platform, *account, "import", tmp_path)
    assert done.stdout.count("attendance.csv:") == 10, done
    assert "... and 4 more: " in done.stdout, done
    left_out = [line for line in done.stdout.splitlines()
                if line.startswith("Left out: ")]
    assert len(left_out) == 1 and "key, marks.csv, notes.txt (" in left_out[0]
    assert (done.returncode, "every row was refused" in done.stderr) == \
        (1, True), done


def test_a_fault_is_said_once(platform, key_file):
    account = ("--url", platform.url, "--key-file", key_file)
    done = run(platform, *account, "predict", "")
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("words", [
    ("risk", "--top", "abc"), ("risk", "--top", "0"),
    ("risk", "--category", "foo"), ("risk", "--date", "2026-13-45"),
    ("predict", "s1", "--date", "tomorrow"),
    ("drift", "check", "--date", "2026-02-30"),
    ("rules", "add", "--name", "n", "--kind", "risk", "--category", "foo"),
])
def test_wrong_words_are_told_apart_from_what_failed(
        platform, key_file, words):
    done = run(platform, "--url", platform.url, "--key-file", key_file, *words)
    assert (done.returncode, words[-1] in done.stderr) == (2, True), done


def test_an_import_that_there_is_not_is_named(platform, key_file):
    done = run(platform, "--url", platform.url, "--key-file", key_file,
               "import", "--watch", "nope")
    assert (done.returncode, done.stderr) == \
        (1, "edupulse: there is no import nope\n"), done


def test_a_command_that_there_is_not_is_named(platform):
    done = run(platform, "rsik")
    assert (done.returncode, "rsik" in done.stderr) == (2, True), done
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("words,named", [
    (("models", "rollback", "--why", "x", "--as", "shadow"), "--as"),
    (("models", "approve", "v", "--why", "x", "--despite-gate", "--onnx",
      "f"), "--despite-gate, --onnx"),
    (("models", "--course", "c"), "--course"),
    (("experiments", "show", "x", "--why", "y"), "--why"),
    (("drift", "reports", "--days", "3"), "--days"),
    (("keys", "revoke", "k", "--role", "admin"), "--role"),
    (("inbox", "read", "m", "--all"), "--all"),
    (("recipients", "remove", "r", "--name", "x"), "--name"),
    (("rules", "off", "r", "--kind", "risk"), "--kind"),
])
def test_a_verb_refuses_options_that_are_not_its_own(
        platform, key_file, words, named):
    """One that is read over does another thing than was meant."""
    done = run(platform, "--url", platform.url, "--key-file", key_file, *words)
    verb = " ".join(words[:1] if words[1].startswith("-") else words[:2])
    assert done.returncode == 2, done
    assert f"{verb} takes no {named}: " in done.stderr, done


@pytest.mark.parametrize("words,said", [
    (("models", "reprot", "v"), "models has no verb reprot, only report, "),
    (("models", "approve"), "models approve VERSION --why TEXT"),
    (("models", "rollback", "v"), "models rollback --why TEXT"),
])
def test_a_verb_that_is_said_wrong_is_shown_right(
        platform, key_file, words, said):
    done = run(platform, "--url", platform.url, "--key-file", key_file, *words)
    assert (done.returncode, said in done.stderr) == (2, True), done


def test_a_training_that_is_not_waited_for_is_named(platform, key_file):
    account = ("--url", platform.url, "--key-file", key_file)
    done = run(platform, *account, "train", "--train-term", "1999",
               "--test-term", "2000", "--no-wait")
    assert done.returncode == 0, done.stderr
    job = done.stdout.split()[-1]
    got = platform.get(f"train/jobs/{job}")
    assert got.status == 200 and got.json["job_id"] == job, done.stdout
