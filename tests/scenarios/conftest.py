"""A real platform for the scenarios: PostgreSQL, Redis and every daemon,
started by deploy/local/platform in folders of its own and ended with the run.
"""
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from sanitizers import Reports

TOP = Path(__file__).resolve().parents[2]
SHARED = TOP.parent / "shared" / "data"


def share(count):
    """What is asked of a scenario, or the part of it that this run can bear:
    EDUPULSE_TEST_SHARE, 1 when it is not set."""
    return max(1, int(count * float(os.environ.get("EDUPULSE_TEST_SHARE", 1))))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Answer:
    """Status, headers and body of one answer; .json parses the body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


class Platform:
    """One running platform and how to talk to it."""

    def __init__(self, mode, copies=""):
        self.mode = mode
        self.home = Path(tempfile.mkdtemp(prefix="ep-", dir="/tmp"))
        self.run = Path(tempfile.mkdtemp(prefix="er-", dir="/tmp"))
        os.chmod(self.home, 0o755)
        os.chmod(self.run, 0o755)
        self.port = free_port()
        self.env = dict(os.environ, EDUPULSE_HOME=str(self.home / "h"),
                        EDUPULSE_RUN=str(self.run / "r"), MODE=mode,
                        EDUPULSE_PORT=str(self.port), EDUPULSE_COPIES=copies,
                        EDUPULSE_CONFIG=str(self.home / "client.conf"))
        self.data = self.home / "h"
        self.key = None

    def platform(self, *words, check=True):
        return subprocess.run([TOP / "deploy/local/platform", *words],
                              env=self.env, check=check, text=True,
                              capture_output=True, timeout=180)

    def up(self):
        done = self.platform("up", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.key = (self.data / "keys/first.key").read_text().strip()

    def keep_logs(self, name="."):
        """Where EDUPULSE_TEST_LOGS says, if it does."""
        keep = os.environ.get("EDUPULSE_TEST_LOGS")
        if keep:
            shutil.copytree(self.data / "log", Path(keep) / name,
                            dirs_exist_ok=True)

    def destroy(self):
        self.platform("destroy", check=False)
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.run, ignore_errors=True)

    def client(self, *words, check=True, timeout=300):
        """The command-line client, logged in."""
        done = subprocess.run(
            [TOP / "build" / self.mode / "bin/edupulse", *map(str, words)],
            env=dict(self.env, EDUPULSE_URL=self.url, EDUPULSE_KEY=self.key),
            text=True, capture_output=True, timeout=timeout)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ports(self):
        """Of all gateways that run: of gateway.1, what port.1 says."""
        return [int((self.data / f"port{copy.suffix}").read_text())
                for copy in sorted((self.data / "sv").glob("gateway*"))]

    def call(self, method, path, body=None, headers=None, key=None, timeout=60,
             port=None):
        """One request.  A dict or list goes as JSON, bytes and text as they
        are; paths are below /api/v1 unless they begin with a slash."""
        if not path.startswith("/"):
            path = "/api/v1/" + path
        headers = dict(headers or {})
        headers.setdefault("Authorization", f"Bearer {key or self.key}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        elif isinstance(body, str):
            body = body.encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}", data=body,
            headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as got:
                return Answer(got.status, got.headers, got.read())
        except urllib.error.HTTPError as fault:
            with fault:
                return Answer(fault.code, fault.headers, fault.read())

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def put(self, path, body=None, **more):
        return self.call("PUT", path, body, **more)

    def sql(self, text, role=None, database="edupulse"):
        """Rows of one statement, as the superuser or as a role by password."""
        env, words = dict(self.env), []
        if role:
            service = role.removeprefix("edupulse_")
            env["PGPASSWORD"] = (self.data / f"secrets/{service}.password"
                                 ).read_text().strip()
        elif os.geteuid() == 0:
            words = ["runuser", "-u", "postgres", "--"]
        user = role or ("postgres" if os.geteuid() == 0 else os.environ["USER"])
        done = subprocess.run(
            [*words, "psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1",
             "-h", str(self.run / "r/pg"), "-U", user, "-d", database,
             "-c", text], env=env, text=True, capture_output=True, cwd="/",
            timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def pid(self, service):
        text = (self.data / f"sv/{service}/supervise/stat")
        if not text.read_text().startswith("run"):
            raise RuntimeError(f"{service} is not running: {text.read_text()}")
        return int((self.data / f"sv/{service}/supervise/pid").read_text())

    def kill(self, service, signal=9):
        pid = self.pid(service)
        os.kill(pid, signal)
        return pid

    def supervise(self, word, service):
        """runit's sv: up, down.  PostgreSQL takes the down of runit as a wish
        to wait for its clients; an interrupt before it is a fast shutdown."""
        words = ["interrupt", "down"] if word == "down" else [word]
        for word in words:
            subprocess.run(["sv", "-w", "30", word,
                            self.data / "sv" / service],
                           check=True, capture_output=True, timeout=60)

    def kill_and_wait(self, service, seconds=30):
        """kill -9, until the supervisor has started another one."""
        old = self.kill(service)
        self.wait(f"{service} is started again",
                  lambda: self.pid(service) != old, seconds)

    def is_ready(self, service):
        return any(s["service"] == service and s["ready"]
                   for s in self.status()["services"])

    def restart(self, service, lines):
        """The service, stopped in order, with these lines of local.conf."""
        (self.data / "local.conf").write_text(lines)
        before = self.pid(service)
        assert self.platform("up").returncode == 0
        self.kill(service, 15)
        self.wait(f"{service} is another", lambda: self.pid(service) != before)
        self.wait(f"{service} is ready", lambda: self.is_ready(service))

    def ops(self, service, path):
        """What a copy says on its own port: status and text."""
        done = subprocess.run(
            ["curl", "-sS", "-m", "2", "-w", "\n%{http_code}", "--unix-socket",
             self.run / f"r/{service}.ops", f"http://ops/{path}"], text=True,
            capture_output=True)
        text, _, status = done.stdout.rpartition("\n")
        return int(status or 0), text

    def metric(self, service, name):
        """The sum over its labels."""
        return sum(float(line.rsplit(" ", 1)[1])
                   for line in self.ops(service, "metrics")[1].splitlines()
                   if line.split("{")[0].split(" ")[0] == name)

    def status(self):
        return self.get("system/status").json

    def wait(self, what, check, seconds=60):
        """Wait for a state, not for a time; returns what `check` returned."""
        until = time.monotonic() + seconds
        while True:
            try:
                got = check()
            except (OSError, RuntimeError, ValueError, KeyError,
                    http.client.HTTPException) as fault:
                got = None
                last = fault
            else:
                last = got
            if got:
                return got
            assert time.monotonic() < until, f"{what}: not in {seconds} s: {last}"
            time.sleep(0.1)

    def has_no_lag(self):
        """True, or an error that names what is not there yet."""
        services = self.status()["services"]
        waiting = [s["service"] for s in services
                   if not s["ready"] and s["service"] != "prediction"]
        readers = [r for s in services for r in s.get("readers", [])]
        waiting += [r for r in readers if r["lag"] != 0 or "error" in r]
        if waiting or not readers:
            raise RuntimeError(f"waiting for {waiting or 'readers'}")
        return True

    def settle(self, seconds=60):
        try:
            self.wait("no reader lags", self.has_no_lag, seconds)
        except AssertionError:
            print(self.open_transactions())
            raise

    def open_transactions(self):
        """What the database is at, for whoever wonders why nothing moves."""
        return "\n".join("\t".join(row) for row in self.sql(
            "SELECT pid, usename, state, now() - xact_start AS age, "
            "wait_event_type, wait_event, left(query, 200) "
            "FROM pg_stat_activity WHERE xact_start IS NOT NULL "
            "ORDER BY xact_start"))


@pytest.fixture(scope="session", autouse=True)
def reports():
    """What sanitizers report, of whatever process, from its start to its end:
    this is set up before every platform and looked at after all of them."""
    kept = Reports()
    os.environ.update(kept.environment(os.environ))
    yield kept
    try:
        kept.check()
    finally:
        kept.close()


@pytest.fixture(autouse=True)
def no_reports(reports):
    """The test in which something was reported fails."""
    yield
    reports.check()


@pytest.fixture(scope="session")
def platform():
    """The platform that the scenarios of one run share; each scenario works
    with students and courses of its own names."""
    built = Platform(os.environ.get("MODE", "release"))
    try:
        built.up()
        yield built
    finally:
        built.keep_logs()
        built.destroy()


@pytest.fixture(scope="session")
def oulad():
    folder = SHARED / "oulad"
    if not folder.is_dir():
        pytest.skip("no OULAD data beside the checkout (../shared/data/oulad)")
    return folder


@pytest.fixture
def certificate(tmp_path):
    """A certificate for localhost, and its key."""
    made = tmp_path / "server.crt", tmp_path / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", made[1], "-out", made[0]],
        check=True, capture_output=True)
    tmp_path.chmod(0o755)
    made[0].chmod(0o644)
    return made
