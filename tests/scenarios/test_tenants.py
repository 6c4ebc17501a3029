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
    for service in ("gateway", "ingestion", "prediction", "training"):
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


def test_a_key_sees_its_own_tenant_only(platform):
    other = tenant_key(platform, "west")
    assert platform.get("students/t1", key=other).status == 404
    assert platform.get("courses/T", key=other).status == 404
