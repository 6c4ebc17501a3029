"""The registry: a training proposes, a person approves, every move leaves a
line, and nothing is served that training's key has not signed."""
import os
import pty
import subprocess

import pytest
from conftest import TOP
from district import day_after, ended, look_from, simulate, tenant_key

TENANT = "registry"
TODAY = "2026-01-16"


@pytest.fixture(scope="module")
def key(platform):
    key = tenant_key(platform, TENANT)
    simulate(platform, key, "--students", 120, "--today", TODAY, "--seed", 11)
    platform.settle(120)
    return key


def train(platform, key, seed):
    got = platform.post("train/update", {
        "seed": seed, "folds": 2, "hidden": 8, "epochs": 3,
        "train_weeks": [6, 12, 18]}, key=key)
    assert got.status == 202, got
    job = platform.wait("the training job ends", lambda: ended(
        platform.get(f"train/jobs/{got.json['job_id']}", key=key).json), 400)
    assert job["state"] == "succeeded", job
    return job


@pytest.fixture(scope="module")
def first(platform, key):
    """A job without a champion, and its models by outcome."""
    job = train(platform, key, 1)
    models = platform.get("models", key=key).json["items"]
    return job, {m["outcome"]: m for m in models}


def champion(platform, key):
    got = platform.get("models/aliases/champion", key=key)
    return got.json["version"] if got.status == 200 else None


def client(platform, key, *words, check=True):
    return platform.client("--key", key, "models", *words, check=check)


def serves(platform, key, version):
    """Prediction answers with that version."""
    got = platform.get("risk?top=1", key=key)
    return got.status == 200 and got.json["model_version"] == version


def test_a_training_proposes_and_a_person_approves(platform, key, first):
    job, models = first
    assert "promotion waits for a person" in job["verdict"], job
    assert set(models) == {"allowed", "passed-over"}
    assert champion(platform, key) is None
    allowed = models["allowed"]["version"]
    other = models["passed-over"]["version"]
    assert job["winner_version"] == allowed and other != allowed

    # What was passed over cannot be approved, only promoted.
    done = client(platform, key, "approve", other, "--why", "x", check=False)
    assert done.returncode == 1 and "has not allowed" in done.stderr
    verdict = platform.get(f"models/{other}", key=key).json["verdict"]
    assert verdict in done.stderr, done.stderr
    done = client(platform, key, "approve", allowed, check=False)
    assert done.returncode == 2 and "--why" in done.stderr
    step = f"edupulse models approve {allowed[:12]} --why TEXT\n"
    assert step in client(platform, key, "report", allowed).stdout
    client(platform, key, "approve", allowed[:10], "--why", "the first one")
    assert step not in client(platform, key, "report", allowed).stdout
    assert champion(platform, key) == allowed
    platform.wait("it is served", lambda: serves(platform, key, allowed))

    page = client(platform, key, "report", other).stdout
    assert f"{allowed[:12]} of the same training was preferred" in page, page
    assert "lets it pass" not in page

    done = client(platform, key, "approve", allowed, "--why", "again",
                  check=False)
    assert done.returncode == 1 and "champion already" in done.stderr, done


def test_a_roll_back_is_one_command_and_the_audit_tells(platform, key, first):
    allowed = first[1]["allowed"]["version"]
    other = first[1]["passed-over"]["version"]
    done = client(platform, key, "promote", other, "--why", "to compare",
                  check=False)
    assert done.returncode == 1 and "passed over" in done.stderr, done.stderr
    assert "--despite-gate" in done.stderr
    client(platform, key, "promote", other, "--why", "to compare",
           "--despite-gate")
    platform.wait("it is served", lambda: serves(platform, key, other))
    # What was judged against no champion follows none; nothing moves to where
    # it is.
    done = client(platform, key, "approve", allowed, "--why", "again",
                  check=False)
    assert done.returncode == 1 and "points to" in done.stderr, done.stderr
    done = client(platform, key, "promote", other, "--why", "to compare",
                  "--despite-gate", check=False)
    assert done.returncode == 1 and "already" in done.stderr, done.stderr
    done = client(platform, key, "rollback", "--why", "it was a trial")
    assert allowed[:12] in done.stdout
    platform.wait("the old one serves", lambda: serves(platform, key, allowed))

    moves = platform.get("models/aliases/champion/moves", key=key).json["items"]
    assert [(m.get("from_version"), m["to_version"], m["is_rollback"])
            for m in moves] == [(other, allowed, True),
                                (allowed, other, False), (None, allowed, False)]
    assert moves[0]["why"] == "it was a trial"
    assert moves[2]["evidence"]["job_id"] == first[0]["job_id"]
    assert moves[2]["evidence"]["outcome"] == "allowed"
    assert all(m["moved_by"].startswith("key:") for m in moves)
    shown = client(platform, key, "history").stdout
    assert "roll-back" in shown and "it was a trial" in shown
    newest, trial = shown.splitlines()[1:3]
    assert "allowed" in newest and "passed-over" in trial, shown
    got = platform.post("models/rollback", {"why": "blind"}, key=key)
    assert got.status == 428, got


