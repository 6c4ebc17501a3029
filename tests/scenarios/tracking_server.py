"""A stand-in for an MLflow tracking server: the part of its REST API 2.0 that
a run, its artifacts, model versions and aliases need.

Method, path, fields, types, limits and order of each call are held against
the reference (mlflow.org/docs/latest/rest-api.html); what breaks it is written
into `faults` and refused as the real one refuses it.  It can be told to fail,
to hang up, to lose an answer, to wait, or to be away.
"""
import base64
import json
import math
import re
import ssl
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from conftest import free_port

API = "/api/2.0/mlflow/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
TEXT, NUMBER, INTEGER, LIST = str, (int, float), int, list
# Path below the API: method, fields that must be there, fields that may.
CALLS = {
    "experiments/get-by-name": ("GET", {"experiment_name": TEXT}, {}),
    "experiments/create": ("POST", {"name": TEXT}, {
        "artifact_location": TEXT, "tags": LIST}),
    "runs/create": ("POST", {"experiment_id": TEXT}, {
        "run_name": TEXT, "start_time": INTEGER, "tags": LIST}),
    "runs/search": ("POST", {"experiment_ids": LIST}, {
        "filter": TEXT, "run_view_type": TEXT, "max_results": INTEGER,
        "order_by": LIST, "page_token": TEXT}),
    "runs/log-batch": ("POST", {"run_id": TEXT}, {
        "metrics": LIST, "params": LIST, "tags": LIST}),
    "runs/update": ("POST", {"run_id": TEXT}, {
        "status": TEXT, "end_time": INTEGER, "run_name": TEXT}),
    "runs/delete": ("POST", {"run_id": TEXT}, {}),
    "registered-models/create": ("POST", {"name": TEXT}, {
        "tags": LIST, "description": TEXT}),
    "registered-models/alias": ("POST", {
        "name": TEXT, "alias": TEXT, "version": TEXT}, {}),
    "model-versions/create": ("POST", {"name": TEXT, "source": TEXT}, {
        "run_id": TEXT, "tags": LIST, "run_link": TEXT, "description": TEXT}),
    "model-versions/search": ("GET", {}, {
        "filter": TEXT, "max_results": TEXT, "page_token": TEXT}),
    "model-versions/set-tag": ("POST", {
        "name": TEXT, "version": TEXT, "key": TEXT, "value": TEXT}, {}),
}
KEY = re.compile(r"[/\w.\- ]{1,250}")


class Refusal(Exception):
    def __init__(self, status, code, words):
        self.status, self.code, self.words = status, code, words


def refuse_value(words):
    return Refusal(400, "INVALID_PARAMETER_VALUE", words)


