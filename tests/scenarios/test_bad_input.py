"""Input that is wrong gets an error that names the place; the rest goes on."""
import json
import select
import socket

import pytest
from district import (START, attendance, day_after, log_size, ndjson, send,
                      small_school, tenant_key)

TENANT = "bad-input"


@pytest.fixture(scope="module")
def key(platform):
    return small_school(platform, TENANT)


@pytest.mark.parametrize("change, place", [
    ({"kind": "grade", "score": 117}, "score"),
    ({"date": "20225-01-01"}, "date"),
    ({"date": "2225-01-01"}, "date"),
    ({"status": "late"}, "status"),
    ({"student_id": "nobody"}, "student_id"),
    ({"course_id": "nowhere"}, "course_id"),
    ({"kind": "holiday"}, "kind"),
    ({"colour": "red"}, "colour"),
    ({"student_id": ""}, "student_id"),
])
def test_a_bad_record_is_refused_with_its_place_and_the_rest_is_stored(
        platform, key, change, place):
    before = log_size(platform, TENANT)
    bad = dict(attendance("s1", day_after(START, 1)), **change)
    if change.get("kind") == "grade":
        del bad["status"]
    good = attendance("s2", day_after(START, 2))
    got = send(platform, [good, bad, good], key=key)
    assert got.status == 200, got
    assert (got.json["received"], got.json["stored"], got.json["refused"]) \
        == (3, 2, 1), got
    assert place in got.json["errors"][0]["pointer"], got
    assert "1" in got.json["errors"][0]["pointer"], got
    assert log_size(platform, TENANT) == before + 2
    waiting = platform.get("quarantine?limit=1", key=key).json["items"][0]
    assert waiting["reason"] and place in waiting["place"], waiting


def test_invalid_utf8_is_refused_alone(platform, key):
    good = json.dumps(attendance("s1", day_after(START, 3))).encode()
    bad = good.replace(b"s1", b"s\xff")
    got = platform.post("ingest/batch", good + b"\n" + bad + b"\n", key=key,
                        headers={"Content-Type": "application/x-ndjson"})
    assert got.status == 200, got
    assert (got.json["stored"], got.json["refused"]) == (1, 1), got


def test_atomic_stores_all_or_nothing(platform, key):
    before = log_size(platform, TENANT)
    records = [attendance("s1", day_after(START, 4)),
               attendance("nobody", day_after(START, 4))]
    got = platform.post("ingest/batch", {"records": records, "atomic": True},
                        key=key)
    assert got.status == 422, got
    assert "records[1]" in got.json["errors"][0]["pointer"], got
    assert log_size(platform, TENANT) == before


def test_a_batch_key_stores_once_and_refuses_other_content(platform, key):
    records = [attendance("s1", day_after(START, 7))]
    before = log_size(platform, TENANT)
    first = send(platform, records, key=key, batch_key="once")
    again = send(platform, records, key=key, batch_key="once")
    assert first.status == again.status == 200, (first, again)
    assert again.json["stored"] == 1 and again.json["replayed"] is True, again
    assert log_size(platform, TENANT) == before + 1
    other = send(platform, [attendance("s2", day_after(START, 7))], key=key,
                 batch_key="once")
    assert other.status == 422, other
    assert other.json["type"] == "/problems/idempotency-mismatch", other
    assert log_size(platform, TENANT) == before + 1


def test_a_record_id_given_twice_is_a_duplicate_or_a_correction(platform, key):
    one = attendance("s1", day_after(START, 8), id="r1")
    got = send(platform, [one, one], key=key)
    assert (got.json["stored"], got.json["duplicates"]) == (1, 1), got
    changed = dict(one, status="absent")
    got = send(platform, [changed], key=key, batch_key="c1")
    assert (got.json["stored"], got.json["superseded"]) == (1, 1), got
    got = send(platform, [changed], key=key, batch_key="c2")
    assert (got.json["stored"], got.json["duplicates"]) == (0, 1), got


