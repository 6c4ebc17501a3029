"""Input that is wrong gets an error that names the place; the rest goes on."""
import io
import json
import select
import socket
import zipfile

import pytest
from district import (attendance, day_after, make_course, ndjson, rules, send,
                      tenant_key)

START = "2025-09-01"


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, "bad-input")
    assert platform.put("settings/tenant", rules("2025-12-01"),
                        key=key).status == 200
    make_course(platform, key, "Y", START, ["s1", "s2"])
    return key


def log_size(platform):
    return int(platform.sql("SELECT count(*) FROM ingestion.record_log "
                            "WHERE tenant_id = 'bad-input'")[0][0])


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
    before = log_size(platform)
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
    assert log_size(platform) == before + 2
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
    before = log_size(platform)
    records = [attendance("s1", day_after(START, 4)),
               attendance("nobody", day_after(START, 4))]
    got = platform.post("ingest/batch", {"records": records, "atomic": True},
                        key=key)
    assert got.status == 422, got
    assert "records[1]" in got.json["errors"][0]["pointer"], got
    assert log_size(platform) == before


def test_a_batch_key_stores_once_and_refuses_other_content(platform, key):
    records = [attendance("s1", day_after(START, 7))]
    before = log_size(platform)
    first = send(platform, records, key=key, batch_key="once")
    again = send(platform, records, key=key, batch_key="once")
    assert first.status == again.status == 200, (first, again)
    assert again.json["stored"] == 1 and again.json["replayed"] is True, again
    assert log_size(platform) == before + 1
    other = send(platform, [attendance("s2", day_after(START, 7))], key=key,
                 batch_key="once")
    assert other.status == 422, other
    assert other.json["type"] == "/problems/idempotency-mismatch", other
    assert log_size(platform) == before + 1


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
    before = log_size(platform)
    got = platform.post(f"quarantine/{item['id']}/retry",
                        dict(bad, status="absent"), key=key)
    assert got.status == 200, got
    assert log_size(platform) == before + 1


def test_a_body_that_is_no_json_is_malformed(platform, key):
    for body in ["", "[1,2", '{"records": [', "null", '{"records": 7}',
                 '{"records": [], "records": []}']:
        got = platform.post("ingest/batch", body, key=key,
                            headers={"Content-Type": "application/json"})
        assert got.status in (400, 422), (body, got)
        assert got.json["detail"], got


def test_a_half_sent_body_stores_nothing(platform, key):
    before = log_size(platform)
    body = ndjson([attendance("s1", day_after(START, 10))] * 50).encode()
    with socket.create_connection(("127.0.0.1", platform.port)) as s:
        s.sendall(b"POST /api/v1/ingest/batch HTTP/1.1\r\nHost: x\r\n"
                  b"Authorization: Bearer " + key.encode() + b"\r\n"
                  b"Content-Type: application/x-ndjson\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body[:-100])
    assert platform.get("auth/me", key=key).status == 200
    assert log_size(platform) == before


def test_a_line_without_end_is_refused_with_bounded_memory(platform, key):
    """A stream sends one line of 64 MiB; the rest of 3 GB would change
    nothing, for the line is given up long before."""
    piece = b"x" * 65536
    answer = b""
    with socket.create_connection(("127.0.0.1", platform.port)) as s:
        s.settimeout(30)
        s.sendall(b"POST /api/v1/ingest/stream HTTP/1.1\r\nHost: x\r\n"
                  b"Authorization: Bearer " + key.encode() + b"\r\n"
                  b"Content-Type: application/x-ndjson\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(1024):
            if select.select([s], [], [], 0)[0]:
                break
            s.sendall(b"10000\r\n" + piece + b"\r\n")
        while b"problems/" not in answer and (got := s.recv(65536)):
            answer += got
    assert b"problems/" in answer, answer[:500]
    gateway = next(x for x in platform.status()["services"]
                   if x["service"] == "gateway")
    assert gateway["memory_bytes"] < 60 << 20 or platform.mode != "release"


def finished(platform, key, got):
    assert got.status in (200, 201, 202), got
    path = f"imports/{got.json['id']}"
    return platform.wait("the import ends", lambda: (
        lambda x: x if x["state"] in ("done", "failed", "cancelled") else None)(
            platform.get(path, key=key).json), 120)


def zip_of(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in files.items():
            z.writestr(name.replace("__", "."), text)
    return out.getvalue()


def upload(platform, key, body, name="data.zip", kind="application/zip"):
    return platform.post(f"imports?file_name={name}", body, key=key,
                         headers={"Content-Type": kind})


def test_an_import_names_file_row_and_place_and_goes_on(platform, key):
    text = ("student_id,date,status\n"
            f"s1,{day_after(START, 14)},present\n"
            f"s1,{day_after(START, 15)},asleep\n"
            f"nobody,{day_after(START, 15)},present\n"
            f"s2,{day_after(START, 15)},absent\n")
    got = finished(platform, key,
                   upload(platform, key, zip_of(attendance__csv=text)))
    assert got["state"] == "done", got
    file = got["files"][0]
    assert (file["rows"], file["stored"], file["quarantined"]) == (4, 2, 2), got
    assert any("attendance.csv:3" in e["pointer"] for e in got["errors"]), got


def test_a_zip_that_unpacks_to_too_much_fails(platform, key):
    bomb = zip_of(attendance__csv=b"0" * (256 << 20))
    got = finished(platform, key, upload(platform, key, bomb))
    assert got["state"] == "failed", got
    assert got["error"], got


def test_a_truncated_zip_fails_and_stores_nothing(platform, key):
    before = log_size(platform)
    whole = zip_of(attendance__csv="student_id,date,status\n" +
                   f"s1,{day_after(START, 16)},present\n" * 1000)
    got = finished(platform, key, upload(platform, key, whole[:-200]))
    assert got["state"] == "failed" and got["error"], got
    assert log_size(platform) == before


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
