"""What an MLflow tracking server is told: each job one run, each model one
version, each alias where it points, whatever is killed or away meanwhile."""
import hashlib

import pytest
from district import ended, simulate, tenant_key
from tracking_server import TrackingServer

TENANT = "tracked"
MODEL = f"edupulse-{TENANT}"
USER = ("ana", "a:secret")


def settings(server, **more):
    words = {"uri": server.url, **more}
    return "".join(f"training.mlflow_tracking_{name} = {value}\n"
                   for name, value in words.items())


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, TENANT)
    simulate(platform, key, "--students", 120, "--today", "2026-01-16",
             "--seed", 11)
    platform.settle(120)
    return key


@pytest.fixture(scope="module")
def server(platform):
    """Named in the settings, and not there yet."""
    server = TrackingServer(user=USER)
    platform.restart("training", settings(server, username=USER[0],
                                          password=USER[1]))
    yield server
    server.stop()
    platform.restart("training", "")
    assert server.faults == []


def waiting(platform):
    return platform.metric("training", "edupulse_training_tracking_waiting")


def hurry(platform):
    """Cut pauses short: they last up to five minutes."""
    platform.sql("UPDATE training.tracking_task SET next_try_at = now() "
                 "WHERE NOT is_refused AND next_try_at > now()")


def wait_until_told(platform):
    platform.wait("the tracking server knows", lambda: hurry(platform) or
                  platform.sql("SELECT count(*) FROM training.tracking_task")
                  == [["0"]], 90)


@pytest.fixture(scope="module")
def job(platform, key, server):
    """Trained while the tracking server is away."""
    got = platform.post("train/update", {
        "seed": 1, "folds": 2, "hidden": 8, "epochs": 3,
        "train_weeks": [6, 12, 18]}, key=key)
    assert got.status == 202, got
    job = platform.wait("the training job ends", lambda: ended(
        platform.get(f"train/jobs/{got.json['job_id']}", key=key).json), 400)
    assert job["state"] == "succeeded", job
    return job


def models(platform, key):
    return {m["kind"]: m for m in platform.get("models", key=key).json["items"]}


def promote(platform, key, version):
    platform.client("--key", key, "models", "promote", version,
                    "--despite-gate", "--why", "Kim Doe asked for it")


def test_training_does_not_wait_for_a_server_that_is_away(platform, key,
                                                          server, job):
    platform.wait("an attempt has failed", lambda: platform.sql(
        "SELECT 1 FROM training.tracking_task WHERE attempts > 0"))
    platform.wait("it is counted", lambda: waiting(platform) == 1)
    status, text = platform.ops("training", "readyz")
    assert status == 200, text
    assert "1 wait to be told" in text and "was not reached" in text
    assert USER[1] not in text
    shown = platform.client("status").stdout
    assert "tracking server: 1 wait to be told" in shown, shown
    assert models(platform, key)["network"]["job_id"] == job["job_id"]


def test_a_job_becomes_one_run_whatever_goes_wrong(platform, key, server, job):
    server.disturb("experiments/create", (500, "INTERNAL_ERROR"))
    server.disturb("runs/create", "lose")
    server.disturb("runs/log-batch", "hang-up")
    server.disturb("runs/log-batch", "slow")
    server.disturb("runs/log-batch", (429, "REQUEST_LIMIT_EXCEEDED"))
    server.disturb("/network/", "hold")
    server.disturb("/trees/", "hang-up")
    server.disturb("registered-models/create", "lose")
    server.disturb("model-versions/create", "lose", 2)
    server.disturb("runs/update", "lose")
    server.start()
    platform.wait("an artifact is on its way", lambda: server.held.is_set() or
                  hurry(platform), 90)
    platform.kill_and_wait("training")
    server.let_go.set()
    wait_until_told(platform)
    assert server.plans == [] and server.faults == []

    run, = server.runs_of(job["job_id"])
    assert len(server.runs) == 1
    assert run["info"]["status"] == "FINISHED"
    assert set(server.versions(MODEL)) == {
        m["version"] for m in models(platform, key).values()}
    # No name before it was looked for.
    names = [name for _, name, _ in server.calls]
    for first, then in (("experiments/get-by-name", "experiments/create"),
                        ("runs/search", "runs/create"),
                        ("runs/log-batch", "artifacts"),
                        ("artifacts", "runs/update"),
                        ("model-versions/search", "model-versions/create")):
        assert names.index(first) < names.index(then), (first, then)


