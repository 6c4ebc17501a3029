"""The database is as docs/architecture.md says and as the services expect.

A private cluster gets its roles from deploy/local/roles.sh and its schemas
from every daemon's own --migrate; then the tests ask PostgreSQL.
"""
import io
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg2
import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAMS = TOP / "build" / os.environ.get("MODE", "release") / "bin"
SUPERUSER = "edupulse"
ALL_SCHEMAS = "every schema"
POLICY = ("(tenant_id = NULLIF(current_setting('edupulse.tenant'::text, true),"
          " ''::text))")
EMPTY_COPY = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8 + b"\xff\xff"

DAEMONS = sorted(p.parent.name for p in (TOP / "services").glob("*/main.c")
                 if (p.parent / "migrations").is_dir())
SCHEMAS = [name.split("-")[0] for name in DAEMONS]


class Cluster:
    def __init__(self, folder):
        self.folder = folder

    def support(self, word):
        subprocess.run([TOP / "tests/support/postgres.sh", word, self.folder],
                       check=True)

    def connect(self, role=SUPERUSER):
        return psycopg2.connect(host=str(self.folder), dbname="edupulse",
                                user=role)

    def make_roles(self):
        passwords = self.folder / "passwords"
        passwords.mkdir()
        subprocess.run([TOP / "deploy/local/roles.sh", passwords, *DAEMONS],
                       check=True, env=dict(os.environ, PGUSER=SUPERUSER,
                                            PGHOST=str(self.folder)))

    def migrate(self, daemon):
        settings = {"database": f"host={self.folder} dbname=edupulse",
                    "run_folder": str(self.folder)}
        return subprocess.run(
            [PROGRAMS / daemon, "--migrate",
             *(f"--{name}={value}" for name, value in settings.items())],
            check=True, capture_output=True, text=True).stdout

    def rows(self, statement, values=None, role=SUPERUSER):
        connection = self.connect(role)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def cluster():
    folder = Path(tempfile.mkdtemp(prefix="edupulse.", dir="/tmp"))
    folder.chmod(0o755)
    made = Cluster(folder / "pg")
    try:
        made.support("start")
        made.make_roles()
        for daemon in DAEMONS:
            made.migrate(daemon)
        yield made
    finally:
        if (folder / "pg/data/postmaster.pid").exists():
            made.support("stop")
        shutil.rmtree(folder, ignore_errors=True)


def listed_tables():
    """The lists of docs/architecture.md: {schema: (under, machinery)}."""
    text = (TOP / "docs/architecture.md").read_text()
    table = text.split("| schema | under row-level security | machinery |")[1]
    lists = {}
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            break
        schema, under, machinery = line.strip("|").split("|")
        lists[schema.strip(" `")] = (set(re.findall(r"`(\w+)`", under)),
                                     set(re.findall(r"`(\w+)`", machinery)))
    common = lists.pop(ALL_SCHEMAS)
    return {schema: (under | common[0], machinery | common[1])
            for schema, (under, machinery) in lists.items()}


def tables_of(cluster, schema):
    """{name: is it under row-level security}; partitions are their table."""
    return dict(cluster.rows(
        "SELECT relname, relrowsecurity FROM pg_class"
        " WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition", (schema,)))


def queries_of(path):
    """[(name, kind, text)] in the order of the file."""
    parts = re.split(r"^-- name: (\w+) :(\w+)\n", path.read_text(), flags=re.M)
    return list(zip(parts[1::3], parts[2::3], parts[3::3]))


def test_there_are_daemons_and_all_are_listed():
    assert DAEMONS
    assert sorted(listed_tables()) == sorted(SCHEMAS)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_tables_are_where_the_document_says(cluster, schema):
    under, machinery = listed_tables()[schema]
    tables = tables_of(cluster, schema)
    assert {t for t in tables if tables[t]} == under
    assert {t for t in tables if not tables[t]} == machinery


@pytest.mark.parametrize("daemon", DAEMONS)
def test_migrating_twice_applies_nothing_new(cluster, daemon):
    assert cluster.migrate(daemon) == f"{daemon}: 0 migrations applied\n"


def check_query(cursor, query, faults):
    name, kind, text = query
    cursor.execute("SAVEPOINT before_query")
    try:
        if kind == "copy":
            cursor.copy_expert(text, io.BytesIO(EMPTY_COPY))
        elif kind == "command":
            cursor.execute(text)
        else:
            cursor.execute(f"PREPARE {name} AS {text}")
    except psycopg2.Error as fault:
        faults.append(f"{name}: {str(fault).strip()}")
        cursor.execute("ROLLBACK TO before_query")


def check_queries(cluster, role, schema, queries):
    """Each is understood by PostgreSQL in the role's own eyes."""
    faults = []
    connection = cluster.connect(role)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {schema}")
            for query in queries:
                check_query(cursor, query, faults)
    finally:
        connection.close()
    assert queries and not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("daemon, schema", zip(DAEMONS, SCHEMAS))
def test_every_query_is_understood(cluster, daemon, schema):
    own = TOP / "services" / daemon / "queries.sql"
    queries = queries_of(TOP / "libcommon/service/queries.sql")
    queries += queries_of(own) if own.exists() else []
    # Staging tables come first, wherever they stand.
    queries.sort(key=lambda query: query[1] != "command")
    check_queries(cluster, f"edupulse_{schema}", schema, queries)


