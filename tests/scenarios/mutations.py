"""Random, seeded changes of valid requests: bodies, addresses, lengths.

A case is (route, what was done, bytes to send).  Routes and their parameters
are those of /openapi.json, bodies the examples in proto/golden.
"""
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[2] / "proto/golden"
JSON = "application/json"

# Texts in place of a number, as they stand in JSON.
NUMBERS = ["1e400", "-1e400", "1e-400", "-0", "9007199254740993", "1.5",
           "-9223372036854775809", "18446744073709551616", "9" * 70, "0x10",
           "01", "NaN", "Infinity", "1e", "+1", ".5"]
TEXTS = ['""', '"' + "x" * 100_000 + '"', '"\\u0000"', '"\\ud800"',
         '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"a\\nb"', '"\\x"',
         '"\u202e\u00e9"', "\"'; DROP TABLE student; --\"", '"../../etc"',
         '"2026-02-30"', '"-infinity"', '"9999-12-31"', '"%s%n%d"']
OTHERS = ["null", "true", "[]", "{}", "[[]]", '[{"a":1}]', "[null]", "",
          "[" * 40 + "]" * 40, "[" * 20_000, '{"a":' * 5_000 + "1"]
SEGMENTS = ["%00", "%2f", "%2F..%2F..%2Fetc", "..", ".", "%", "%zz", "%ff",
            "%c3%a9", "x" * 300, "x" * 4000, "0", "-1", "%20", "'%22;--",
            "00000000-0000-0000-0000-000000000000", "99999999999999999999",
            "a%0d%0aX-Evil:%201", "%f0%9f%98%80", "1.2.3", "+", "~", ""]
TYPES = ["", "text/plain", "application/xml", "multipart/form-data",
         "application/x-www-form-urlencoded", "application/jsonx", "\xff" * 85,
         "application/json; charset=utf-16", "x" * 256, ";", "a/b\tc"]


HEADERS = ["If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id",
           "traceparent", "Accept", "Content-Encoding", "Authorization"]
VALUES = ["\xff" * 255, "\xc3\xa9" * 120, "x" * 255, "x" * 1025, "x" * 9000, "",
          '"7"', "*", "\t", "a\tb", "00-" + "0" * 32 + "-" + "0" * 16 + "-00",
          "identity", "gzip", "Basic Og==", "Bearer ep_", "a, b", "%0d%0aX: y"]

# The world that the scenario has made, by the name of a field.
WORLD = {"student_id": "s1", "course_id": "Y", "time_zone": "UTC",
         "start_date": "2025-09-01", "end_date": "2026-06-28",
         "tracked_until": "2026-05-31", "registered_on": "2025-09-01",
         "date": "2025-10-01", "tenant": "mutations", "version": "none",
         "reference_date": "2025-11-30", "expires_at": "2099-12-31T00:00:00Z",
         "train_weeks": [9], "test_weeks": [9], "alias": "champion"}


@dataclass
class Route:
    """One operation as /openapi.json describes it."""
    method: str
    path: str
    parameters: list
    content: dict
    deadline: int

    def __str__(self):
        return f"{self.method} {self.path}"


def routes_of(openapi):
    return [Route(method.upper(), path,
                  [p["name"] for p in row.get("parameters", [])
                   if p["in"] == "query"],
                  row.get("requestBody", {}).get("content", {}),
                  row["x-deadline-seconds"])
            for path, methods in openapi["paths"].items()
            for method, row in methods.items()]


def golden(name):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def in_world(value):
    """The value with names and days that mean something here."""
    if isinstance(value, list):
        return [in_world(x) for x in value]
    if not isinstance(value, dict):
        return value
    return {k: WORLD.get(k, in_world(v)) for k, v in value.items()}


def zip_of(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, text)
    return out.getvalue()


def valid_body(kind, content):
    """A body that the route takes under this media type."""
    reference = (content[kind].get("schema") or {}).get("$ref")
    if reference:
        example = golden(reference.rsplit("/", 1)[1])
        return json.dumps(in_world(example)).encode()
    if kind == "application/x-ndjson":
        record = json.dumps(in_world(golden("batch_request"))["records"][0])
        return (record + "\n" + record + "\r\n\n" + record).encode()
    table = "student_id,date,status\ns1,2025-09-02,present\n"
    if kind == "application/zip":
        return zip_of("attendance.csv", table)
    return table.encode()


def value_spans(text):
    """Where each value of a valid JSON text begins and ends."""
    decoder, spans = json.JSONDecoder(), []
    for at, char in enumerate(text):
        before = text[:at].rstrip()
        if before[-1:] in (":", "[", "") and not char.isspace() \
                and char not in "]}":
            try:
                spans.append((at, decoder.raw_decode(text, at)[1]))
            except ValueError:
                continue
    return spans


