"""The public door: who may enter, what it refuses and how, long bodies."""
import http.client
import json
import os
import signal
import socket
import time
from datetime import datetime, timedelta, timezone

import pytest
from conftest import Answer
from district import (Feed, attendance, check_sums, day_after, make_course,
                      ndjson, rules, tenant_key)
from mutations import routes_of

START = "2025-09-01"
PROBLEM = "application/problem+json"
PART = 256 * 1024


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, "door")
    assert platform.put("settings/tenant", rules("2025-12-01"),
                        key=key).status == 200
    make_course(platform, key, "Y", START,
                ["s1", *(f"student-of-this-door-{n:03}" for n in range(200))])
    return key


def ask(platform, method, path, body=None, **headers):
    """One request with these headers alone: without a key."""
    line = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=30)
    try:
        line.request(method, path, body,
                     {k.replace("_", "-"): v for k, v in headers.items()})
        got = line.getresponse()
        return Answer(got.status, got.headers, got.read())
    finally:
        line.close()


def talk(platform, text):
    """What a connection answers to these bytes."""
    with socket.create_connection(("127.0.0.1", platform.port), 30) as s:
        s.sendall(text)
        got = http.client.HTTPResponse(s)
        got.begin()
        return Answer(got.status, got.headers, got.read())


def check_problem(got, status):
    assert got.status == status, got
    assert got.headers["Content-Type"] == PROBLEM, got
    problem = got.json
    assert problem["status"] == status and problem["detail"], problem
    assert problem["request_id"] == got.headers["X-Request-Id"], problem
    return problem["detail"]


def make_key(platform, role="analyst", **more):
    got = platform.post("api-keys", {"name": f"door {role}", "role": role,
                                     **more})
    assert got.status == 201, got
    return got.json


@pytest.mark.parametrize("headers", [
    {}, {"Authorization": "Bearer"}, {"Authorization": "Basic YTpi"},
    {"Authorization": "Bearer ep_" + "A" * 43}, {"X_Api_Key": "short"}])
def test_without_a_known_key_it_is_401_and_says_how(platform, headers):
    got = ask(platform, "GET", "/api/v1/auth/me", **headers)
    check_problem(got, 401)
    assert got.headers["WWW-Authenticate"].startswith("Bearer "), got.headers


def test_a_key_opens_the_door_in_either_header(platform):
    for headers in ({"Authorization": f"Bearer {platform.key}"},
                    {"Authorization": f"bearer {platform.key}"},
                    {"X_Api_Key": platform.key}):
        got = ask(platform, "GET", "/api/v1/auth/me", **headers)
        assert got.status == 200 and got.json["role"] == "admin", got


def test_a_role_that_may_not_is_403_and_told_which_may(platform):
    analyst = make_key(platform)["key"]
    got = platform.post("ingest/batch", {"records": []}, key=analyst)
    detail = check_problem(got, 403)
    for word in ("analyst", "POST /api/v1/ingest/batch", "admin", "operator",
                 "service"):
        assert word in detail, detail
    assert "WWW-Authenticate" not in got.headers


def test_an_unknown_path_is_404_with_or_without_a_key(platform):
    for path in ("/api/v1/nothing", "/internal/keys/check", "/index.html"):
        check_problem(platform.get(path), 404)
        check_problem(ask(platform, "GET", path), 404)


@pytest.mark.parametrize("method, path, allow", [
    ("DELETE", "/api/v1/risk", "GET, HEAD"),
    ("GET", "/api/v1/ingest/batch", "POST"),
    ("PUT", "/api/v1/api-keys", "GET, HEAD, POST"),
    ("PATCH", "/api/v1/courses/a", "GET, HEAD, PUT"),
    ("POST", "/healthz", "GET, HEAD")])
def test_another_method_is_405_with_allow(platform, method, path, allow):
    got = platform.call(method, path)
    check_problem(got, 405)
    assert got.headers["Allow"] == allow


