"""Speeds of the whole platform as ratios, one JSON object a line.

Starts a platform of its own, bounded and on loopback alone:
- records a second through the gateway against raw binary COPY into the same
  table, in turns
- predictions a second through the gateway, against the gateway's own answer
  to /healthz over the same connections
- rows a second by the Open Inference Protocol, one a request against 16 a
  request, and the processor time that one costs in each program
- proportional set size of each daemon, the largest of many looks while
  batches of 10,000, ranked lists with reasons and single predictions from many
  connections are answered at once, against 40 MiB
"""
import http.client
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/scenarios"))
from conftest import Platform                                   # noqa: E402
from district import (attendance, day_after, move_champion,     # noqa: E402
                      ndjson, tenant_key)

ROUNDS, BATCH, BATCHES, CONNECTIONS = 3, 2000, 60, 4
HEAVY = 2  # connections that ask for batches; half as many ask for lists
TODAY = "2026-01-16"


def report(name, value, unit, reference, reference_value):
    print(json.dumps({
        "name": name, "value": round(value, 2), "unit": unit,
        "reference": reference, "reference_value": round(reference_value, 2),
        "ratio": round(value / reference_value, 3)}), flush=True)


def play(platform, key):
    subprocess.run([TOP / f"build/{platform.mode}/bin/simulator",
                    "--students", "200", "--today", TODAY, "--seed", "3",
                    "--url", platform.url, "--key", key],
                   check=True, stdout=subprocess.DEVNULL)
    platform.settle(120)