def swap_value(random, body):
    text = body.decode()
    at, end = random.choice(value_spans(text))
    value = random.choice(random.choice([NUMBERS, TEXTS, OTHERS]))
    return (text[:at] + value + text[end:]).encode()


def member_at(random, text):
    """Begin and end of one "name": value of an object."""
    spans = [(text.rindex('"', 0, text.rindex('"', 0, text[:at].rindex(":"))),
              end) for at, end in value_spans(text)
             if text[:at].rstrip().endswith(":")]
    return random.choice(spans) if spans else (0, len(text))


def drop_member(random, body):
    text = body.decode()
    at, end = member_at(random, text)
    rest = text[end:].lstrip()
    if rest.startswith(","):
        return (text[:at] + rest[1:]).encode()
    return (text[:at].rstrip().removesuffix(",") + rest).encode()


def double_member(random, body):
    text = body.decode()
    at, end = member_at(random, text)
    return (text[:end] + "," + text[at:end] + text[end:]).encode()


def rename_member(random, body):
    text = body.decode()
    at, _ = member_at(random, text)
    return (text[:at + 1] + "unheard_of_" + text[at + 1:]).encode()


def flip_bytes(random, body):
    changed = bytearray(body)
    for _ in range(random.randint(1, 4)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def truncate(random, body):
    return body[:random.randrange(len(body))]


def double_bytes(random, body):
    at = random.randrange(len(body))
    end = random.randint(at, len(body))
    return body[:end] + body[at:end] + body[end:]


def break_utf8(random, body):
    at = random.randrange(len(body))
    wrong = random.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82",
                           b"\xf4\x90\x80\x80", b"\x00"])
    return body[:at] + wrong + body[at:]


ANY = [flip_bytes, truncate, double_bytes, break_utf8]
OF_JSON = [swap_value] * 5 + [drop_member, double_member, rename_member] + ANY


def request(route, target, headers, body, length=None):
    """The bytes of a request; `length` None is the true one."""
    lines = [f"{route.method} {target} HTTP/1.1", "Host: x",
             "Connection: close"] + [f"{k}: {v}" for k, v in headers]
    if body or route.content:
        lines.append(f"Content-Length: "
                     f"{len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def plain_path(route):
    """The path with a name of the world in place of each {parameter}."""
    parts = [WORLD.get(part[1:-1], "none") if part.startswith("{")
             else part for part in route.path.split("/")]
    return "/".join(parts)


def mutate_headers(random, headers):
    return headers + [(random.choice(HEADERS), random.choice(VALUES))
                      for _ in range(random.randint(1, 2))]


def mutate_body(random, route, headers):
    kind = random.choice(sorted(route.content))
    body = valid_body(kind, route.content)
    target, length = plain_path(route), None
    if not any("schema" in c for c in route.content.values()):
        target += "?file_name=" + random.choice(
            ["attendance.csv"] * 3 + ["%ff" * 255] + SEGMENTS)
    what = random.choice(OF_JSON if kind == JSON else ANY)
    name = what.__name__
    dice = random.randrange(10)
    if dice == 0:
        name, kind = "content_type", random.choice(TYPES)
    elif dice == 1:
        name = "length"
        length = random.choice([0, len(body) - 1, len(body) + 1,
                                random.randrange(2 * len(body)), 10**9])
    elif dice == 2:
        name = "header"
        headers = mutate_headers(random, headers)
    else:
        body = what(random, body)
    headers = headers + [("Content-Type", kind)]
    return name, request(route, target, headers, body, length)


def mutate_address(random, route, headers):
    """Other names in the path, other values in the query; HEAD for GET."""
    parts = [random.choice(SEGMENTS) if part.startswith("{")
             and random.random() < 0.7 else part
             for part in route.path.split("/")]
    names = route.parameters + ["unheard_of", "%00", "a%zz", ""]
    pairs = [f"{random.choice(names)}={random.choice(SEGMENTS)}"
             for _ in range(random.randint(0, 3))]
    if pairs and random.random() < 0.2:
        pairs.append(pairs[0])
    if random.random() < 0.2:
        headers = mutate_headers(random, headers)
    target = "/".join(parts) + ("?" + "&".join(pairs) if pairs else "")
    asked = Route("HEAD", *list(route.__dict__.values())[1:]) \
        if route.method == "GET" and random.random() < 0.2 else route
    return "address", request(asked, target, headers, b"")


def cases(random, routes, headers, count):
    """`count` cases, each route in turn, those with a body more often."""
    turns = [r for r in routes for _ in range(3 if r.content else 1)]
    for number in range(count):
        route = turns[number % len(turns)]
        mutate = mutate_body if route.content else mutate_address
        yield (route, *mutate(random, route, headers))