class TrackingServer:
    """`calls` holds (method, path, body) of whatever was worked on, `bodies`
    all bytes that came, `artifacts` what was stored by path."""

    def __init__(self, artifact_root="mlflow-artifacts:/", user=None,
                 token=None, certificate=None):
        self.port = free_port()
        self.artifact_root, self.certificate = artifact_root, certificate
        self.authorization = None
        if user:
            self.authorization = "Basic " + base64.b64encode(
                ":".join(user).encode()).decode()
        elif token:
            self.authorization = f"Bearer {token}"
        self.calls, self.faults, self.bodies = [], [], []
        self.experiments, self.runs, self.models = {}, {}, {}
        self.artifacts, self.deleted = {}, set()
        self.plans, self.let_go = [], threading.Event()
        self.held = threading.Event()
        self.lock = threading.RLock()
        self.http = None

    # Being there, and not.

    @property
    def url(self):
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://localhost:{self.port}"

    def start(self):
        handler = type("Handler", (Handler,), {"owner": self})
        ThreadingHTTPServer.allow_reuse_address = True
        self.http = ThreadingHTTPServer(("localhost", self.port), handler)
        self.http.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            self.http.socket = context.wrap_socket(self.http.socket,
                                                   server_side=True)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.let_go.set()
        if self.http:
            self.http.shutdown()
            self.http.server_close()
        self.http = None

    def disturb(self, path, how, times=1):
        """The next calls whose path holds `path`: a status (with its error),
        "hang-up" before they are worked on, "lose" the answer afterwards,
        "hold" it until `let_go` is set, or "slow" it by a second."""
        self.plans += [[path, how] for _ in range(times)]

    def plan_of(self, path):
        with self.lock:
            for plan in self.plans:
                if plan[0] in path:
                    self.plans.remove(plan)
                    return plan[1]
        return None

    # What is asked for.

    def answer(self, method, path, query, body):
        with self.lock:
            if path.startswith(ARTIFACTS):
                return self.store(method, unquote(path[len(ARTIFACTS):]), body)
            if not path.startswith(API):
                raise Refusal(404, "ENDPOINT_NOT_FOUND", path)
            name = path[len(API):]
            if name not in CALLS:
                raise Refusal(404, "ENDPOINT_NOT_FOUND", path)
            fields = self.read(method, name, query, body)
            self.calls.append((method, name, fields))
            verb = "do_" + re.sub(r"\W", "_", name)
            return getattr(self, verb)(fields) or {}

    def read(self, method, name, query, body):
        wanted, must, may = CALLS[name]
        if method != wanted:
            raise Refusal(405, "BAD_REQUEST", f"{method} {name}")
        if method == "GET":
            fields = {key: values[0] for key, values in
                      parse_qs(query, strict_parsing=True).items()}
        else:
            fields = json.loads(body, parse_constant=lambda c: 1 / 0)
            if query:
                raise refuse_value(f"{name}: a query")
        for key, kind in must.items():
            if not isinstance(fields.get(key), kind) or fields[key] == "":
                raise refuse_value(f"{name}: {key} is missing")
        for key, value in fields.items():
            kind = {**must, **may}.get(key)
            if kind is None or not isinstance(value, kind) or \
                    isinstance(value, bool):
                raise refuse_value(f"{name}: {key} = {value!r}")
        for tag in fields.get("tags", []):
            self.check_pair(tag, 5000)
        return fields

    @staticmethod
    def check_pair(pair, most):
        if set(pair) != {"key", "value"} or not KEY.fullmatch(pair["key"]) \
                or not isinstance(pair["value"], str) \
                or len(pair["value"].encode()) > most:
            raise refuse_value(f"a pair: {pair}")

    def do_experiments_get_by_name(self, asked):
        name = asked["experiment_name"]
        if name not in self.experiments:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST",
                          f"No Experiment with name={name} exists")
        return {"experiment": {
            "experiment_id": self.experiments[name], "name": name,
            "artifact_location": self.artifact_root,
            "lifecycle_stage": "deleted" if name in self.deleted else "active"}}

    def do_experiments_create(self, asked):
        if asked["name"] in self.experiments:
            raise Refusal(400, "RESOURCE_ALREADY_EXISTS", asked["name"])
        self.experiments[asked["name"]] = str(len(self.experiments) + 1)
        return {"experiment_id": self.experiments[asked["name"]]}

    def run_of(self, run_id, may_have_ended=False):
        run = self.runs.get(run_id)
        if run is None or run["is_deleted"]:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"run {run_id}")
        if run["info"]["status"] != "RUNNING" and not may_have_ended:
            raise refuse_value(f"run {run_id} has ended")
        return run

    def do_runs_create(self, asked):
        if asked["experiment_id"] not in self.experiments.values():
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", "experiment")
        run_id = uuid.uuid4().hex
        info = {"run_id": run_id, "run_uuid": run_id, "status": "RUNNING",
                "run_name": asked.get("run_name"),
                "experiment_id": asked["experiment_id"],
                "start_time": asked.get("start_time"),
                "lifecycle_stage": "active",
                "artifact_uri": f"{self.artifact_root}"
                                f"{asked['experiment_id']}/{run_id}/artifacts"}
        self.runs[run_id] = {
            "info": info, "tags": {t["key"]: t["value"] for t in asked["tags"]},
            "params": {}, "metrics": {}, "is_deleted": False}
        return {"run": self.show(self.runs[run_id])}

    @staticmethod
    def show(run):
        pairs = lambda of: [{"key": k, "value": v} for k, v in of.items()]
        return {"info": run["info"], "data": {"tags": pairs(run["tags"]),
                                              "params": pairs(run["params"])}}

    def do_runs_search(self, asked):
        wanted = re.fullmatch(r"tags\.`([\w.]+)` = '([^']*)'", asked["filter"])
        if not wanted:
            raise refuse_value(f"filter {asked['filter']}")
        if not 1 <= asked.get("max_results", 1000) <= 50000:
            raise refuse_value("max_results")
        found = [self.show(run) for run in self.runs.values()
                 if not run["is_deleted"]
                 and run["info"]["experiment_id"] in asked["experiment_ids"]
                 and run["tags"].get(wanted[1]) == wanted[2]]
        return {"runs": found[:asked.get("max_results", 1000)]} if found else {}

    def do_runs_log_batch(self, asked):
        run = self.run_of(asked["run_id"])
        metrics, params, tags = (asked.get(n, []) for n in
                                 ("metrics", "params", "tags"))
        if len(metrics) > 1000 or len(params) > 100 or len(tags) > 100 or \
                len(metrics) + len(params) + len(tags) > 1000:
            raise refuse_value("more than a batch takes")
        for param in params:
            self.check_pair(param, 6000 * 4)
            if len(param["value"]) > 6000 or run["params"].setdefault(
                    param["key"], param["value"]) != param["value"]:
                raise refuse_value(f"param {param}")
        for metric in metrics:
            if set(metric) != {"key", "value", "timestamp", "step"} or \
                    not KEY.fullmatch(metric["key"]) or \
                    not isinstance(metric["value"], (int, float)) or \
                    not math.isfinite(metric["value"]) or \
                    not isinstance(metric["timestamp"], int) or \
                    not isinstance(metric["step"], int):
                raise refuse_value(f"metric {metric}")
            steps = run["metrics"].setdefault(metric["key"], {})
            if steps.setdefault(metric["step"], metric) != metric:
                raise refuse_value(f"metric {metric} is another now")
        for tag in tags:
            run["tags"][tag["key"]] = tag["value"]

    def do_runs_update(self, asked):
        run = self.run_of(asked["run_id"])
        if asked["status"] not in ("RUNNING", "SCHEDULED", "FINISHED",
                                   "FAILED", "KILLED"):
            raise refuse_value(asked["status"])
        run["info"]["status"] = asked["status"]
        run["info"]["end_time"] = asked.get("end_time")
        return {"run_info": run["info"]}

    def do_runs_delete(self, asked):
        self.run_of(asked["run_id"], True)["is_deleted"] = True

    def store(self, method, path, body):
        if method != "PUT":
            raise Refusal(405, "BAD_REQUEST", f"{method} an artifact")
        self.calls.append((method, "artifacts", path))
        parts = path.split("/")
        if len(parts) < 4 or parts[2] != "artifacts" or ".." in parts:
            raise refuse_value(f"path {path}")
        run = self.run_of(parts[1])
        if run["info"]["artifact_uri"] != "mlflow-artifacts:/" + "/".join(
                parts[:3]):
            raise refuse_value(f"path {path} is not the run's")
        self.artifacts[path] = body
        return {}

    def do_registered_models_create(self, asked):
        if asked["name"] in self.models:
            raise Refusal(400, "RESOURCE_ALREADY_EXISTS", asked["name"])
        if re.search("[/:]", asked["name"]):
            raise refuse_value(asked["name"])
        self.models[asked["name"]] = {"versions": [], "aliases": {}}
        return {"registered_model": {"name": asked["name"]}}

    def model_of(self, asked):
        if asked["name"] not in self.models:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", asked["name"])
        return self.models[asked["name"]]

    def version_of(self, asked):
        for version in self.model_of(asked)["versions"]:
            if version["version"] == asked["version"]:
                return version
        raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", asked["version"])

    def do_model_versions_create(self, asked):
        model = self.model_of(asked)
        run = self.run_of(asked["run_id"], True)
        if not asked["source"].startswith(run["info"]["artifact_uri"] + "/"):
            raise refuse_value(f"source {asked['source']} is not the run's")
        path = asked["source"].removeprefix("mlflow-artifacts:/") + "/MLmodel"
        if self.artifact_root == "mlflow-artifacts:/" and \
                path not in self.artifacts:
            raise refuse_value(f"there is no {path} yet")
        version = {"name": asked["name"], "status": "READY",
                   "version": str(len(model["versions"]) + 1),
                   "source": asked["source"], "run_id": asked["run_id"],
                   "tags": asked.get("tags", [])}
        if any(v["source"] == version["source"] for v in model["versions"]):
            self.faults.append(f"made twice: {version}")
        model["versions"].append(version)
        return {"model_version": version}

    def do_model_versions_search(self, asked):
        wanted = re.fullmatch(r"run_id='(\w+)'", asked["filter"])
        if not wanted:
            raise refuse_value(f"filter {asked['filter']}")
        found = [v for model in self.models.values()
                 for v in model["versions"] if v["run_id"] == wanted[1]]
        return {"model_versions": found} if found else {}

    def do_model_versions_set_tag(self, asked):
        version = self.version_of(asked)
        version["tags"] = [t for t in version["tags"]
                           if t["key"] != asked["key"]]
        version["tags"].append({"key": asked["key"], "value": asked["value"]})

    def do_registered_models_alias(self, asked):
        if not re.fullmatch(r"[\w\-]+", asked["alias"]):
            raise refuse_value(asked["alias"])
        self.version_of(asked)
        self.model_of(asked)["aliases"][asked["alias"]] = asked["version"]

    # For the tests.

    def runs_of(self, job_id):
        return [run for run in self.runs.values() if not run["is_deleted"]
                and run["tags"].get("edupulse.job") == job_id]

    def versions(self, name):
        """By their own SHA-256: number, run, source and tags."""
        listed = self.models.get(name, {"versions": []})["versions"]
        tags = [{t["key"]: t["value"] for t in v["tags"]} for v in listed]
        assert len({t["edupulse.version"] for t in tags}) == len(listed)
        return {t["edupulse.version"]: {**v, "tags": t}
                for v, t in zip(listed, tags)}

    def alias(self, name, alias):
        """The SHA-256 that it points to."""
        number = self.models.get(name, {"aliases": {}})["aliases"].get(alias)
        return next((sha for sha, v in self.versions(name).items()
                     if v["version"] == number), None)


