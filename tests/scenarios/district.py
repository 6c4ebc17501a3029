"""Small worlds for the scenarios, made through the public interface."""
import json
import threading
import time


def day_after(day, count):
    from datetime import date, timedelta
    return str(date.fromisoformat(day) + timedelta(days=count))


def rules(as_of, **more):
    return dict({"time_zone": "UTC", "attendance_from": "roll_call",
                 "pass_mark": 60, "full_load": 30, "school_days": 31,
                 "as_of": as_of}, **more)


def make_course(platform, key, course, start, students, weeks=20, **more):
    """A school year with some students in it."""
    batch = {
        "courses": [{"course_id": course, "start_date": start,
                     "end_date": day_after(start, 7 * weeks - 1),
                     "school_year": True, "term": course}],
        "students": [{"student_id": s} for s in students],
        "enrollments": [dict({"student_id": s, "course_id": course,
                              "registered_on": start}, **more)
                        for s in students],
    }
    got = platform.post("registers/batch", batch, key=key)
    assert got.status in (200, 201), got


def attendance(student, day, status="present", **more):
    return dict({"kind": "attendance", "student_id": student, "date": day,
                 "known_on": day, "status": status}, **more)


def ndjson(records):
    return "".join(json.dumps(r) + "\n" for r in records)


def send(platform, records, key=None, **query):
    words = "&".join(f"{k}={v}" for k, v in query.items())
    return platform.post("ingest/batch" + ("?" + words if words else ""),
                         ndjson(records), key=key,
                         headers={"Content-Type": "application/x-ndjson"})


def tenant_key(platform, tenant, role="admin"):
    got = platform.post("api-keys", {"name": tenant, "role": role,
                                     "tenant": tenant})
    assert got.status == 201, got
    return got.json["key"]


class Stream(threading.Thread):
    """Sends batches until each is acknowledged, whatever happens meanwhile.
    `acknowledged` holds the batches whose answer came."""

    def __init__(self, platform, batches, name, key=None, patience=60):
        super().__init__(daemon=True)
        self.platform, self.batches, self.name_ = platform, batches, name
        self.key, self.patience = key, patience
        self.acknowledged, self.repeated, self.fault = [], 0, None

    def run(self):
        for number, records in enumerate(self.batches):
            until = time.monotonic() + self.patience
            while True:
                try:
                    got = send(self.platform, records, key=self.key,
                               batch_key=f"{self.name_}-{number}")
                except OSError as fault:
                    got, self.fault = None, repr(fault)
                if got is not None and got.status == 200:
                    self.acknowledged.append(number)
                    break
                if got is not None and got.status < 500:
                    self.fault = repr(got)
                    return
                if time.monotonic() > until:
                    self.fault = self.fault or repr(got)
                    return
                self.repeated += 1
                time.sleep(0.05)