def test_a_body_above_the_routes_size_is_413_before_it_came(platform):
    head = (f"POST /api/v1/api-keys HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {platform.key}\r\n"
            "Content-Type: application/json\r\n")
    got = talk(platform, f"{head}Content-Length: 65537\r\n\r\n".encode())
    check_problem(got, 413)
    got = talk(platform, f"{head}Transfer-Encoding: chunked\r\n\r\n"
               f"10001\r\n{' ' * 65537}\r\n".encode())
    check_problem(got, 413)
    fits = json.dumps({"name": "", "role": "analyst"}).ljust(65536)
    assert platform.post("api-keys", fits, headers={
        "Content-Type": "application/json"}).status == 422


@pytest.mark.parametrize("path, headers", [
    ("api-keys", {"Content-Type": "text/plain"}),
    ("api-keys", {"Content-Type": "application/x-ndjson"}),
    ("ingest/batch", {"Content-Type": "text/csv"}),
    ("imports", {"Content-Type": "multipart/form-data; boundary=x"}),
    ("api-keys", {"Content-Type": "application/json",
                  "Content-Encoding": "gzip"})])
def test_a_body_of_another_type_is_415(platform, path, headers):
    check_problem(platform.post(path, "{}", headers=headers), 415)


def test_head_is_get_without_the_body_on_every_route(platform, key):
    paths = ["/", "/healthz", "/openapi.json", "/problems/invalid"]
    paths += [r.path for r in routes_of(platform.get("/openapi.json").json)
              if r.method == "GET" and r.path != "/api/v1/system/status"]
    assert len(paths) > 20
    for path in paths:
        line = http.client.HTTPConnection("127.0.0.1", platform.port,
                                          timeout=30)
        said = {}
        for method in ["HEAD", "GET"]:
            line.request(method, path.replace("{", "%7B").replace("}", "%7D"),
                         headers={"Authorization": f"Bearer {key}"})
            got = line.getresponse()
            said[method] = (got.status, got.headers["Content-Type"])
            length, body = int(got.headers["Content-Length"]), got.read()
            assert len(body) == (0 if method == "HEAD" else length), path
        line.close()
        assert said["HEAD"] == said["GET"], (path, said)


def test_a_header_that_decides_is_given_once(platform, key):
    text = (f"GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {key}\r\n")
    end = "Connection: close\r\n\r\n"
    assert talk(platform, (text + end).encode()).status == 200
    other = "Authorization: Bearer ep_other\r\n"
    assert "twice" in check_problem(
        talk(platform, (text + other + end).encode()), 400)


def test_a_header_that_is_not_utf8_is_refused_at_once(platform, key):
    text = (f"GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Authorization: Bearer {key}\r\nIf-None-Match: ").encode()
    got = talk(platform, text + b"\xff" * 1024 + b"\r\n\r\n")
    assert "UTF-8" in check_problem(got, 400)


def test_a_key_is_shown_once_listed_without_and_refused_once_revoked(platform):
    made = make_key(platform, "operator")
    assert platform.get("auth/me", key=made["key"]).json == {
        "principal": f"key:{made['key_id']}", "role": "operator",
        "tenant": platform.get("auth/me").json["tenant"]}
    listed = platform.get("api-keys?limit=500")
    assert made["key"] not in listed.body.decode()
    mine = [k for k in listed.json["items"] if k["key_id"] == made["key_id"]]
    assert len(mine) == 1 and mine[0]["name"] == "door operator", mine
    assert all("key" not in k for k in listed.json["items"])
    path = f"api-keys/{made['key_id']}"
    got = platform.call("DELETE", path)
    assert (got.status, got.body) == (204, b""), got
    check_problem(platform.get("auth/me", key=made["key"]), 401)
    listed = platform.get("api-keys?limit=500").json["items"]
    assert next(k for k in listed if k["key_id"] == made["key_id"])[
        "revoked_at"]


