"""The Open Inference Protocol as a client of the standard library speaks it:
JSON and bytes, by each kind of model, and what is refused in which form."""
import http.client
import json
import math
import re
import struct
import subprocess

import pytest
from conftest import TOP
from district import move_champion, simulate, tenant_key, train_champion

TENANT, TODAY = "inference", "2026-01-16"


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, TENANT)
    simulate(platform, key, "--students", 120, "--today", TODAY, "--seed", 13)
    platform.settle(120)
    train_champion(platform, key, weeks=(6, 12, 18))
    return key


class Client:
    """Knows the protocol and nothing of this platform."""

    def __init__(self, platform, key):
        self.port, self.key = platform.port, key

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=60)
        connection.request(method, "/v2" + path, body,
                           dict({"Authorization": f"Bearer {self.key}"},
                                **(headers or {})))
        answer = connection.getresponse()
        got = answer.status, answer.headers, answer.read()
        connection.close()
        return got

    def json(self, method, path, body=None):
        status, headers, text = self.ask(
            method, path, json.dumps(body) if body is not None else None,
            {"Content-Type": "application/json"} if body is not None else {})
        assert headers["Content-Type"] == "application/json", (status, text)
        return status, json.loads(text)

    def bytes(self, path, head, tail):
        """JSON before, bytes behind; outputs by name, as numbers or texts."""
        text = json.dumps(head).encode()
        status, headers, body = self.ask("POST", path, text + tail, {
            "Content-Type": "application/octet-stream",
            "Inference-Header-Content-Length": str(len(text))})
        assert status == 200, body
        assert headers["Content-Type"] == "application/octet-stream"
        size = int(headers["Inference-Header-Content-Length"])
        answer, rest, found = json.loads(body[:size]), body[size:], {}
        for output in answer["outputs"]:
            assert "data" not in output
            count = output["parameters"]["binary_data_size"]
            found[output["name"]] = unpack(output["datatype"], rest[:count])
            assert math.prod(output["shape"]) == len(found[output["name"]])
            rest = rest[count:]
        assert rest == b""
        return answer, found


def unpack(datatype, raw):
    if datatype != "BYTES":
        letter, width = {"FP32": ("f", 4), "FP64": ("d", 8)}[datatype]
        return list(struct.unpack(f"<{len(raw) // width}{letter}", raw))
    texts = []
    while raw:
        size, = struct.unpack("<I", raw[:4])
        texts.append(raw[4:4 + size].decode())
        raw = raw[4 + size:]
    return texts


def tensor(name, datatype, shape, data=None, size=None):
    made = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        made["data"] = data
    if size is not None:
        made["parameters"] = {"binary_data_size": size}
    return made


@pytest.fixture(scope="module")
def client(platform, key):
    return Client(platform, key)


def students(platform, key, count=8):
    """Scores of the platform's own, and the last step that they looked at."""
    listed = platform.get(f"risk?top={count}", key=key).json["items"]
    found = [platform.post("predict", {"student_id": p["student_id"],
                                       "course_id": p["course_id"],
                                       "include_features": True},
                           key=key).json for p in listed]
    for p in found:
        values = [f.get("value") for f in p["features"]]
        p["step"], p["context"] = values[:42], values[42:]
    return found


def request(found, **more):
    """One step each: all that is known of the sequence from outside."""
    count = len(found)
    return dict({"inputs": [
        tensor("sequence", "FP32", [count, 1, 42],
               [[p["step"]] for p in found]),
        tensor("context", "FP32", [count, 4],
               [v for p in found for v in p["context"]])]}, **more)


def as_bytes(found):
    numbers = [v for p in found for v in p["step"]] + \
              [v for p in found for v in p["context"]]
    count = len(found)
    head = {"inputs": [tensor("sequence", "FP32", [count, 1, 42],
                              size=168 * count),
                       tensor("context", "FP32", [count, 4], size=16 * count)],
            "parameters": {"binary_data_output": True}}
    return head, struct.pack(f"<{len(numbers)}f",
                             *[math.nan if v is None else v for v in numbers])


def outputs(answer):
    """By name; of FP32 the float that the digits are of."""
    return {o["name"]: list(struct.unpack(f"<{len(o['data'])}f", struct.pack(
        f"<{len(o['data'])}f", *o["data"]))) if o["datatype"] == "FP32"
        else o["data"] for o in answer["outputs"]}