def test_the_run_holds_what_the_registry_holds(platform, key, server, job):
    run, = server.runs_of(job["job_id"])
    # More than one call takes.
    assert sum(map(len, run["metrics"].values())) > 1000
    assert run["params"]["job.seed"] == "1"
    assert run["params"]["network.hidden"] == "8"
    assert {"data.train_terms", "logistic.l2", "trees.depth"} <= \
        set(run["params"])
    for kind, model in models(platform, key).items():
        report = platform.get(f"models/{model['version']}/report",
                              key=key).json
        for e in report["evaluations"]:
            if e["model"] != kind or e["target"] != "adverse":
                continue
            name = f"{kind}.by_week.auroc" if "week" in e else f"{kind}.auroc"
            told = run["metrics"][name][e.get("week", 0)]
            assert told["value"] == pytest.approx(e["auroc"]["value"],
                                                  abs=1e-12)
        assert bool(report.get("curve")) == (kind == "network"), report
        for e in report.get("curve", []):
            for name in e.keys() - {"epoch"}:
                told = run["metrics"][f"{kind}.{name}"][e["epoch"]]
                assert told["value"] == pytest.approx(e[name], abs=1e-12)
        assert run["metrics"][f"{kind}.mean_log_loss"][0]["value"] == \
            pytest.approx(model["log_loss"], abs=1e-12)
        assert run["metrics"][f"{kind}.earlier_looks"][0]["value"] == \
            report["earlier_looks"] == 0
        assert run["tags"][f"edupulse.{kind}.outcome"] == model["outcome"]

        told = server.versions(MODEL)[model["version"]]
        assert told["run_id"] == run["info"]["run_id"]
        assert told["tags"]["edupulse.outcome"] == model["outcome"]
        assert told["tags"]["edupulse.refused_by"] == \
            ", ".join(model.get("refused_by", []))
        folder = told["source"].removeprefix("mlflow-artifacts:/")
        file = server.artifacts[f"{folder}/model.safetensors"]
        assert hashlib.sha256(file).hexdigest() == model["version"]
        assert model["version"] in \
            server.artifacts[f"{folder}/MLmodel"].decode()
        assert f'"{model["version"]}"' in \
            server.artifacts[f"{folder}/report.json"].decode()
        assert server.artifacts[f"{folder}/manifest.json"][:1] == b"{"


def test_an_alias_points_where_it_does_here(platform, key, server, job):
    made = {kind: m["version"] for kind, m in models(platform, key).items()}
    promote(platform, key, made["trees"])
    platform.wait("it is told", lambda: server.alias(
        MODEL, "champion") == made["trees"])
    server.stop()
    promote(platform, key, made["network"])
    promote(platform, key, made["logistic"])
    platform.client("--key", key, "models", "rollback", "--why", "a trial")
    got = platform.put("models/aliases/shadow",
                       {"version": made["trees"], "why": "beside it"}, key=key,
                       headers={"If-Match": '"none"'})
    assert got.status == 200, got
    platform.kill("training")
    server.start()
    wait_until_told(platform)
    assert server.alias(MODEL, "champion") == made["network"]
    assert server.alias(MODEL, "shadow") == made["trees"]


def test_what_is_refused_for_good_holds_nothing_up(platform, key, server, job):
    made = {kind: m["version"] for kind, m in models(platform, key).items()}
    server.disturb("registered-models/alias",
                   (400, "INVALID_PARAMETER_VALUE"))
    promote(platform, key, made["trees"])
    platform.wait("it is put aside", lambda: platform.sql(
        "SELECT 1 FROM training.tracking_task WHERE is_refused"))
    status, text = platform.ops("training", "readyz")
    assert status == 200 and "INVALID_PARAMETER_VALUE" in text
    got = platform.post("train/update", {"train_terms": ["1999"],
                                         "test_terms": ["2000"]}, key=key)
    failed = got.json["job_id"]
    platform.wait("a failed job is told", lambda: server.runs_of(failed) and
                  server.runs_of(failed)[0]["info"]["status"] == "FAILED")
    assert "edupulse.error" in server.runs_of(failed)[0]["tags"]
    # Moved once more, it is told, when somebody has mended what keeps it.
    server.deleted.add("edupulse")
    promote(platform, key, made["logistic"])
    platform.wait("what to do is said", lambda: "restore it" in platform.ops(
        "training", "readyz")[1])
    server.deleted.clear()
    wait_until_told(platform)
    assert server.alias(MODEL, "champion") == made["logistic"]


def test_no_student_is_told_of(platform, key, server, job):
    people = platform.sql(
        "SELECT student_id FROM ingestion.student "
        f"WHERE tenant_id = '{TENANT}'")
    sent = b"\n".join(server.bodies)
    assert len(people) > 100 and len(sent) > 100000
    assert not [p for p, in people if p.encode() in sent]
    assert b"Kim Doe" not in sent and b"key:" not in sent


def test_another_server_is_told_of_what_an_alias_points_to(
        platform, key, server, job, certificate):
    """By https, with a token, and without a place for artifacts; two calls
    that nobody waited for have made the run twice."""
    other = TrackingServer("s3://bucket/", token="a-token",
                           certificate=certificate)
    trusted = platform.data / "tracking.crt"
    trusted.write_bytes(certificate[0].read_bytes())
    trusted.chmod(0o644)
    made = {kind: m["version"] for kind, m in models(platform, key).items()}
    where = other.do_experiments_create({"name": "edupulse"})
    for _ in range(2):
        other.do_runs_create({**where, "tags": [
            {"key": "edupulse.job", "value": job["job_id"]}]})
    other.start()
    try:
        platform.restart("training", settings(
            other, token="a-token", server_cert_path=trusted))
        promote(platform, key, made["network"])
        wait_until_told(platform)
        assert other.faults == [] and other.artifacts == {}
        assert other.alias(MODEL, "champion") == made["network"]
        run, = other.runs_of(job["job_id"])
        assert run["tags"]["edupulse.artifacts"].startswith("skipped")
        assert set(other.versions(MODEL)) == {made["network"]}
    finally:
        other.stop()
        platform.restart("training", settings(server, username=USER[0],
                                              password=USER[1]))
