"""What the platform holds of one tenant, record by record, as its tables say:
the record log, the ids, the projection, the quarantine, what prediction told
and what stands in the inboxes."""
import collections
import hashlib
import json
import re

RECORDS = 4  # record_kind up to outcome: what institutions send as records
FACT = 28    # bytes of a packed fact, behind one byte of version
LEVELS = ["low", "medium", "high", "critical"]
ID = re.compile(r'"id":\s*"([^"]*)"')


class Ledger:
    def __init__(self, platform, tenant, source="api"):
        of = f"tenant_id = '{tenant}'"
        self.tenant, self.source = tenant, source
        # Lists, not sets: what is there twice must be seen.
        self.log = [(int(p), int(e)) for p, e in platform.sql(
            "SELECT position, enrollment_id FROM ingestion.record_log "
            f"WHERE kind <= {RECORDS} AND {of}")]
        self.keys = {h: int(p) for h, p in platform.sql(
            "SELECT encode(id_hash, 'hex'), position "
            f"FROM ingestion.record_key WHERE {of}")}
        self.projected = [fact for enrollment, text in platform.sql(
            "SELECT enrollment_id, encode(facts, 'hex') "
            f"FROM prediction.week_facts WHERE {of}")
            for fact in unpack(int(enrollment), bytes.fromhex(text))]
        self.quarantined = collections.Counter(
            found[1] for (raw,) in platform.sql(
                "SELECT to_json(raw) FROM ingestion.quarantine "
                f"WHERE {of} AND state = 0")
            if (found := ID.search(json.loads(raw))))

    def position(self, record_id):
        """Of the record with this id; None: the log does not know it."""
        text = "\0".join((self.tenant, self.source, record_id)).encode()
        return self.keys.get(hashlib.sha256(text).hexdigest()[:32])

    def check_agreement(self):
        """Nothing twice, and the projection holds what the log holds."""
        assert len(self.log) == len(set(self.log))
        assert len(self.projected) == len(set(self.projected))
        assert set(self.projected) == set(self.log)

    def check_fates(self, fates, others=0):
        """Each id once in the log, or once in quarantine, as it must be;
        nothing else has an id but so many other records."""
        positions = dict(self.log)
        for record_id, fate in fates.items():
            place = self.position(record_id)
            if fate == "log":
                assert place in positions, record_id
                assert record_id not in self.quarantined, record_id
            else:
                assert place is None, record_id
                assert self.quarantined[record_id] == 1, record_id
        assert len(self.keys) == others + sum(
            f == "log" for f in fates.values())
        assert set(self.keys.values()) <= set(positions)


class Told:
    """What prediction told of a tenant's students, event by event."""

    def __init__(self, platform, tenant):
        """`items`: of each event, in their order, its name and each student's
        new category."""
        of = f"tenant_id = '{tenant}'"
        self.items = [
            (f"prediction {name}", item) for name, data in platform.sql(
                "SELECT concat_ws('.', epoch, xid, id), to_json(data) FROM "
                f"prediction.outbox WHERE topic = 'prediction.made' AND {of} "
                "ORDER BY epoch, xid, id")
            for item in json.loads(json.loads(data))["items"]]

    def check_chain(self):
        """Each score follows the one told before: none was left out."""
        latest = {}
        for name, item in self.items:
            enrollment = item["enrollment_id"]
            assert item.get("category_before") == latest.get(enrollment), name
            latest[enrollment] = item["risk_category"]

    def rises(self, category):
        """What a rule for this category without quiet days tells of: event,
        subject and title of each message."""
        return [(name, f"enrollment {item['enrollment_id']}",
                 f"Student {item['student_id']} reached the category "
                 f"{item['risk_category']} in {item['course_id']}")
                for name, item in self.items
                if level_of(item["risk_category"]) >= level_of(category) and
                level_of(item["risk_category"]) >
                level_of(item.get("category_before"))]


class Heard:
    """What stands in a recipient's inbox, and what went out by mail."""

    def __init__(self, platform, recipient):
        of = f"WHERE recipient_id = '{recipient}'"
        # Lists, not sets: what is there twice must be seen.
        self.messages = [(event, subject, title) for event, subject, title in
                         platform.sql("SELECT event, subject, title "
                                      f"FROM notification.message {of}")]
        self.mails = platform.sql("SELECT message_id, mail_id, state FROM "
                                  f"notification.delivery {of}")


def level_of(category):
    return -1 if category is None else LEVELS.index(category)


def unpack(enrollment, packed):
    for at in range(1, len(packed), FACT):
        yield int.from_bytes(packed[at:at + 8], "little"), enrollment


def read_fates(path):
    """The simulator's --expect: what must become of each record."""
    lines = path.read_text().splitlines()[1:]
    fates = dict(line.split(",") for line in lines)
    assert len(fates) == len(lines)
    return fates