def test_the_list_of_keys_goes_on_at_its_cursor(platform):
    made = [make_key(platform)["key_id"] for _ in range(3)]
    seen, cursor = [], ""
    while cursor is not None:
        page = platform.get(f"api-keys?limit=2{cursor}").json
        assert 1 <= len(page["items"]) <= 2
        seen += [k["key_id"] for k in page["items"]]
        cursor = f"&cursor={page['next']}" if "next" in page else None
    assert seen[:3] == made[::-1] and len(seen) == len(set(seen)), seen


def test_a_key_does_not_revoke_itself(platform):
    me = platform.get("auth/me").json["principal"].removeprefix("key:")
    check_problem(platform.call("DELETE", f"api-keys/{me}"), 409)
    assert platform.get("auth/me").status == 200


def test_a_key_is_refused_once_it_has_expired(platform):
    def at(seconds):
        return (datetime.now(timezone.utc) + timedelta(seconds=seconds)
                ).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    got = platform.post("api-keys", {"name": "over", "role": "analyst",
                                     "expires_at": at(-1)})
    check_problem(got, 422)
    short = make_key(platform, expires_at=at(3))["key"]
    assert platform.get("auth/me", key=short).status == 200
    platform.wait("the key ends", lambda: platform.get(
        "auth/me", key=short).status == 401, 10)


def test_the_pages_need_no_key(platform):
    home = ask(platform, "GET", "/")
    assert home.status == 200, home
    assert home.headers["Content-Type"].startswith("text/html")
    for name in ("gateway", "ingestion", "notification", "prediction",
                 "training"):
        assert f"<td>{name}</td>" in home.body.decode(), home
    assert ask(platform, "GET", "/healthz").json == {"status": "alive"}
    document = ask(platform, "GET", "/openapi.json").json
    assert document["openapi"].startswith("3.")
    assert "post" in document["paths"]["/api/v1/ingest/batch"]
    assert not [p for p in document["paths"] if "/internal/" in p]
    told = ask(platform, "GET", "/asyncapi.json").json
    assert told["asyncapi"].startswith("3.")
    assert ask(platform, "GET", "/problems/too-large").status == 200
    check_problem(ask(platform, "GET", "/problems/none"), 404)


def test_the_callers_request_id_comes_back(platform):
    for path, status in (("/api/v1/auth/me", 200), ("/api/v1/nothing", 404)):
        got = platform.get(path, headers={"X-Request-Id": "door-7"})
        assert (got.status, got.headers["X-Request-Id"]) == (status, "door-7")
    made = {platform.get("auth/me").headers["X-Request-Id"] for _ in range(3)}
    assert len(made) == 3 and None not in made