def on_terminal(platform, key, *words):
    """What the client prints to a terminal that knows UTF-8."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [TOP / "build" / platform.mode / "bin/edupulse", "--key", key, *words],
        env=dict(platform.env, EDUPULSE_URL=platform.url, LC_ALL="C.UTF-8"),
        stdout=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        text += part
    os.close(ours)
    assert run.wait(60) == 0
    return text.decode()


def test_the_report_holds_every_figure_with_its_interval(platform, key, first):
    version = first[1]["allowed"]["version"]
    report = platform.get(f"models/{version}/report", key=key).json
    figures = ["auroc", "auprc", "log_loss", "brier", "brier_reliability",
               "brier_resolution", "brier_uncertainty", "ece", "lead",
               *(f"{kind}_top_{share}" for kind in ("precision", "recall")
                 for share in (5, 10, 20))]
    adverse = [e for e in report["evaluations"] if e["target"] == "adverse"]
    assert {e.get("week") for e in adverse} == {None, 4, 8, 12, 16}
    for one in adverse:
        for name in figures:
            assert one[name]["low"] <= one[name]["value"] <= one[name]["high"] \
                or name in ("ece", "brier_reliability"), (name, one[name])
        parts = [one[f"brier_{p}"]["value"]
                 for p in ("reliability", "resolution", "uncertainty")]
        assert parts[0] - parts[1] + parts[2] == \
            pytest.approx(one["brier"]["value"], abs=1e-9)
        # ECE and reliability once more, from the bins.
        bins = one["calibration"]
        assert sum(b["n"] for b in bins) == one["n"]
        assert sum(b["n"] * abs(b["mean_score"] - b["rate"])
                   for b in bins) / one["n"] == \
            pytest.approx(one["ece"]["value"], abs=1e-9)
    groups = report["groups"]
    assert {g["attribute"] for g in groups} >= {"gender"}
    for group in groups:
        assert group["enough"] == (group["students"] >= 20)
        if group["enough"]:
            assert group["calibration_gap"]["value"] == pytest.approx(
                group["mean_score"] - group["base_rate"], abs=1e-9)
            assert {"false_positive", "false_negative", "auroc",
                    "abroca_estimate"} <= set(group)
        else:
            assert "false_positive" not in group


def test_a_report_is_a_page_with_plots(platform, key, first):
    version = first[1]["allowed"]["version"]
    page = client(platform, key, "report", version).stdout
    assert page.isascii()
    for text in ("Gate: allowed", "calibration error", "Reliability",
                 "top 10 %", "AUROC by week", "gender", "week 16",
                 "ABROCA: ", "calibration gap: mean score less base rate"):
        assert text in page, page
    shown = on_terminal(platform, key, "models", "report", version)
    assert any("\u2800" < c <= "\u28ff" for c in shown)
    assert "\u2588" in shown


def test_it_is_known_which_version_scored_a_student_on_a_day(
        platform, key, first):
    """Two versions have served today; the ranking was made by both."""
    version = champion(platform, key)
    student = platform.get("risk?top=1", key=key).json["items"][0]["student_id"]

    def scored():
        got = platform.get(f"risk/scorings?student_id={student}&date={TODAY}",
                           key=key)
        assert got.status == 200, got
        return [i for i in got.json["items"] if i["model_version"] == version]

    assert platform.wait("it is scored", scored)
    today = platform.sql("SELECT now()::date")[0][0]
    served = platform.get(f"risk/scorings?student_id={student}&date={today}",
                          key=key).json["serving"]
    assert [s["model_version"] for s in served][-1] == version
    assert len(served) == 3 and "until" not in served[-1]
    assert all(a["until"] == b["since"] for a, b in zip(served, served[1:]))


def test_feedback_becomes_what_a_version_is_held_against(platform, key, first):
    before = platform.get("models/champion/performance", key=key).json
    assert before["model_version"] == champion(platform, key)
    assert sum(week["n"] for week in before["items"]) == 0
    listed = platform.get("risk?limit=30", key=key).json["items"]
    assert len(listed) == 30
    for place, one in enumerate(listed):
        got = platform.post("feedback", {
            "prediction_id": one["prediction_id"],
            "outcome": "withdrawn" if place < 12 else "pass",
            "note": "as the office says"}, key=key)
        assert got.status == 201, got
    # What ended today tells nothing of what comes after today's scores, good or
    # bad; it does of last week's.
    after = platform.get("models/champion/performance", key=key).json["items"]
    assert [week["n"] for week in after] == [0]
    look_from(platform, key, day_after(TODAY, 7))
    for place, one in enumerate(listed):
        got = platform.post("feedback", {
            "prediction_id": one["prediction_id"],
            "outcome": "withdrawn" if place < 12 else "pass"}, key=key)
        assert got.status == 201, got
    after = platform.get("models/champion/performance", key=key).json["items"]
    assert [w["n"] for w in after if w["n"]] == [30], after
    assert next(w for w in after if w["n"])["base_rate"] == 12 / 30
    shown = client(platform, key, "performance", "champion").stdout
    assert "waiting" in shown and "30" in shown
    look_from(platform, key, TODAY)
    nobody = platform.post("feedback", {
        "prediction_id": first[0]["job_id"], "outcome": "pass"}, key=key)
    assert nobody.status == 404, nobody


def test_a_refusal_is_kept_with_its_reason_and_shown(platform, key, first):
    """Learned in three epochs and eight units, a winner is either refused or
    no better than a tie; both are said, and something of each model."""
    before = sum(j["state"] == "succeeded" for j in platform.get(
        "train/jobs", key=key).json["items"])
    job = train(platform, key, 2)
    models = platform.get("models", key=key).json["items"]
    made = [m for m in models if m.get("job_id") == job["job_id"]]
    assert {m["kind"] for m in made} == {"network", "logistic", "trees"}
    assert len(made) == 3
    assert all(m["verdict"] and m["judged_against"] == champion(platform, key)
               for m in made), made
    refused = [m for m in made if m["outcome"] == "refused"]
    for model in refused:
        assert model["refused_by"]
        done = client(platform, key, "promote", model["version"], "--why", "x",
                      check=False)
        assert done.returncode == 1 and "refused" in done.stderr
    listed = client(platform, key).stdout
    assert "passed-over" in listed

    # All of them looked at one test.
    report = platform.get(f"models/{made[0]['version']}/report", key=key).json
    assert report["earlier_looks"] == before > 0, report
    page = client(platform, key, "report", made[0]["version"]).stdout
    assert f"looked at by {before} training" in page, page
    page = client(platform, key, "report", first[1]["allowed"]["version"]).stdout
    assert "looked at by" not in page, page
    assert all(rule in listed for m in refused for rule in m["refused_by"])


def test_each_model_is_signed_and_can_serve(platform, key, first):
    old = champion(platform, key)
    models = [m for m in platform.get("models", key=key).json["items"]
              if m["job_id"] == first[0]["job_id"]]
    assert {m["kind"] for m in models} == {"network", "logistic", "trees"}
    for model in models:
        if model["version"] != champion(platform, key):
            client(platform, key, "promote", model["version"], "--why", "turn",
                   "--despite-gate")
        platform.wait("it is served",
                      lambda: serves(platform, key, model["version"]))
        page = client(platform, key, "report", model["version"]).stdout
        assert f"Gate: {model['outcome']}." in page, page
    if champion(platform, key) != old:
        client(platform, key, "promote", old, "--why", "as it was",
               "--despite-gate")


def judge(platform, version, outcome, rules):
    """As a later job would, which made the same model again."""
    platform.sql(f"""INSERT INTO training.judgement (tenant_id, version,
        job_id, outcome, refused_by, verdict) SELECT '{TENANT}', '{version}',
        job_id, '{outcome}', ARRAY[{rules}]::text[], 'judged again'
        FROM training.model WHERE tenant_id = '{TENANT}'
        AND version = '{version}'""")


def test_a_refused_model_scores_students_only_despite_the_gate(
        platform, key, first):
    """Not through an arm of an experiment either."""
    version = first[1]["passed-over"]["version"]

    def experiments(*words, check=True):
        return platform.client("--key", key, "experiments", *words,
                               check=check)

    def start(name, *words):
        done = experiments("start", name, "--why", "t", *words, check=False)
        return "not here" not in done.stderr and done

    for name in ("free", "refused"):
        experiments("create", name, "--why", "t", "--arms",
                    f"control=champion:1000,new={version[:8]}:9000")
    done = platform.wait("its models are here", lambda: start("free"))
    assert done.returncode == 0, done.stderr
    experiments("end", "free", "--why", "t")
    judge(platform, version, "refused", "'log-loss', 'leak'")
    done = platform.wait("its models are here", lambda: start("refused"))
    assert done.returncode == 1, done
    for text in ("arm new", version[:12], "log-loss, leak", "--despite-gate"):
        assert text in done.stderr, done.stderr
    assert "is draft" in experiments("show", "refused").stdout
    assert platform.get("risk?top=1", key=key).json["items"][0]["arm"] == \
        "champion"
    done = start("refused", "--despite-gate")
    assert done.returncode == 0, done.stderr
    shown = experiments("history", "refused").stdout
    assert f"arm new, model {version[:12]}, by log-loss, leak" in shown, shown
    experiments("end", "refused", "--why", "t")
    judge(platform, version, "passed-over", "")


def test_the_client_heads_a_training_with_the_winner(platform, key, first):
    """Not promoted, and no network: the logistic regression wins ties."""
    done = platform.client("--key", key, "train", "--seed", 3, "--hidden", 8,
                           "--epochs", 1, "--candidates", 1)
    job = platform.get("train/jobs", key=key).json["items"][0]
    assert job["winner_version"] != job["model_version"], job
    assert "promoted_version" not in job
    assert f"Model {job['winner_version'][:12]}:" in done.stdout, done.stdout


@pytest.mark.parametrize("statement", [
    "UPDATE training.alias_audit SET why = 'x'",
    "DELETE FROM training.alias_audit", "TRUNCATE training.alias_audit",
    "DELETE FROM training.judgement", "UPDATE training.model SET kind = 'x'",
    "DELETE FROM training.model_signature",
    "INSERT INTO training.signing_backlog VALUES ('registry', 'x')"])
def test_the_serving_role_may_not_touch_what_is_kept(platform, first, statement):
    with pytest.raises(RuntimeError, match="permission denied"):
        platform.sql(statement, role="edupulse_training")


def test_a_model_that_training_did_not_sign_is_not_served(platform, key, first):
    """Written into the registry by someone who can write there, and promoted
    by someone who may."""
    old = champion(platform, key)
    platform.sql(f"""INSERT INTO training.model (tenant_id, version, kind,
        manifest, bytes) SELECT tenant_id,
        encode(sha256(bytes || '\\x00'), 'hex'), kind, manifest,
        bytes || '\\x00' FROM training.model WHERE tenant_id = '{TENANT}'
        AND version = '{old}'""")
    planted = platform.sql(f"""SELECT encode(sha256(bytes || '\\x00'), 'hex')
        FROM training.model WHERE tenant_id = '{TENANT}'
        AND version = '{old}'""")[0][0]
    client(platform, key, "promote", planted, "--why", "looks good",
           "--despite-gate")

    def refused():
        return [n["detail"] for s in platform.status()["services"]
                if s["service"] == "prediction" for n in s["needs"]
                if n["name"] == "model" and "not signed" in n.get("detail", "")]

    detail = platform.wait("it is refused", refused)[0]
    assert planted[:12] in detail and "serves on" in detail
    assert serves(platform, key, old)
    client(platform, key, "rollback", "--why", "it is not ours")
    platform.wait("all is well", lambda: not refused())
    assert champion(platform, key) == old


def test_the_signing_key_is_trainings_alone(platform, first):
    signing = platform.data / "secrets/signing.key"
    assert signing.stat().st_mode & 0o377 == 0
    assert "PRIVATE" not in (platform.data / "secrets/model_keys.pem"
                             ).read_text()
