"""Small worlds for the scenarios, made through the public interface."""
import http.client
import io
import json
import socket
import subprocess
import threading
import time
import zipfile

from conftest import TOP

START = "2025-09-01"  # of small_school's course


def day_after(day, count):
    from datetime import date, timedelta
    return str(date.fromisoformat(day) + timedelta(days=count))


def rules(as_of, **more):
    return dict({"time_zone": "UTC", "attendance_from": "roll_call",
                 "pass_mark": 60, "full_load": 30, "school_days": 31,
                 "as_of": as_of}, **more)


def make_course(platform, key, course, start, students, weeks=20, **more):
    """A school year with some students in it."""
    batch = {
        "courses": [{"course_id": course, "start_date": start,
                     "end_date": day_after(start, 7 * weeks - 1),
                     "school_year": True, "term": course}],
        "students": [{"student_id": s} for s in students],
        "enrollments": [dict({"student_id": s, "course_id": course,
                              "registered_on": start}, **more)
                        for s in students],
    }
    got = platform.post("registers/batch", batch, key=key)
    assert got.status in (200, 201), got


def attendance(student, day, status="present", **more):
    return dict({"kind": "attendance", "student_id": student, "date": day,
                 "known_on": day, "status": status}, **more)


def ndjson(records):
    return "".join(json.dumps(r) + "\n" for r in records)


def send(platform, records, key=None, **query):
    words = "&".join(f"{k}={v}" for k, v in query.items())
    return platform.post("ingest/batch" + ("?" + words if words else ""),
                         ndjson(records), key=key,
                         headers={"Content-Type": "application/x-ndjson"})


def tenant_key(platform, tenant, role="admin"):
    """A new key that is known at the door.  A platform on which a test before
    took something away may still answer 503 for a moment."""
    def make():
        got = platform.post("api-keys", {"name": tenant, "role": role,
                                         "tenant": tenant})
        assert got.status in (201, 503), got
        return got.json["key"] if got.status == 201 else None

    key = platform.wait("a key is made", make)
    platform.wait("the key is known",
                  lambda: platform.get("auth/me", key=key).status == 200)
    platform.wait("ingestion answers",
                  lambda: platform.get("ingest/stats", key=key).status < 500)
    return key


def small_school(platform, tenant):
    """A tenant with s1 and s2 in course Y from START on; returns its key."""
    key = tenant_key(platform, tenant)
    assert platform.put("settings/tenant", rules("2025-12-01"),
                        key=key).status == 200
    make_course(platform, key, "Y", START, ["s1", "s2"])
    return key


def log_size(platform, tenant):
    """How many records of the tenant the log holds."""
    return int(platform.sql("SELECT count(*) FROM ingestion.record_log "
                            f"WHERE tenant_id = '{tenant}'")[0][0])


