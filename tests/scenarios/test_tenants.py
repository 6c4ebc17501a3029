"""Services and tenants are kept apart by PostgreSQL itself."""
import pytest
from district import attendance, make_course, rules, send, tenant_key


def test_training_may_not_read_ingestions_tables(platform):
    tables = platform.sql("SELECT relname FROM pg_class c JOIN pg_namespace n "
                          "ON n.oid = relnamespace WHERE nspname = 'ingestion' "
                          "AND relkind IN ('r', 'p')")
    assert len(tables) > 5
    for (table,) in tables:
        with pytest.raises(RuntimeError, match="permission denied"):
            platform.sql(f"SELECT * FROM ingestion.{table}",
                         role="edupulse_training")


def test_no_row_of_another_tenant_is_seen(platform):
    keys = {}
    for tenant in ("north", "south"):
        keys[tenant] = tenant_key(platform, tenant)
        assert platform.put("settings/tenant", rules("2025-12-01"),
                            key=keys[tenant]).status == 200
        make_course(platform, keys[tenant], "T", "2025-09-01", ["t1"])
        got = send(platform, [attendance("t1", "2025-09-02"),
                              attendance("t1", "2025-09-03", "asleep")],
                   key=keys[tenant])
        assert got.status == 200 and got.json["stored"] == 1, got
    platform.settle()
    seen = 0
    for service in ("gateway", "ingestion", "notification", "prediction",
                    "training"):
        tables = platform.sql(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = "
            f"relnamespace WHERE nspname = '{service}' AND relrowsecurity "
            "AND relkind IN ('r', 'p')")
        assert tables, service
        for (table,) in tables:
            rows = platform.sql(
                "SET edupulse.tenant = 'north'; SELECT tenant_id, count(*) "
                f"FROM {service}.{table} GROUP BY 1", role=f"edupulse_{service}")
            assert {r[0] for r in rows} <= {"north"}, (table, rows)
            seen += sum(int(r[1]) for r in rows)
            assert platform.sql(f"SELECT count(*) FROM {service}.{table}",
                                role=f"edupulse_{service}") == [["0"]], table
    assert seen > 3


def test_educators_see_their_sections_and_counselors_their_schools(platform):
    key = tenant_key(platform, "scoped")
    assert platform.put("settings/tenant", rules("2025-12-01"),
                        key=key).status == 200
    make_course(platform, key, "T", "2025-09-01", ["in"], section="7A",
                school="N")
    make_course(platform, key, "U", "2025-09-01", ["out"], section="7B",
                school="S")

    def enrolled(course, **who):
        got = platform.post("api-keys", {"name": "scoped", "tenant": "scoped",
                                         **who})
        assert got.status == 201, got
        got = platform.get(f"courses/{course}/enrollments",
                           key=got.json["key"])
        assert got.status == 200, got
        return [e["student_id"] for e in got.json["items"]]

    for who in ({"role": "educator", "sections": ["7A"]},
                {"role": "counselor", "schools": ["N"]}):
        assert enrolled("T", **who) == ["in"], who
        assert enrolled("U", **who) == [], who
    for role in ("operator", "admin"):
        assert enrolled("T", role=role) == ["in"], role
        assert enrolled("U", role=role) == ["out"], role


def test_a_counselor_reads_the_absences_of_its_own_students(platform):
    key = tenant_key(platform, "absent")
    assert platform.put("settings/tenant", rules("2025-12-01"),
                        key=key).status == 200
    make_course(platform, key, "T", "2025-09-01", ["in"], school="N")
    make_course(platform, key, "U", "2025-09-01", ["out"], school="S")
    got = send(platform, [attendance(s, day, status)
                          for s in ("in", "out")
                          for day, status in (("2025-11-03", "absent"),
                                              ("2025-11-04", "present"),
                                              ("2025-11-05", "tardy"))],
               key=key)
    assert got.status == 200 and got.json["stored"] == 6, got
    platform.settle()
    got = platform.post("api-keys", {"name": "absent", "tenant": "absent",
                                     "role": "counselor", "schools": ["N"]})
    assert got.status == 201, got
    key = got.json["key"]
    got = platform.get("students/in/absences?from=2025-11-01", key=key)
    assert got.status == 200, got
    assert [(a["date"], a["absent"], a["tardy"])
            for a in got.json["items"]] == [("2025-11-05", 0, 1),
                                            ("2025-11-03", 1, 0)], got
    assert got.json["tracked"] == 3 and got.json["to"] == "2025-12-01", got
    assert platform.get("students/out/absences", key=key).status == 404


def test_a_key_that_would_see_nothing_is_not_made(platform):
    for role, field in (("educator", "sections"), ("counselor", "schools")):
        other = "schools" if field == "sections" else "sections"
        for names in ({}, {field: []}, {other: ["7A"]}):
            got = platform.post("api-keys", {"name": "blind", "role": role,
                                             **names})
            assert got.status == 422, got
            assert [e["pointer"] for e in got.json["errors"]] == [field], got
        done = platform.client("keys", "create", "--name", "blind", "--role",
                               role, check=False)
        assert done.returncode != 0 and field in done.stderr, done
        done = platform.client("keys", "create", "--name", "seeing", "--role",
                               role, f"--{field}", "7A,7B")
        assert done.stdout.startswith("ep_"), done


def test_a_key_sees_its_own_tenant_only(platform):
    other = tenant_key(platform, "west")
    assert platform.get("students/t1", key=other).status == 404
    assert platform.get("courses/T", key=other).status == 404