class Handler(BaseHTTPRequestHandler):
    """One connection; `owner` is the server that it belongs to."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(2)

    def reply(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def work(self):
        owner, parts = self.owner, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        how = owner.plan_of(parts.path)
        owner.bodies.append(self.path.encode() + b" " + body)
        if how == "hang-up":
            return self.hang_up()
        if isinstance(how, tuple):
            return self.reply(how[0], {"error_code": how[1], "message": "no"})
        status, answer = self.judge(parts, body)
        if how == "slow":
            time.sleep(1)
        if how == "hold":
            owner.held.set()
            owner.let_go.wait(60)
        if how in ("lose", "hold"):
            return self.hang_up()
        return self.reply(status, answer)

    def judge(self, parts, body):
        owner = self.owner
        if owner.authorization != self.headers.get("Authorization"):
            return 401, {"error_code": "UNAUTHENTICATED", "message": "who?"}
        try:
            return 200, owner.answer(self.command, parts.path, parts.query,
                                     body)
        except Refusal as no:
            if no.code not in ("RESOURCE_DOES_NOT_EXIST",
                               "RESOURCE_ALREADY_EXISTS"):
                owner.faults.append(f"{self.command} {parts.path}: {no.words}")
            return no.status, {"error_code": no.code, "message": no.words}
        except Exception as fault:  # a mistake of ours fails the test too
            owner.faults.append(f"{self.command} {parts.path}: {fault!r}")
            raise

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = work