def test_a_corrected_record_leaves_the_quarantine(platform, key):
    bad = attendance("s1", day_after(START, 9), status="asleep")
    send(platform, [bad], key=key)
    item = platform.get("quarantine?limit=1", key=key).json["items"][0]
    before = log_size(platform, TENANT)
    got = platform.post(f"quarantine/{item['id']}/retry",
                        dict(bad, status="absent"), key=key)
    assert got.status == 200, got
    assert log_size(platform, TENANT) == before + 1


def test_a_body_that_is_no_json_is_malformed(platform, key):
    for body in ["", "[1,2", '{"records": [', "null", '{"records": 7}',
                 '{"records": [], "records": []}']:
        got = platform.post("ingest/batch", body, key=key,
                            headers={"Content-Type": "application/json"})
        assert got.status in (400, 422), (body, got)
        assert got.json["detail"], got


def test_a_half_sent_body_stores_nothing(platform, key):
    before = log_size(platform, TENANT)
    body = ndjson([attendance("s1", day_after(START, 10))] * 50).encode()
    with socket.create_connection(("127.0.0.1", platform.port)) as s:
        s.sendall(b"POST /api/v1/ingest/batch HTTP/1.1\r\nHost: x\r\n"
                  b"Authorization: Bearer " + key.encode() + b"\r\n"
                  b"Content-Type: application/x-ndjson\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body[:-100])
    assert platform.get("auth/me", key=key).status == 200
    assert log_size(platform, TENANT) == before


def pour(platform, key, path, pieces):
    """Send a chunked body until it is answered; the answer, and how many
    bytes had gone by then."""
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", platform.port)) as s:
        s.settimeout(30)
        s.sendall(f"POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\n"
                  f"Authorization: Bearer {key}\r\n"
                  "Content-Type: application/x-ndjson\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n".encode())
        try:
            for piece in pieces:
                if select.select([s], [], [], 0)[0]:
                    break
                s.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                sent += len(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        while b"problems/" not in answer and (got := s.recv(65536)):
            answer += got
    return answer, sent


def memory_of(platform, service):
    return next(x for x in platform.status()["services"]
                if x["service"] == service)["memory_bytes"]


@pytest.mark.parametrize("path", ["ingest/stream", "ingest/batch"])
def test_a_line_of_3_gb_is_refused_early_with_flat_memory(platform, key, path):
    """The line is given up after its first part (a stream) or after the
    16 MiB of a batch, not after 3 GB."""
    before, size = log_size(platform, TENANT), 3 << 30
    piece = b"x" * 65536
    first = b'{"kind": "'
    def line():
        yield first
        for _ in range(size // len(piece)):
            yield piece
    answer, sent = pour(platform, key, path, line())
    assert b"413" in answer and b"/problems/too-large" in answer, answer[:500]
    # What the sockets' buffers on the way hold comes on top.
    assert sent < 64 << 20, sent
    if platform.mode == "release":
        assert memory_of(platform, "gateway") < 80 << 20
        assert memory_of(platform, "ingestion") < 200 << 20
    assert log_size(platform, TENANT) == before


def test_a_body_announced_with_3_gb_is_refused_before_it_comes(platform, key):
    with socket.create_connection(("127.0.0.1", platform.port)) as s:
        s.settimeout(30)
        s.sendall(f"POST /api/v1/ingest/batch HTTP/1.1\r\nHost: x\r\n"
                  f"Authorization: Bearer {key}\r\n"
                  "Content-Type: application/x-ndjson\r\n"
                  f"Content-Length: {3 << 30}\r\n\r\n".encode())
        assert b" 413 " in s.recv(65536)


def test_a_malformed_row_is_refused_alone(platform, key):
    before = log_size(platform, TENANT)
    good = [json.dumps(attendance("s1", day_after(START, n)))
            for n in (20, 21)]
    bad = ["{", "[]", "null", "7", '"text"', "kind=grade", '{"kind": }',
           good[0][:-1], good[0] + "}", "\x00", good[0] + good[1]]
    got = platform.post("ingest/batch", "\n".join(
        [good[0], *bad, good[1]]) + "\n", key=key,
        headers={"Content-Type": "application/x-ndjson"})
    assert got.status == 200, got
    assert (got.json["stored"], got.json["refused"]) == (2, len(bad)), got
    assert [e["pointer"].split("]")[0] for e in got.json["errors"]] \
        == [f"records[{n}" for n in range(1, len(bad) + 1)], got
    assert log_size(platform, TENANT) == before + 2


@pytest.mark.parametrize("wrap", ["ndjson", "json"])
def test_a_key_given_twice_is_refused_with_its_name(platform, key, wrap):
    before = log_size(platform, TENANT)
    good = json.dumps(attendance("s2", day_after(START, 22)))
    twice = good[:-1] + ', "student_id": "s1"}'
    body = f"{good}\n{twice}\n" if wrap == "ndjson" \
        else f'{{"records": [{good}, {twice}]}}'
    kind = {"ndjson": "application/x-ndjson", "json": "application/json"}
    got = platform.post("ingest/batch", body, key=key,
                        headers={"Content-Type": kind[wrap]})
    assert got.status == 200, got
    assert (got.json["stored"], got.json["refused"]) == (1, 1), got
    assert got.json["errors"][0]["pointer"] == "records[1].student_id", got
    assert log_size(platform, TENANT) == before + 1


@pytest.mark.parametrize("name", ["\u00fc" * 90, "a" + "\u00fc" * 90,
                                  "\U0001f600" * 50, "x\U0001f600" * 50])
def test_a_long_name_in_any_script_is_refused_like_another(
        platform, key, name):
    """Messages are cut to their room, between two characters."""
    good = attendance("s1", day_after(START, 23))
    bad = dict(good, **{name: 1}), dict(good, status=name), \
        dict(good, course_id=name[:60])
    got = send(platform, [good, *bad], key=key)
    assert got.status == 200, got
    assert (got.json["stored"], got.json["refused"]) == (1, len(bad)), got
    assert got.json["errors"][0]["pointer"].startswith(
        "records[1]." + name[:8]), got
    waiting = platform.get("quarantine?limit=3", key=key)
    assert waiting.status == 200, waiting
    assert sorted(w["row"] for w in waiting.json["items"]) == [1, 2, 3]


BAD = [({"kind": "grade", "score": 117, "status": None}, "score"),
       ({"date": "20225-01-01"}, "date"), ({"student_id": "nobody"},
                                          "student_id")]


@pytest.mark.parametrize("change, place", BAD)
@pytest.mark.parametrize("wrap", ["ndjson", "json"])
def test_atomic_tells_the_place_and_stores_nothing_at_all(
        platform, key, change, place, wrap):
    name = f"all-{place}-{wrap}"
    waiting = "SELECT count(*) FROM ingestion.quarantine " \
        "WHERE tenant_id = 'bad-input'"
    before, refused = log_size(platform, TENANT), platform.sql(waiting)
    bad = dict(attendance("s1", day_after(START, 24)), **change)
    records = [attendance("s2", day_after(START, 24)),
               {k: v for k, v in bad.items() if v is not None}]
    if wrap == "json":
        got = platform.post("ingest/batch", {
            "records": records, "atomic": True, "batch_key": name}, key=key)
    else:
        got = send(platform, records, key=key, atomic="true",
                   batch_key=name)
    assert got.status == 422, got
    assert got.json["errors"][0]["pointer"] == f"records[1].{place}", got
    assert log_size(platform, TENANT) == before and platform.sql(waiting) == refused
    # Nothing is left of its key either: the mended batch may take it.
    got = send(platform, records[:1], key=key, atomic="true",
               batch_key=name)
    assert got.status == 200 and got.json["stored"] + \
        got.json["duplicates"] == 1, got


@pytest.mark.parametrize("source", ["import", "oulad"])
def test_no_caller_takes_the_name_of_an_importer(platform, key, source):
    before = log_size(platform, TENANT)
    records = [attendance("s1", day_after(START, 25), id="theirs")]
    for got in (send(platform, records, key=key, source=source),
                platform.post("ingest/batch", {"records": records,
                                               "source": source}, key=key),
                platform.post(f"ingest/stream?source={source}",
                              ndjson(records), key=key, headers={
                                  "Content-Type": "application/x-ndjson"})):
        assert got.status == 422, got
        assert got.json["errors"][0]["pointer"] == "source", got
        assert source in got.json["errors"][0]["message"], got
    assert log_size(platform, TENANT) == before


def test_only_who_may_tell_history_says_when_something_was_known(
        platform, key):
    feed = tenant_key(platform, TENANT, "service")
    past = attendance("s1", day_after(START, 26))
    live = {k: v for k, v in past.items() if k != "known_on"}
    for source in ("api", "sis"):
        got = send(platform, [past], key=feed, source=source)
        assert (got.status, got.json["refused"]) == (200, 1), got
        assert got.json["errors"][0]["pointer"] == "records[0].known_on", got
        waiting = platform.get("quarantine?limit=1", key=key).json["items"][0]
        assert waiting["place"] == "records[0].known_on", waiting
    got = send(platform, [live], key=feed, source="sis")
    assert got.json["stored"] == 1, got
    known = "SELECT known_on FROM ingestion.record_log WHERE " \
        "tenant_id = 'bad-input' ORDER BY position DESC LIMIT 1"
    today = platform.sql("SELECT (now() AT TIME ZONE 'UTC')::date")
    assert platform.sql(known) == today
    got = send(platform, [past], key=key, source="sis")
    assert got.json["stored"] == 1, got
    assert platform.sql(known) == [[day_after(START, 26)]]
    # A correction by the feed is known from today on, whatever it corrects.
    mine = dict(past, id="history")
    assert send(platform, [mine], key=key, source="sis").json["stored"] == 1
    got = send(platform, [dict(live, id="history", status="absent")],
               key=feed, source="sis")
    assert (got.json["stored"], got.json["superseded"]) == (1, 1), got
    assert platform.sql(known) == today


def test_records_without_a_key_are_stored_once_whoever_sends_them(platform,
                                                                  key):
    feed = tenant_key(platform, "bad-input", "service")
    past = attendance("s1", day_after(START, 25), period="p7")
    live = {k: v for k, v in past.items() if k != "known_on"}
    late = dict(past, period="p8")
    before = log_size(platform, TENANT)
    for sender in (feed, key, feed):
        got = send(platform, [live], key=sender, source="twice")
        assert (got.status, got.json["stored"]) == (200, 1), got
    assert got.json["replayed"] and log_size(platform, TENANT) == before + 1
    # What wants the right to tell history is stored when it is there, alone.
    both = [dict(live, period="p9"), late]
    got = send(platform, both, key=feed, source="twice")
    assert (got.json["stored"], got.json["refused"]) == (1, 1), got
    got = send(platform, both, key=key, source="twice")
    assert (got.json["stored"], got.json["duplicates"]) == (1, 1), got
    assert not got.json.get("replayed") and not got.json["refused"], got
    for sender in (key, feed):
        again = send(platform, both, key=sender, source="twice")
        assert again.json == dict(got.json, replayed=True), again
    assert log_size(platform, TENANT) == before + 3


def test_every_error_is_a_problem(platform, key):
    for method, path, status in [
            ("GET", "/api/v1/nothing", 404),
            ("DELETE", "/api/v1/risk", 405),
            ("GET", "/api/v1/risk?colour=red", 422),
            ("GET", "/internal/records", 404),
            ("GET", "/api/v1/imports/none", 404)]:
        got = platform.call(method, path, key=key)
        assert got.status == status, (path, got)
        assert got.headers["Content-Type"] == "application/problem+json"
        problem = got.json
        assert problem["status"] == status and problem["title"] \
            and problem["request_id"], problem