@pytest.mark.parametrize("text", [
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
def test_what_is_no_http_is_400(platform, text):
    got = talk(platform, text)
    check_problem(got, 400)
    assert got.headers["Connection"] == "close"


def test_a_slow_stream_is_acknowledged_part_by_part(platform, key):
    day = [attendance("s1", day_after(START, n), id=f"slow-{n}")
           for n in range(6)]
    with Feed(platform, key) as feed:
        feed.send(ndjson(day[:3]))
        first = feed.line()
        assert feed.answer.status == 200
        assert (first["part"], first["received"], first["stored"]) == (0, 3, 3)
        feed.send(ndjson(day[2:5])[:-10])
        second = feed.line()
        assert (second["received"], second["stored"],
                second["duplicates"]) == (2, 1, 1), second
        feed.send(ndjson(day[2:5])[-10:] + ndjson([{"kind": "grade"}]) +
                  ndjson(day[5:]).rstrip("\n"))
        feed.end()
        rest = []
        while (line := feed.line()) is not None:
            rest.append(line)
    check_sums([first, second, *rest], 8)
    assert sum(a["stored"] for a in rest) == 2, rest
    assert sum(a["refused"] for a in rest) == 1, rest


def test_all_lines_of_a_fast_stream_are_acknowledged_in_silence(platform, key):
    """More than one part comes at once, then nothing: the client waits for
    its acknowledgements before it ends."""
    records = [attendance("s1", day_after(START, 30), id=f"fast-{n}",
                          source="x" * 40) for n in range(5000)]
    text = ndjson(records)
    assert len(text) > 3 * PART
    acknowledged = []
    with Feed(platform, key) as feed:
        feed.send(text)
        while sum(a["received"] for a in acknowledged) < len(records):
            acknowledged.append(feed.line())
        feed.end()
        assert feed.line() is None
    check_sums(acknowledged, len(records))
    assert len(acknowledged) >= 4


def test_lines_that_came_during_a_long_part_need_no_more_to_go_on(
        platform, key):
    """While ingestion stands still on one part, a little more than another
    gathers and the client falls silent."""
    records = [attendance("s1", day_after(START, 31), id=f"long-{n:06}")
               for n in range(6000)]
    line = len(ndjson(records[:1]))
    records = records[:2 * (PART // line) + 2]
    acknowledged = []
    ingestion = platform.kill("ingestion", signal.SIGSTOP)
    try:
        with Feed(platform, key) as feed:
            feed.send(ndjson(records))
            with pytest.raises(TimeoutError):
                platform.get("ingest/stats", key=key, timeout=0.5)
            os.kill(ingestion, signal.SIGCONT)
            while sum(a["received"] for a in acknowledged) < len(records):
                acknowledged.append(feed.line())
            feed.end()
            assert feed.line() is None
    finally:
        os.kill(ingestion, signal.SIGCONT)
    check_sums(acknowledged, len(records))
    assert [a["received"] for a in acknowledged] \
        == [PART // line, PART // line, 2]


def test_an_empty_stream_is_400(platform, key):
    with Feed(platform, key) as feed:
        feed.end()
        assert feed.line()["status"] == 400
        assert feed.answer.status == 400


def send_pieces(platform, key, text, size, query="", **headers):
    """A stream that arrives in pieces of a size; all lines of its answer."""
    with Feed(platform, key, query, **headers) as feed:
        for at in range(0, len(text), size):
            feed.send(text[at:at + size])
        feed.end()
        return feed.rest()


@pytest.mark.parametrize("query, headers", [
    ("?batch_key=by-query", {}), ("", {"Idempotency_Key": "by-header"}),
    ("?batch_key=both", {"Idempotency_Key": "the query's counts"})])
def test_a_stream_with_a_key_that_is_sent_again_is_stored_once(
        platform, key, query, headers):
    """Whatever pieces it comes in, and after it broke off in the middle."""
    name = f"again-{query}"
    text = ndjson([attendance("s1", day_after(START, 50), course_id="Y",
                              period=f"{name}-{n}") for n in range(4500)])
    count = "SELECT count(*) FROM ingestion.record_log WHERE tenant_id = 'door'"
    before = int(platform.sql(count)[0][0])
    with Feed(platform, key, query, **headers) as feed:
        feed.send(text[:PART + PART // 2])
        assert feed.line()["part"] == 0
    first = send_pieces(platform, key, text, 50000, query, **headers)
    check_sums(first, 4500)
    assert len(first) > 2 and first[0]["replayed"] is True, first
    wanted = headers.get("Idempotency_Key", "by-query")
    if "both" in query:
        wanted = "both"
    assert [a["batch_key"] for a in first] == [
        f"{wanted}#{n}" for n in range(len(first))]
    for size in (1000, 7777, len(text)):
        again = send_pieces(platform, key, text, size, query, **headers)
        assert all(a.pop("replayed") for a in again), again
        for a in first:
            a.pop("replayed", None)
        assert again == first
    assert int(platform.sql(count)[0][0]) == before + 4500


def test_a_key_used_for_another_stream_is_422(platform, key):
    records = [attendance("s1", day_after(START, 51), period=f"other-{n}")
               for n in range(4500)]
    text = ndjson(records)
    first = send_pieces(platform, key, text, len(text), "?batch_key=other")
    check_sums(first, 4500)
    # From its first line on, and from its last one on.
    got = send_pieces(platform, key, ndjson(records[1:2]), 9999,
                      "?batch_key=other")
    assert got[0]["type"] == "/problems/idempotency-mismatch", got
    assert got[0]["status"] == 422
    got = send_pieces(platform, key, text + ndjson(records[:1]), 9999,
                      "?batch_key=other")
    assert [a["replayed"] for a in got[:-1]] == [True] * (len(first) - 1), got
    assert got[-1]["status"] == 422, got


def test_what_a_stream_cannot_be_is_422_with_the_field(platform, key):
    text = ndjson([attendance("s1", day_after(START, 52))])
    for query, field in (("?atomic=true", "atomic"),
                         (f"?batch_key={'k' * 241}", "batch_key")):
        got = send_pieces(platform, key, text, 9999, query)
        assert got[0]["status"] == 422, got
        assert got[0]["errors"][0]["pointer"] == field, got


@pytest.mark.parametrize("wrong", ["", "k" * 256, "%ff"],
                         ids=["none", "long", "bytes"])
def test_a_stream_s_key_that_no_head_holds_is_refused_at_once(
        platform, key, wrong):
    began = time.monotonic()
    answer = platform.post(f"ingest/stream?batch_key={wrong}",
                           ndjson([attendance("s1", START)]), key=key,
                           headers={"Content-Type": "application/x-ndjson"})
    assert answer.status in (400, 422), answer
    assert answer.json["errors"][0]["pointer"] == "batch_key", answer
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("before", [0, 2])
def test_an_unfinished_line_as_long_as_a_part_ends_the_stream(
        platform, key, before):
    lines = [attendance("s1", day_after(START, 40 + n)) for n in range(before)]
    with Feed(platform, key) as feed:
        feed.send(ndjson(lines) + "x" * PART)
        got = [feed.line()]
        while (line := feed.line()) is not None:
            got.append(line)
    assert feed.answer.status == (200 if before else 413)
    assert got[-1]["type"] == "/problems/too-large", got
    check_sums(got[:-1], before)


def test_a_file_of_several_parts_arrives_whole(platform, key):
    rows = [f"student-of-this-door-{s:03},{day_after(START, d)},present\n"
            for d in range(100) for s in range(200)]
    text = "student_id,date,status\n" + "".join(rows)
    assert len(text) > 3 * PART and len(text) % PART != 0
    got = platform.post("imports?file_name=attendance.csv", text, key=key,
                        headers={"Content-Type": "text/csv"})
    assert got.status in (200, 201, 202), got
    done = platform.wait("the import ends", lambda: next(
        (x for x in [platform.get(f"imports/{got.json['id']}", key=key).json]
         if x["state"] in ("done", "failed", "cancelled")), None), 120)
    assert done["state"] == "done", done
    file = done["files"][0]
    assert (file["rows"], file["stored"], file["quarantined"]) \
        == (len(rows), len(rows), 0), done


def test_an_empty_file_is_400(platform, key):
    got = platform.post("imports?file_name=a.csv", b"", key=key,
                        headers={"Content-Type": "text/csv"})
    check_problem(got, 400)


def test_a_killed_gateway_comes_back_and_keys_still_count(platform):
    kept, revoked = make_key(platform), make_key(platform)
    path = f"api-keys/{revoked['key_id']}"
    assert platform.call("DELETE", path).status == 204
    old = platform.kill("gateway")
    platform.wait("the gateway is back", lambda: platform.get(
        "auth/me", key=kept["key"]).status == 200)
    assert platform.pid("gateway") != old
    check_problem(platform.get("auth/me", key=revoked["key"]), 401)
    listed = [k["key_id"] for k in platform.get("api-keys").json["items"]]
    assert {kept["key_id"], revoked["key_id"]} <= set(listed)
