"""A thousand valid requests, each changed by chance: every one is stored or
refused with a problem that names the place, in time, and nothing restarts."""
import http.client
import json
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Answer
from district import make_course, rules, tenant_key
from mutations import cases, routes_of

SEED, COUNT, CONNECTIONS = 20260128, 1000, 8
# Of the thousand, at least: else they would all end at the first check.  Many
# routes ask for a version or an alias that only a training makes.
STORED_LEAST = 30
START = "2025-09-01"
DAEMONS = ["gateway", "ingestion", "notification", "prediction", "training"]


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, "mutations")
    assert platform.put("settings/tenant", rules("2025-12-01"),
                        key=key).status == 200
    make_course(platform, key, "Y", START, ["s1", "s2"])
    return key


def send(platform, case):
    """The answer to a case and how many seconds it took.  Our side is shut
    behind the request: one that promises more than it sends ends there."""
    route, _, text = case
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", platform.port),
                                  route.deadline + 5) as s:
        s.sendall(text)
        s.shutdown(socket.SHUT_WR)
        got = http.client.HTTPResponse(s, method=text.split(b" ", 1)[0].decode())
        got.begin()
        answer = Answer(got.status, got.headers, got.read())
    return answer, time.monotonic() - began


def fault_of_error(answer):
    """What an error of the Open Inference Protocol lacks; None: nothing."""
    if answer.headers["Content-Type"] != "application/json":
        return "an error that is no JSON"
    error = answer.json
    if list(error) != ["error"] or not error["error"]:
        return "an error without its text"
    return None


def fault_of_refusal(answer):
    """What a problem lacks; None: nothing."""
    if answer.headers["Content-Type"] != "application/problem+json":
        return "a refusal that is no problem"
    problem = answer.json
    if problem["status"] != answer.status or not problem["detail"]:
        return "a problem without status or detail"
    if problem["type"] == "/problems/invalid" \
            and not any(e["pointer"] or "an object is wanted" in e["message"]
                        for e in problem["errors"]):
        return "a problem that names no place"
    return None


def fault_of(case, answer, seconds):
    route, _, text = case
    if seconds > route.deadline:
        return f"{seconds:.1f} s, longer than its deadline"
    if answer.status >= 500:
        return "an error of ours"
    if text.startswith(b"HEAD "):
        return "HEAD with a body" if answer.body else None
    if answer.status >= 400:
        return fault_of_error(answer) if route.path.startswith("/v2") \
            else fault_of_refusal(answer)
    for line in answer.body.splitlines():
        json.loads(line)
    return None


def work(platform, case):
    """The status of the answer to a case, and what was wrong with it."""
    answer = None
    try:
        answer, seconds = send(platform, case)
        fault = fault_of(case, answer, seconds)
    except (OSError, ValueError, KeyError, http.client.HTTPException) as broken:
        fault = repr(broken)
    if fault is None:
        return answer.status, None
    head, _, body = case[2].partition(b"\r\n\r\n")
    line = head.split(b"\r\n")[0]
    return 0, f"{fault}: {case[1]} {line[:300]} {body[:300]} {answer}"


def running(platform):
    return {name: platform.pid(name) for name in DAEMONS}


def is_quiet(platform, key):
    """Nothing that was taken is still being worked on."""
    jobs = platform.get("train/jobs?limit=100", key=key).json["items"]
    imports = platform.get("imports?limit=100", key=key).json["items"]
    return all(x["state"] in ("done", "failed", "cancelled")
               for x in jobs + imports)


def test_a_thousand_mutations_are_stored_or_refused(platform, key):
    before = running(platform)
    routes = routes_of(platform.get("/openapi.json").json)
    headers = [("Authorization", f"Bearer {key}")]
    todo = list(cases(random.Random(SEED), routes, headers, COUNT))
    assert {str(r) for r, *_ in todo} == {str(r) for r in routes}
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        done = list(pool.map(lambda case: work(platform, case), todo))
    faults = [fault for _, fault in done if fault]
    assert not faults, f"{len(faults)} of {COUNT}:\n" + "\n".join(faults[:40])
    stored = sum(200 <= status < 300 and case[0].method != "GET"
                 for (status, _), case in zip(done, todo))
    assert stored >= STORED_LEAST, stored
    platform.wait("what was taken is done", lambda: is_quiet(platform, key))
    platform.settle()
    assert running(platform) == before