def send_all(platform, key, bodies, name):
    """The bodies over several connections; records a second."""
    todo = list(enumerate(bodies))
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", platform.port)
        while True:
            with lock:
                if not todo:
                    return
                number, body = todo.pop()
            connection.request(
                "POST", f"/api/v1/ingest/batch?batch_key={name}-{number}", body,
                {"Authorization": f"Bearer {key}",
                 "Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            assert json.loads(text)["stored"] == BATCH, text

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(bodies) * BATCH / (time.monotonic() - began)


def copy_raw(platform, rows_file, count):
    """The same rows by one binary COPY into the record log; rows a second."""
    began = time.monotonic()
    platform.sql(f"COPY ingestion.record_log (tenant_id, kind, enrollment_id, "
                 f"occurred_on, known_on, received_at, source, body) "
                 f"FROM '{rows_file}' (FORMAT binary)")
    return count / (time.monotonic() - began)


def bench_intake(platform, key):
    students = [f"S3-{i:05d}" for i in range(200)]
    body = ndjson([attendance(students[i % 200], day_after(TODAY, -(i % 60)),
                              period=f"p{i % 7}") for i in range(BATCH)])
    bodies = [body.encode()] * BATCHES
    count = BATCH * BATCHES
    folder = tempfile.mkdtemp(prefix="eb-", dir="/tmp")
    os.chmod(folder, 0o777)
    rows_file = f"{folder}/rows"
    through, raw = [], []
    for turn in range(ROUNDS):
        through.append(send_all(platform, key, bodies, f"bench-{turn}"))
        platform.settle(120)
        if turn == 0:
            platform.sql(
                "COPY (SELECT tenant_id, kind, enrollment_id, occurred_on, "
                "known_on, received_at, source, body FROM ingestion.record_log "
                "WHERE tenant_id = 'bench' AND enrollment_id IS NOT NULL "
                f"ORDER BY position DESC LIMIT {count}) "
                f"TO '{rows_file}' (FORMAT binary)")
        platform.sql("CHECKPOINT")
        raw.append(copy_raw(platform, rows_file, count))
        platform.settle(120)
    os.unlink(rows_file)
    os.rmdir(folder)
    report("records through the gateway", max(through), "records/s",
           "raw binary COPY into the same table, one connection", max(raw))


def load(platform, key, seconds, method, path, bodies=None, connections=16):
    words = [TOP / f"build/{platform.mode}/bench/http_load",
             str(platform.port), str(connections), str(seconds), key, method,
             path]
    done = subprocess.run(words + ([bodies] if bodies else []),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    got = json.loads(done.stdout)
    return got["answers"] / got["seconds"], got


class Watch(threading.Thread):
    """The largest proportional set size of each daemon while it looks."""

    def __init__(self, platform):
        super().__init__(daemon=True)
        self.platform, self.most, self.is_over = platform, {}, False

    def look(self):
        for s in self.platform.status()["services"]:
            self.most[s["service"]] = max(self.most.get(s["service"], 0),
                                          s["memory_bytes"] / 2**20)

    def run(self):
        while not self.is_over:
            self.look()
            time.sleep(.1)


def ask_until(platform, key, until, method, path, bodies):
    """One connection's share of a mixed load; how many answers came."""
    connection = http.client.HTTPConnection("127.0.0.1", platform.port)
    answers = 0
    while time.monotonic() < until:
        connection.request(method, path(answers), bodies(answers),
                           {"Authorization": f"Bearer {key}",
                            "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 503, 504), text  # busy
        answers += answer.status == 200
    return answers


def bench_memory(platform, key, seconds=20):
    listed = platform.get("risk?limit=200", key=key).json["items"]
    days = [day_after(TODAY, -back) for back in range(60)]
    pairs = [{"student_id": p["student_id"], "reference_date": day}
             for day in days for p in listed]
    batches = [json.dumps({"items": pairs[i * 137:][:10000]}).encode()
               for i in range(8)]
    until = time.monotonic() + seconds
    watch = Watch(platform)
    counts, threads = {"batches of 10,000": 0, "lists": 0}, []

    def work(name, *question):
        counts[name] += ask_until(platform, key, until, *question)

    for first in range(HEAVY):
        threads.append(threading.Thread(target=work, args=(
            "batches of 10,000", "POST", lambda _: "/api/v1/predict/batch",
            lambda i, first=first: batches[(i + first) % 8])))
    for first in range(HEAVY // 2):
        threads.append(threading.Thread(target=work, args=(
            "lists", "GET", lambda i, first=first:
            f"/api/v1/risk?limit=500&reference_date={days[(3 * i + first) % 60]}",
            lambda _: None)))
    watch.start()
    for thread in threads:
        thread.start()
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("".join(json.dumps(pair) + "\n" for pair in pairs[::-1]))
        file.flush()
        rate, _ = load(platform, key, seconds, "POST", "/api/v1/predict",
                       file.name)
    for thread in threads:
        thread.join()
    watch.is_over = True
    watch.join()
    watch.look()
    report("predictions beside batches and lists", rate, "answers/s",
           "batches of 10,000 answered meanwhile",
           counts["batches of 10,000"] or math.nan)
    for service in sorted(watch.most):
        report(f"proportional set size of {service}", watch.most[service],
               "MiB", "limit", 40)


def bench_predictions(platform, key):
    listed = platform.get("risk?limit=100", key=key).json["items"]
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("".join(json.dumps({"student_id": p["student_id"]}) + "\n"
                           for p in listed))
        file.flush()
        asked, plain = [], []
        for _ in range(ROUNDS):
            rate, detail = load(platform, key, 3, "POST", "/api/v1/predict",
                                file.name)
            asked.append((rate, detail))
            plain.append(load(platform, key, 2, "GET", "/healthz")[0])
    best, detail = max(asked, key=lambda x: x[0])
    report("predictions through the gateway", best, "answers/s",
           "GET /healthz over the same connections", max(plain))
    report("predictions: 99th percentile", detail["p99_us"] / 1000, "ms",
           "50th percentile", detail["p50_us"] / 1000)


def bench_fresh_predictions(platform, key):
    """Each question another day: nothing is cached."""
    listed = platform.get("risk?limit=100", key=key).json["items"]
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        for back in range(0, 60):
            for p in listed:
                file.write(json.dumps({
                    "student_id": p["student_id"],
                    "reference_date": day_after(TODAY, -back)}) + "\n")
        file.flush()
        rate, _ = load(platform, key, 4, "POST", "/api/v1/predict", file.name)
        plain, _ = load(platform, key, 2, "GET", "/healthz")
    report("predictions, each computed and explained anew", rate, "answers/s",
           "GET /healthz over the same connections", plain)


def rows_of(rows, steps):
    """A request of the Open Inference Protocol, on one line."""
    numbers = [round(random.random(), 4) for _ in range(rows * steps * 42)]
    return json.dumps({"inputs": [
        {"name": "sequence", "datatype": "FP32", "shape": [rows, steps, 42],
         "data": numbers},
        {"name": "context", "datatype": "FP32", "shape": [rows, 4],
         "data": [steps, 0, 0, 1] * rows}], "outputs": [{"name": "risk_score"}]})


def processor_seconds(pids):
    ticks = 0
    for pid in pids:
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(words[11]) + int(words[12])  # utime, stime
    return ticks / os.sysconf("SC_CLK_TCK")


def sessions(role):
    """Processes of PostgreSQL that serve a role."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if place.read_text().startswith(f"postgres: {role} "):
                found.append(int(place.parent.name))
        except OSError:
            pass  # it has ended
    return found


def bench_inference(platform, key, steps=40):
    network, = [m["version"] for m in platform.get("models", key=key).json[
        "items"] if m["kind"] == "network"][:1]
    move_champion(platform, key, network)
    path, rates = "/v2/models/risk/infer", {}
    programs = {"prediction": [platform.pid("prediction")],
                "the gateway": [platform.pid("gateway")],
                "its database sessions": sessions("edupulse_prediction")}
    for rows in (16, 1):
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
            file.write("".join(rows_of(rows, steps) + "\n" for _ in range(16)))
            file.flush()
            before = {k: processor_seconds(v) for k, v in programs.items()}
            rate, got = load(platform, key, 4, "POST", path, file.name)
            spent = {k: (processor_seconds(v) - before[k]) / got["answers"]
                     for k, v in programs.items()}
        rates[rows] = rate * rows
    report("rows inferred, one a request", rates[1], "rows/s",
           "16 a request", rates[16])
    for name, seconds in spent.items():
        report(f"processor time of {name} for one row", seconds * 1e6, "us",
               "of all three", sum(spent.values()) * 1e6)


def main():
    platform = Platform(os.environ.get("MODE", "release"))
    try:
        platform.up()
        key = tenant_key(platform, "bench")
        play(platform, key)
        got = platform.post("train/update", {"promote": True, "folds": 2,
                                             "epochs": 4}, key=key)
        assert got.status < 300, got
        platform.wait("the job ends", lambda: platform.get(
            f"train/jobs/{got.json['job_id']}", key=key
        ).json["state"] in ("succeeded", "failed"), 400)
        platform.wait("prediction serves", lambda: platform.get(
            "risk?top=1", key=key).status == 200, 60)
        bench_intake(platform, key)
        bench_predictions(platform, key)
        bench_fresh_predictions(platform, key)
        bench_memory(platform, key)
        bench_inference(platform, key)
    finally:
        platform.destroy()


if __name__ == "__main__":
    main()
