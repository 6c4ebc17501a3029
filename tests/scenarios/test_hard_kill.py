"""Half a million records on four connections, while everything is killed."""
import re
import threading
from collections import Counter, namedtuple
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import share
from district import (move_champion, simulate, simulator, tenant_key,
                      train_champion)
from ledger import Heard, Ledger, Told, read_fates
from mail_server import taking_mail

TENANT = "hard-kill"
RECORDS = share(500000)
RATE = RECORDS // 10  # a second: the stream lasts while all are killed
STUDENTS = max(60, share(150))
WORLD = ("--students", STUDENTS, "--seed", 5, "--connections", 4)
VICTIMS = ("gateway", "ingestion", "prediction", "notification", "training",
           "drift-monitor", "redis", "postgres", "notification")
SAMPLE = 40
History = namedtuple("History", "records champion")
ADDRESS = f"head@{TENANT}.example"
CATEGORY = "low"


@pytest.fixture(scope="module")
def key(platform):
    return tenant_key(platform, TENANT)


@pytest.fixture(scope="module")
def server(platform):
    with taking_mail(platform) as server:
        yield server


@pytest.fixture(scope="module")
def recipient(platform, key, server):
    """Someone who is told of every rise of every student, by mail too."""
    head = platform.post("recipients", {
        "name": "Head", "role": "admin", "email": ADDRESS,
        "principal": platform.get("auth/me", key=key).json["principal"]},
        key=key)
    assert head.status == 201, head
    rule = platform.post("rules", {
        "name": "Every rise", "kind": "risk", "category": CATEGORY,
        "quiet_days": 0, "recipients": [head.json["recipient_id"]]}, key=key)
    assert rule.status == 201, rule
    return head.json["recipient_id"]


@pytest.fixture(scope="module")
def history(platform, key, recipient):
    """A district with a champion, and how many records its history has."""
    told = simulate(platform, key, *WORLD)
    platform.settle(120)
    return History(int(re.search(r"history: (\d+) records", told)[1]),
                   train_champion(platform, key))


class Stream:
    """The stream while it runs, and what had been told when it began."""

    def __init__(self, platform, key, expect):
        self.told_before = len(Told(platform, TENANT).items)
        self.platform, self.expect = platform, expect
        self.process = simulator(
            platform, key, *WORLD, "--no-history", "--rate", RATE,
            "--records", RECORDS, "--expect", expect)

    def acknowledged(self):
        """The file has a line for each, written when its batch was."""
        with open(self.expect, "rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(
                lambda: file.read(1 << 20), b"")) - 1

    def kill_all(self):
        """One victim after the other, without waiting for any: what still
        starts is killed again."""
        for number, victim in enumerate(VICTIMS):
            want = RECORDS * (number + 1) // (len(VICTIMS) + 1)
            self.platform.wait(f"{want} records are acknowledged",
                               lambda: self.acknowledged() >= want, 240)
            assert self.process.poll() is None, "the stream ended too early"
            self.platform.wait(f"{victim} is killed",
                               lambda: self.platform.kill(victim))


def change_models(platform, key, models, is_over):
    """Now one is the champion, then the other: each time scores rise."""
    changes = 0
    while changes < len(models) or not is_over.is_set():
        move_champion(platform, key, models[changes % len(models)])
        changes += 1
    return changes


@pytest.fixture(scope="module")
def stream(platform, key, history, tmp_path_factory):
    """The stream, when all is over."""
    expect = tmp_path_factory.mktemp("kill") / "expect.csv"
    listed = platform.get("models", key=key).json["items"]
    # The champion last, so that the first change is one.
    models = sorted((m["version"] for m in listed),
                    key=lambda version: version == history.champion)
    is_over = threading.Event()
    stream = Stream(platform, key, expect)
    with ThreadPoolExecutor(1) as beside:
        changing = beside.submit(change_models, platform, key, models, is_over)
        try:
            stream.kill_all()
            out, faults = stream.process.communicate(timeout=300)
        finally:
            is_over.set()
            stream.process.kill()
        changing.result()
    assert stream.process.returncode == 0, out + faults
    assert f"live: {RECORDS} records acknowledged, 0 of them" in out, out
    platform.settle(120)
    return stream


def test_every_acknowledged_record_is_in_log_and_projection_once(
        platform, history, stream):
    fates = read_fates(stream.expect)
    assert len(fates) == RECORDS and set(fates.values()) == {"log"}
    ledger = Ledger(platform, TENANT, "simulator")
    ledger.check_fates(fates, others=history.records)
    ledger.check_agreement()
    # A batch that was sent again added nothing of its own.
    assert len(ledger.log) == history.records + RECORDS


def test_predictions_stand_where_the_projection_stands(platform, key, stream):
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


def test_every_rise_that_was_told_is_in_the_inbox_once(
        platform, key, stream, recipient):
    told = Told(platform, TENANT)
    told.check_chain()
    rises = told.rises(CATEGORY)
    later = {name for name, _ in told.items[stream.told_before:]}
    assert any(name in later for name, *_ in rises)
    heard = Heard(platform, recipient).messages
    # So many changes of the champion may be drift as well.
    assert sorted(m for m in heard if m[0].startswith("prediction ")) == \
        sorted(rises)
    assert sorted(m["title"] for m in inbox(platform, key)) == sorted(
        title for *_, title in heard)


def inbox(platform, key):
    """All of it, as the API gives it, page by page."""
    items, cursor = [], ""
    while cursor is not None:
        page = platform.get(f"inbox?limit=500{cursor}", key=key).json
        items += page["items"]
        cursor = f"&cursor={page['next']}" if "next" in page else None
    return items


def test_every_message_went_out_in_one_mail_which_may_be_repeated(
        platform, key, stream, recipient, server):
    platform.wait("no mail waits", lambda: not platform.get(
        "deliveries?state=waiting", key=key).json["items"])
    heard = Heard(platform, recipient)
    assert {state for _, _, state in heard.mails} == {"delivered"}
    assert len({message for message, *_ in heard.mails}) == \
        len(heard.mails) == len(heard.messages)
    wanted = Counter(f"<{mail}@north.example>" for _, mail, _ in heard.mails)
    sent = {}
    for mail in server.to(ADDRESS):
        # Sent again, it is the same to the byte.
        assert mail.raw == sent.setdefault(mail["Message-ID"], mail).raw
    assert sent.keys() == wanted.keys()
    for name, mail in sent.items():
        assert f"- {wanted[name]} new message" in mail["Subject"]