def simulator(platform, key, *words):
    """The simulator at work; its output is read when it has ended."""
    return subprocess.Popen(
        [TOP / "build" / platform.mode / "bin/simulator", "--url",
         platform.url, "--key", key, *map(str, words)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def simulate(platform, key, *words, seconds=300):
    """The simulator, until it has ended well; returns what it printed."""
    run = simulator(platform, key, *words)
    out, faults = run.communicate(timeout=seconds)
    assert run.returncode == 0, out + faults
    return out


def look_from(platform, key, day):
    """A new day: nothing has been scored as of it."""
    now = platform.get("settings/tenant", key=key)
    got = platform.put("settings/tenant", dict(now.json, as_of=day), key=key)
    assert got.status == 200, got
    platform.wait("prediction knows the day", lambda: platform.get(
        "risk?top=1", key=key).json["reference_date"] == day)


def ended(job):
    return job if job["state"] in ("succeeded", "failed", "cancelled") else None


def train_champion(platform, key, weeks=(6, 12, 18, 24)):
    """A small model of what is there, trained, promoted and served; its
    version."""
    got = platform.post("train/update", {
        "promote": True, "seed": 1, "folds": 2, "hidden": 8, "epochs": 4,
        "train_weeks": list(weeks)}, key=key)
    assert got.status in (200, 201, 202), got
    job = platform.wait("the training job ends", lambda: ended(
        platform.get(f"train/jobs/{got.json['job_id']}", key=key).json), 400)
    assert job["state"] == "succeeded", job
    assert job["promoted_version"], job
    platform.wait("prediction serves the champion", lambda: platform.get(
        "risk?top=1", key=key).status == 200, 60)
    return job["promoted_version"]


def move_champion(platform, key, version):
    """Whatever is killed meanwhile; returns once the ranking is the model's."""
    path = "models/aliases/champion"

    def move():
        now = platform.get(path, key=key)
        if now.status == 200 and now.json["version"] != version:
            now = platform.put(
                path, {"version": version, "why": "a test",
                       "despite_gate": True},
                key=key, headers={"If-Match": now.headers["ETag"]})
        return now.status == 200

    def is_ranked():
        got = platform.get("risk?top=1", key=key)
        return got.status == 200 and got.json["model_version"] == version

    platform.wait("the champion is moved", move, 120)
    platform.wait("the ranking is the champion's", is_ranked, 120)


class Doors:
    """A platform of several gateways, as a client sees it that turns to the
    next one when a request failed."""

    def __init__(self, platform):
        self.platform, self.ports, self.turn = platform, platform.ports(), 0

    def post(self, path, body=None, **more):
        port = self.ports[self.turn % len(self.ports)]
        self.turn += 1  # taken back when all went well
        got = self.platform.post(path, body, port=port, **more)
        self.turn -= got.status < 500
        return got


class Stream(threading.Thread):
    """Sends batches until each is acknowledged, whatever happens meanwhile.
    `sent` holds the batches begun with, `acknowledged` the numbers of those
    whose answer came."""

    def __init__(self, platform, batches, name, key=None, patience=60):
        super().__init__(daemon=True)
        self.platform, self.batches, self.name_ = platform, batches, name
        self.key, self.patience = key, patience
        self.sent, self.acknowledged = [], []
        self.repeated, self.fault = 0, None

    def run(self):
        for number, records in enumerate(self.batches):
            self.sent.append(records)
            until = time.monotonic() + self.patience
            while True:
                try:
                    got = send(self.platform, records, key=self.key,
                               batch_key=f"{self.name_}-{number}")
                except OSError as fault:
                    got, self.fault = None, repr(fault)
                if got is not None and got.status == 200:
                    self.acknowledged.append(number)
                    break
                if got is not None and got.status < 500:
                    self.fault = repr(got)
                    return
                if time.monotonic() > until:
                    self.fault = self.fault or repr(got)
                    return
                self.repeated += 1
                time.sleep(0.05)


class Feed:
    """POST ingest/stream, sent and acknowledged piece by piece."""

    def __init__(self, platform, key, query="", **headers):
        self.socket = socket.create_connection(
            ("127.0.0.1", platform.port), 20)
        headers = {"Host": "x", "Authorization": f"Bearer {key}",
                   "Content-Type": "application/x-ndjson",
                   "Transfer-Encoding": "chunked",
                   **{k.replace("_", "-"): v for k, v in headers.items()}}
        self.socket.sendall(
            f"POST /api/v1/ingest/stream{query} HTTP/1.1\r\n".encode() +
            "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() +
            b"\r\n")
        self.answer = None

    def send(self, text):
        body = text.encode()
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(body), body))

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def rest(self):
        """All lines of the answer that are still to come."""
        return list(iter(self.line, None))

    def line(self):
        """The next line of the answer; None at its end."""
        if self.answer is None:
            self.answer = http.client.HTTPResponse(self.socket)
            self.answer.begin()
        line = self.answer.readline()
        return json.loads(line) if line else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def check_sums(acknowledged, received):
    """Parts in order; all that came was stored, known or refused."""
    assert [a["part"] for a in acknowledged] == list(range(len(acknowledged)))
    for a in acknowledged:
        assert a["received"] == a["stored"] + a["duplicates"] + a["refused"], a
    assert sum(a["received"] for a in acknowledged) == received, acknowledged


def zip_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in files:
            z.writestr(name, text)
    return out.getvalue()


def upload(platform, key, body, name="data.zip", kind="application/zip"):
    return platform.post(f"imports?file_name={name}", body, key=key,
                         headers={"Content-Type": kind})


def finished(platform, key, got, seconds=120):
    """The import that an upload has begun, once it has ended."""
    assert got.status in (200, 201, 202), got
    path = f"imports/{got.json['id']}"
    ended = ("done", "failed", "cancelled")
    return platform.wait("the import ends", lambda: next(
        (x for x in [platform.get(path, key=key).json]
         if x["state"] in ended), None), seconds)
