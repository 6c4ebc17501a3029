"""A shadow beside the champion: nobody waits for it, each scoring is made twice
or counted as left out, over a flood, a stop and a kill, and both are reported."""
import pytest
from district import day_after, ended, look_from, simulate, tenant_key
from load import Load

TENANT = "shadowed"
TODAY = "2026-01-16"
STUDENTS = 40
DROPPED = ("dropped_full", "dropped_no_model", "dropped_not_stored",
           "dropped_stopped")


@pytest.fixture(scope="module")
def key(platform):
    """A district with a champion, and another model as its shadow."""
    key = tenant_key(platform, TENANT)
    simulate(platform, key, "--students", 120, "--today", TODAY, "--seed", 11)
    platform.settle(120)
    got = platform.post("train/update", {
        "promote": True, "seed": 1, "folds": 2, "hidden": 8, "epochs": 3,
        "train_weeks": [6, 12, 18]}, key=key)
    assert got.status == 202, got
    job = platform.wait("the training job ends", lambda: ended(
        platform.get(f"train/jobs/{got.json['job_id']}", key=key).json), 400)
    assert job["state"] == "succeeded", job
    champion = job["promoted_version"]
    shadow = next(m["version"]
                  for m in platform.get("models", key=key).json["items"]
                  if m["version"] != champion)
    client(platform, key, "promote", shadow, "--as", "shadow", "--why", "look")
    platform.wait("both are at hand", lambda: platform.sql(
        "SELECT version FROM prediction.model_alias WHERE alias IN ('champion',"
        f" 'shadow') AND tenant_id = '{TENANT}' ORDER BY alias"
        ) == [[champion], [shadow]])
    return key


def client(platform, key, *words):
    return platform.client("--key", key, "models", *words).stdout


def report(platform, key, **query):
    words = "&".join(f"{k}={v}" for k, v in query.items())
    got = platform.get(f"models/shadow/shadow?{words}", key=key)
    assert got.status == 200, got
    return got.json


def counts(one):
    """Scorings by the shadow too, and those left out."""
    return one["scored"], sum(one[name] for name in DROPPED)


def total(platform, key):
    got = platform.get("models/shadow/shadow", key=key)
    return sum(counts(got.json)) if got.status == 200 else 0


def noted(platform):
    """What the daemon has counted since it was started."""
    return platform.metric("prediction",
                           "edupulse_prediction_shadow_scorings_total")


def kept(platform, day):
    """Scores and answers of the day: each was made at least once."""
    return int(platform.sql(f"""SELECT
        (SELECT count(score) FROM prediction.score WHERE NOT is_look_back
            AND tenant_id = '{TENANT}' AND reference_day = '{day}') +
        (SELECT count(*) FROM prediction.prediction
            WHERE tenant_id = '{TENANT}' AND reference_date = '{day}')
        """)[0][0])


def test_both_score_the_day_and_the_report_tells(platform, key):
    day = day_after(TODAY, 1)
    look_from(platform, key, day)
    listed = platform.get("risk?top=50", key=key).json
    assert len(listed["items"]) == 50

    def all_counted():
        one = report(platform, key)
        return (one if sum(counts(one)) >= kept(platform, day) else None)

    one = platform.wait("each scoring is counted", all_counted)
    assert counts(one)[1] == 0, one
    assert one["pairs"] >= listed["scored"]
    items = one["items"]
    everyone = items[0]
    assert everyone["by"] == "all" and everyone["n"] == listed["scored"]
    for by in ("week", "course", "school"):
        assert sum(i["n"] for i in items if i["by"] == by) == everyone["n"]
    assert sum(c["n"] for c in everyone["categories"]) == everyone["n"]
    same = sum(c["n"] for c in everyone["categories"]
               if c["champion"] == c["shadow"])
    assert everyone["same_category"] == pytest.approx(same / everyone["n"])
    for name in ("mean_difference", "median_difference", "rank_correlation",
                 "top_10_in_common", "more_microseconds"):
        assert name in everyone, everyone
    assert all("mean_difference" not in i for i in items if i["students"] < 20)
    # The answers are the champion's.
    assert listed["model_version"] == one["champion_version"]

    page = client(platform, key, "shadow")
    for text in ("were made by both", one["shadow_version"][:12],
                 "same category", "shadow: low"):
        assert text in page, page


def test_a_report_is_for_those_who_run_models(platform, key):
    got = platform.get("models/shadow/shadow", key=tenant_key(
        platform, TENANT, role="service"))
    assert got.status == 403, got
    # Another tenant has no shadow.
    got = platform.get("models/shadow/shadow", key=tenant_key(
        platform, "shadowless"))
    assert got.status == 404, got


@pytest.fixture
def little_room(platform, key):
    """A queue that holds no batch of a ranking."""
    platform.restart("prediction", "prediction.shadow_queue_bytes = 65536\n")
    yield
    platform.restart("prediction", "")


def test_a_flood_is_answered_and_what_finds_no_room_is_counted(
        platform, key, little_room):
    before = report(platform, key)
    students = [(i["student_id"], i["course_id"]) for i in platform.get(
        f"risk?top={STUDENTS}", key=key).json["items"]]
    day = day_after(TODAY, 2)
    look_from(platform, key, day)
    items = [{"student_id": s, "course_id": c} for s, c in students]
    turns = iter(range(10 ** 6))
    asks = [("one", "POST", "predict",
             lambda _: items[next(turns) % STUDENTS]),
            ("batch", "POST", "predict/batch", {"items": items}),
            ("list", "GET", "risk?top=20", None)]
    with Load(platform, key, asks) as load:
        platform.wait("the day is scored and much is asked", lambda:
                      len(load.notes) >= 3 * STUDENTS)
    assert {n.status for n in load.notes} == {200}, load.notes[:3]

    # Whatever was scored since the start is in the report once it is told.
    platform.wait("each scoring is counted", lambda: noted(platform) == total(
        platform, key) - sum(counts(before)))
    after = report(platform, key)
    assert noted(platform) >= kept(platform, day)
    assert after["dropped_full"] > before["dropped_full"]
    assert after["scored"] > before["scored"]
    assert after["dropped_no_model"] == after["dropped_not_stored"] == 0


def test_a_kill_loses_nothing_but_what_waited(platform, key):
    before = report(platform, key)
    look_from(platform, key, day_after(TODAY, 3))
    platform.kill_and_wait("prediction")
    platform.wait("it answers", lambda: platform.get(
        "risk?top=1", key=key).status == 200)
    after = report(platform, key)
    assert all(a >= b for a, b in zip(counts(after), counts(before)))
    assert after["pairs"] >= before["pairs"]
    day = day_after(TODAY, 4)
    look_from(platform, key, day)
    scored = platform.get("risk?top=1", key=key).json["scored"]
    platform.wait("the shadow goes on", lambda: report(
        platform, key)["pairs"] >= after["pairs"] + scored)