def test_the_queries_of_migrating_are_understood_by_an_owner(cluster):
    owner = f"edupulse_{SCHEMAS[0]}_owner"
    connection = cluster.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA fresh AUTHORIZATION {owner}")
    try:
        check_queries(cluster, owner, "fresh",
                      queries_of(TOP / "libcommon/db/queries.sql"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA fresh CASCADE")
        connection.close()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_service_reads_no_other_schema(cluster, schema):
    role = f"edupulse_{schema}"
    for other in SCHEMAS:
        for table in tables_of(cluster, other):
            statement = f"SELECT 1 FROM {other}.{table} LIMIT 1"
            if other == schema:
                cluster.rows(statement, role=role)
                continue
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cluster.rows(statement, role=role)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_serving_roles_own_nothing_and_are_nobody_special(cluster, schema):
    role = f"edupulse_{schema}"
    assert cluster.rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
        " rolreplication FROM pg_roles WHERE rolname = %s", (role,)
    ) == [(False,) * 5]
    assert cluster.rows(
        "SELECT relname::text FROM pg_class WHERE relowner = %(r)s::regrole"
        " UNION ALL SELECT proname FROM pg_proc WHERE proowner = %(r)s::regrole"
        " UNION ALL SELECT nspname FROM pg_namespace"
        " WHERE nspowner = %(r)s::regrole"
        " UNION ALL SELECT roleid::regrole::text FROM pg_auth_members"
        " WHERE member = %(r)s::regrole", {"r": role}) == []


@pytest.mark.parametrize("statement", [
    "UPDATE record_log SET body = ''", "DELETE FROM record_log",
    "TRUNCATE record_log", "SELECT log_restart()",
    "UPDATE epoch SET value = value + 1"])
def test_the_log_is_only_appended_to(cluster, statement):
    connection = cluster.connect("edupulse_ingestion")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = ingestion")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
    finally:
        connection.close()


def test_no_partition_of_the_log_is_a_way_around_it(cluster):
    parts = cluster.rows(
        "SELECT inhrelid, inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'ingestion.record_log'::regclass")
    assert parts
    assert [name for oid, name in parts if cluster.rows(
        "SELECT has_table_privilege('edupulse_ingestion', %s::oid,"
        " 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')", (oid,)) == [(True,)]
            ] == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_tables_under_row_level_security_have_the_one_policy(cluster, schema):
    under = sorted(t for t, is_under in tables_of(cluster, schema).items()
                   if is_under)
    policies = cluster.rows(
        "SELECT c.relname, polcmd, polpermissive, polroles::text,"
        " pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)"
        " FROM pg_policy JOIN pg_class c ON c.oid = polrelid"
        " WHERE relnamespace = %s::regnamespace ORDER BY relname", (schema,))
    assert policies == [(t, "*", True, "{0}", POLICY, None) for t in under]


# A value of each type for tenant number T; texts and bytes look like the
# digests that some columns check for.
VALUES = {
    "text": "repeat('{t}', 64)", "character varying": "repeat('{t}', 64)",
    "smallint": "{t}", "integer": "{t}", "bigint": "{t}",
    "double precision": "0.{t}", "real": "0.{t}", "boolean": "true",
    "date": "'2026-01-0{t}'", "timestamp with time zone": "'2026-01-0{t}Z'",
    "bytea": "decode(repeat('0{t}', 32), 'hex')",
    "uuid": "gen_random_uuid()", "jsonb": "'{{}}'", "xid8": "'{t}'",
    "text[]": "'{{}}'", "bigint[]": "'{{}}'",
}


def insertion(cluster, schema, table, number):
    """INSERT of one row for tenant `t<number>` that fills what must be."""
    columns = cluster.rows(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attnotnull AND NOT atthasdef AND attidentity <> 'a'",
        (f"{schema}.{table}",))
    values = [f"'t{number}'" if name == "tenant_id"
              else VALUES[kind].format(t=number) for name, kind in columns]
    names = ", ".join(f'"{name}"' for name, _ in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})"


def visible(cursor, table, tenant):
    cursor.execute("SELECT set_config('edupulse.tenant', %s, true)", (tenant,))
    cursor.execute(f"SELECT tenant_id FROM {table}")
    return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_tenant_sees_its_own_rows_alone(cluster, schema):
    tables = [t for t, is_under in tables_of(cluster, schema).items()
              if is_under]
    connection = cluster.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {schema}")
            # Rows need no other rows that they refer to.
            cursor.execute("SET session_replication_role = replica")
            for table in tables:
                for number in (1, 2):
                    cursor.execute(insertion(cluster, schema, table, number))
            cursor.execute(f"SET ROLE edupulse_{schema}")
            for table in tables:
                assert visible(cursor, table, "") == [], table
                assert visible(cursor, table, "t3") == [], table
                assert visible(cursor, table, "t1") == ["t1"], table
                assert visible(cursor, table, "t2") == ["t2"], table
                check_writing(cursor, cluster, schema, table)
    finally:
        connection.close()


def may_write(cursor, table, what):
    cursor.execute("SELECT has_table_privilege(%s::regclass, %s)",
                   (table, what))
    return cursor.fetchone()[0]


def check_writing(cursor, cluster, schema, table):
    """Tenant t2 stands in the session: it can neither make rows of others
    nor take them away."""
    if may_write(cursor, table, "INSERT"):
        cursor.execute("SAVEPOINT before_write")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(insertion(cluster, schema, table, 3))
        cursor.execute("ROLLBACK TO before_write")
    if may_write(cursor, table, "DELETE"):
        cursor.execute(f"DELETE FROM {table} WHERE tenant_id = 't1'")
        assert cursor.rowcount == 0, table
