"""Half a million records on four connections, while everything is killed."""
import re

import pytest
from conftest import share
from district import simulate, simulator, tenant_key, train_champion
from ledger import Ledger, read_fates

TENANT = "hard-kill"
RECORDS = share(500000)
STUDENTS = 150
WORLD = ("--students", STUDENTS, "--seed", 5, "--connections", 4)
VICTIMS = ("gateway", "ingestion", "prediction", "training", "drift-monitor",
           "redis", "postgres")
SAMPLE = 40


@pytest.fixture(scope="module")
def key(platform):
    return tenant_key(platform, TENANT)


@pytest.fixture(scope="module")
def history(platform, key):
    """A district with a champion; how many records its history has."""
    told = simulate(platform, key, *WORLD)
    platform.settle(120)
    train_champion(platform, key)
    return int(re.search(r"history: (\d+) records", told)[1])


@pytest.fixture(scope="module")
def fates(platform, key, history, tmp_path_factory):
    """What must have become of the stream's records when all is over."""
    expect = tmp_path_factory.mktemp("kill") / "expect.csv"
    stream = simulator(platform, key, *WORLD, "--no-history", "--rate", 100000,
                       "--records", RECORDS, "--expect", expect)
    try:
        for number, victim in enumerate(VICTIMS):
            want = RECORDS * (number + 1) // (len(VICTIMS) + 1)
            platform.wait(f"{want} records are acknowledged",
                          lambda: acknowledged(expect) >= want, 120)
            assert stream.poll() is None, "the stream ended too early"
            platform.kill_and_wait(victim)
        out, faults = stream.communicate(timeout=180)
    finally:
        stream.kill()
    assert stream.returncode == 0, out + faults
    assert f"live: {RECORDS} records acknowledged, 0 of them" in out, out
    platform.settle(60)
    return read_fates(expect)


def acknowledged(expect):
    """The file has a line for each, written when its batch was."""
    with open(expect, "rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(
            lambda: file.read(1 << 20), b"")) - 1


def test_every_acknowledged_record_is_in_log_and_projection_once(
        platform, history, fates):
    assert len(fates) == RECORDS and set(fates.values()) == {"log"}
    ledger = Ledger(platform, TENANT, "simulator")
    ledger.check_fates(fates, others=history)
    ledger.check_agreement()
    # A batch that was sent again added nothing of its own.
    assert len(ledger.log) == history + RECORDS


def test_predictions_stand_where_the_projection_stands(platform, key, fates):
    latest = {}
    for position, enrollment in Ledger(platform, TENANT).log:
        latest[enrollment] = max(position, latest.get(enrollment, 0))
    listed = platform.get(f"risk?top={SAMPLE}", key=key).json["items"]
    assert len(listed) == SAMPLE
    for item in listed:
        got = platform.post("predict", {"student_id": item["student_id"],
                                        "course_id": item["course_id"]}, key=key)
        assert got.status == 200, got
    rows = platform.sql(
        "SELECT DISTINCT ON (p.enrollment_id) p.enrollment_id, p.log_position,"
        " g.position FROM prediction.prediction p JOIN prediction.progress g "
        f"USING (tenant_id, enrollment_id) WHERE p.tenant_id = '{TENANT}' "
        "ORDER BY p.enrollment_id, p.created_at DESC")
    assert len(rows) >= SAMPLE
    for enrollment, of_prediction, of_projection in rows:
        assert of_prediction == of_projection == str(latest[int(enrollment)])