def test_every_kind_of_model_says_the_same_in_json_and_in_bytes(platform, key, client):
    """Predict shows the last step alone, to six decimals: enough for the
    logistic regression.  A unit test holds all kinds to the bit."""
    models = platform.get("models", key=key).json["items"]
    assert {m["kind"] for m in models} == {"network", "logistic", "trees"}
    for model in models:
        move_champion(platform, key, model["version"])
        status, known = client.json("GET", "/models/risk")
        assert status == 200 and known["versions"] == [model["version"]], known
        assert known["platform"] == "edupulse_" + model["kind"]
        found = students(platform, key)
        status, answer = client.json(
            "POST", f"/models/risk/versions/{model['version']}/infer",
            request(found, id="a1"))
        assert status == 200, answer
        assert answer["model_version"] == model["version"]
        assert answer["model_name"] == "risk" and answer["id"] == "a1"
        said = outputs(answer)
        if model["kind"] == "logistic":
            own = [p["risk_score"] for p in found] + [
                p["confidence"][end] for p in found for end in ("low", "high")]
            assert said["risk_score"] + said["interval"] == \
                pytest.approx(own, abs=1.01e-4)
        _, binary = client.bytes("/models/risk/infer", *as_bytes(found))
        assert binary == said, (binary, said)
        for i, p in enumerate(found):
            _, alone = client.json("POST", "/models/risk/infer", request([p]))
            assert outputs(alone)["logit"] == [said["logit"][i]]


def test_outputs_are_those_asked_for(platform, key, client):
    found = students(platform, key, 2)
    status, answer = client.json("POST", "/models/risk/infer", request(
        found, outputs=[{"name": "logit"}, {"name": "risk_score"}],
        parameters={"anything": "plain", "binary_data_output": False}))
    assert status == 200, answer
    assert "id" not in answer
    assert [o["name"] for o in answer["outputs"]] == ["logit", "risk_score"]
    assert answer["outputs"][0]["shape"] == [2]


def test_health_needs_no_key_and_all_else_does(platform, key, client):
    stranger = Client(platform, "nobody")
    assert stranger.json("GET", "/health/live") == (200, {"live": True})
    assert stranger.json("GET", "/health/ready") == (200, {"ready": True})
    assert client.json("GET", "/models/risk/ready") == \
        (200, {"name": "risk", "ready": True})
    status, server = client.json("GET", "")
    assert status == 200 and server["name"] == "edupulse"
    assert server["extensions"] == ["binary_tensor_data"]
    for method, path in (("GET", ""), ("GET", "/models/risk"),
                         ("POST", "/models/risk/infer")):
        status, said = stranger.json(method, path,
                                     {} if method == "POST" else None)
        assert status == 401 and list(said) == ["error"], said


def test_errors_have_the_protocols_form(platform, key, client):
    good = request([{"step": [0] * 42, "context": [1, 2, 3, 4]}])
    digest = "0" * 64
    wrong_shape = json.loads(json.dumps(good))
    wrong_shape["inputs"][0]["shape"] = [1, 41, 42]
    refused = [
        ("GET", "/nothing", None, 404, "there is no /v2/nothing"),
        ("GET", "/models/grades", None, 404, "risk is the one"),
        ("GET", f"/models/risk/versions/{digest}", None, 404, "does"),
        ("POST", f"/models/risk/versions/{digest}/infer", good, 404, "does"),
        ("GET", "/models/risk/infer", None, 405, "POST"),
        ("POST", "/models/risk/infer", {}, 400, "inputs"),
        ("POST", "/models/risk/infer", wrong_shape, 400, "from 1 to 40"),
        ("POST", "/models/risk/infer", dict(good, parameters={"a": []}), 400,
         "a string, a number or a boolean"),
        ("POST", "/health/live", {}, 405, "GET"),
    ]
    for method, path, body, status, words in refused:
        got, said = client.json(method, path, body)
        assert got == status and list(said) == ["error"], (path, got, said)
        assert words in said["error"], said
    status, headers, text = client.ask(
        "POST", "/models/risk/infer", "{}", {"Content-Type": "text/csv"})
    assert status == 415 and list(json.loads(text)) == ["error"], text
    status, headers, text = client.ask(
        "POST", "/models/risk/infer", b" " * 4194305,
        {"Content-Type": "application/json"})
    assert status == 413 and list(json.loads(text)) == ["error"], text
    status, headers, text = client.ask(
        "POST", "/models/risk/infer", "{}",
        {"Inference-Header-Content-Length": "3"})
    assert status == 400 and "the body has 2 bytes" in text.decode(), text


def test_the_call_in_the_readme_is_one_to_copy(platform, key):
    text = (TOP / "services/prediction/README.md").read_text()
    example, = re.findall(r"\n\n((?:    .*\n)+)\nanswers with", text)
    done = subprocess.run(
        ["bash", "-c", example.replace("HOST:PORT", f"127.0.0.1:{platform.port}")],
        env=dict(platform.env, KEY=key, no_proxy="*"), capture_output=True,
        text=True, timeout=60)
    answer = json.loads(done.stdout)
    assert [len(o["data"]) for o in answer["outputs"]] == [1, 1, 1, 2], answer


def test_a_tenants_model_is_its_own(platform, client):
    """Who has none is told how to get one; who may not ask, that he may not."""
    other = Client(platform, tenant_key(platform, "inference-other"))
    status, said = other.json("GET", "/models/risk/ready")
    assert status == 404 and "edupulse train" in said["error"], said
    analyst = Client(platform, tenant_key(platform, TENANT, role="analyst"))
    status, said = analyst.json("GET", "/models/risk")
    assert status == 403 and list(said) == ["error"], said
