"""Files that are wrong: the error names file, line and field; the rest goes on;
an import that cannot be read ends, and ends alone."""
import io
import struct
import zipfile

import pytest
from district import (START, day_after, finished, log_size,
                      small_school, tenant_key, upload, zip_of)

TENANT = "bad-import"
HEADER = "student_id,date,status\n"


@pytest.fixture(scope="module")
def key(platform):
    return small_school(platform, TENANT)


def send_csv(platform, key, text, name="attendance.csv"):
    return finished(platform, key, upload(platform, key, text, name,
                                          "text/csv"))


def send_zip(platform, key, *files):
    return finished(platform, key, upload(platform, key, zip_of(files)))


def check_sums(got):
    """Each row is counted once: stored, merged or refused."""
    for file in got["files"]:
        assert file["rows"] == file["stored"] + file["merged"] \
            + file["quarantined"], got
        assert min(file["stored"], file["merged"]) >= 0, got
    return {f["name"]: (f["rows"], f["stored"], f["quarantined"])
            for f in got["files"]}


def row(number, student="s1", status="present"):
    return f"{student},{day_after(START, number)},{status}\n"


def test_an_import_names_file_row_and_place_and_goes_on(platform, key):
    text = HEADER + row(14) + row(15, status="asleep") + \
        row(15, student="nobody") + row(15, student="s2", status="absent")
    got = send_zip(platform, key, ("attendance.csv", text))
    assert got["state"] == "done", got
    assert check_sums(got)["attendance.csv"] == (4, 2, 2), got
    assert [e["pointer"] for e in got["errors"]] == [
        "attendance.csv:3: status", "attendance.csv:4: student_id"], got


def test_a_zip_that_unpacks_to_too_much_fails(platform, key):
    bomb = zip_of([("attendance.csv", b"0" * (256 << 20))])
    got = finished(platform, key, upload(platform, key, bomb))
    assert got["state"] == "failed", got
    assert got["error"].startswith("attendance.csv: unpacks to more than"), got


def lying_zip(name, text, size):
    """A zip that says a file has `size` bytes; it has others."""
    whole = bytearray(zip_of([(name, text)]))
    whole[22:26] = struct.pack("<I", size)
    at = whole.rindex(b"PK\x01\x02")
    whole[at + 24:at + 28] = struct.pack("<I", size)
    return bytes(whole)


@pytest.mark.parametrize("size", [100, 60000])
def test_a_zip_that_lies_about_a_size_fails(platform, key, size):
    """No more is unpacked than it has said."""
    text = HEADER + row(17) * 1000
    assert 100 < len(text) < 60000
    got = finished(platform, key, upload(
        platform, key, lying_zip("attendance.csv", text, size)))
    assert got["state"] == "failed", got
    assert got["error"].startswith("attendance.csv: "), got


def test_a_zip_whose_files_are_too_much_together_fails(platform, key):
    """Each says 4 GiB less a little: three are above 8 GiB in all."""
    out = io.BytesIO(zip_of([(f"f{n}.csv", b"ab" * 10) for n in range(3)]))
    whole = bytearray(out.getvalue())
    at = 0
    for _ in range(3):
        at = whole.index(b"PK\x01\x02", at + 1)
        whole[at + 20:at + 28] = struct.pack("<II", 0xf0000000, 0xf0000000)
    got = finished(platform, key, upload(platform, key, bytes(whole)))
    assert got["state"] == "failed", got
    assert "8589934592 bytes" in got["error"], got


def test_names_with_folders_are_names_and_touch_no_file(platform, key):
    text = HEADER + row(28)
    for folder in ("term/1/", "../../../", "/etc/", "..\\"):
        got = send_zip(platform, key, (folder + "attendance.csv", text))
        if "\\" in folder:
            assert got["state"] == "failed" and "name" in got["error"], got
        else:
            assert got["state"] == "done", got
            assert "attendance.csv" in check_sums(got), got


@pytest.mark.parametrize("names", [
    ["attendance.csv", "attendance.csv"],
    ["a/attendance.csv", "b/attendance.csv"]])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_given_twice_in_a_zip_fails(platform, key, names):
    before = log_size(platform, TENANT)
    got = send_zip(platform, key,
                   *((n, HEADER + row(18 + i)) for i, n in enumerate(names)))
    assert got["state"] == "failed", got
    assert got["error"] == "attendance.csv: stands in the zip twice", got
    assert log_size(platform, TENANT) == before


@pytest.mark.parametrize("name", ["\u00fc" * 90, "a" + "\u00fc" * 90])
def test_a_long_name_in_any_script_ends_the_import_alone(platform, key, name):
    """Of a file in a zip, and of a column; the next import goes on."""
    for got in (send_zip(platform, key, (name + ".csv", HEADER)),
                send_csv(platform, key, HEADER[:-1] + f",{name}\n" + row(1))):
        assert got["state"] == "failed" and got["error"], got
    assert send_csv(platform, key, HEADER + row(29))["state"] == "done"


def test_a_truncated_zip_fails_and_stores_nothing(platform, key):
    before = log_size(platform, TENANT)
    whole = zip_of([("attendance.csv", HEADER + row(16) * 1000)])
    for size in (4, 30, len(whole) // 2, len(whole) - 1):
        got = finished(platform, key, upload(platform, key, whole[:size]))
        assert got["state"] == "failed" and got["error"], got
    assert log_size(platform, TENANT) == before


def test_a_zip_whose_bytes_were_turned_fails(platform, key):
    whole = bytearray(zip_of([("attendance.csv", HEADER + "".join(
        row(n, status=("present", "absent")[n * n % 7 % 2])
        for n in range(100)))]))
    middle = 30 + len("attendance.csv") + 60
    whole[middle] ^= 0x55
    got = finished(platform, key, upload(platform, key, bytes(whole)))
    assert got["state"] == "failed", got
    assert got["error"].startswith("attendance.csv: "), got


def test_a_quote_without_end_costs_its_line(platform, key):
    text = HEADER + row(30) + f'"s1,{day_after(START, 31)},present\n' + \
        row(32) + row(33)
    got = send_csv(platform, key, text)
    assert got["state"] == "done", got
    assert check_sums(got)["attendance.csv"] == (4, 3, 1), got
    assert got["errors"] == [{"pointer": "attendance.csv:3",
                              "message": "a quote has no end"}], got


def test_a_last_line_that_was_cut_is_refused_with_its_line(platform, key):
    text = HEADER + row(34) + row(35)
    got = send_csv(platform, key, text[:-len(row(35)) + 6])
    assert got["state"] == "done", got
    assert check_sums(got)["attendance.csv"] == (2, 1, 1), got
    assert got["errors"][0]["pointer"] == "attendance.csv:3", got
    # Without its line end alone a last line is whole.
    got = send_csv(platform, key, (HEADER + row(36))[:-1])
    assert check_sums(got)["attendance.csv"] == (1, 1, 0), got


def test_a_byte_order_mark_and_crlf_are_read(platform, key):
    text = "\ufeff" + (HEADER + row(37) + row(38)).replace("\n", "\r\n")
    got = send_csv(platform, key, text)
    assert got["state"] == "done", got
    assert check_sums(got)["attendance.csv"] == (2, 2, 0), got


@pytest.mark.parametrize("header, place", [
    ("date,status\n", "student_id: this column is missing"),
    ("student_id,date,status,colour\n", "colour: there is no such column"),
    ("student_id,date,status,date\n", "date: stands in the header twice"),
    ("student_id,date,status,kind\n", "kind: the file's name says this"),
    ("s1,2025-09-02,present\n", "s1: there is no such column"),
    ('"student_id,date,status\n', "the header cannot be read"),
    ("student_id;date;status\n",
     "student_id;date;status: the separator is the comma"),
    ("\n\n", "is empty"),
])
def test_a_wrong_header_ends_the_import_with_the_columns_name(
        platform, key, header, place):
    before = log_size(platform, TENANT)
    got = send_csv(platform, key, header + (row(39) if header.strip() else ""))
    assert got["state"] == "failed", got
    assert got["error"].startswith("attendance.csv") and \
        place in got["error"], got
    assert log_size(platform, TENANT) == before


def test_what_is_no_number_is_quoted_unless_it_is_a_mark(platform, key):
    marks = "student_id,course_id,date,score\n" \
        f"s1,c,{day_after(START, 3)},B minus\n"
    got = send_csv(platform, key, marks, name="grades.csv")
    assert got["errors"][0]["message"] == \
        "a number such as 12.5 is wanted here", got
    courses = "course_id,start_date,end_date,credits\n" \
        "c9,2025-01-01,2025-02-01,two\n"
    got = send_csv(platform, key, courses, name="courses.csv")
    assert got["errors"][0]["message"] == \
        'a number such as 12.5 is wanted, not "two"', got


def test_a_file_with_a_header_alone_is_done_with_no_rows(platform, key):
    got = send_csv(platform, key, HEADER)
    assert got["state"] == "done" and got["rows"] == 0, got


def test_an_empty_file_in_a_zip_fails_with_its_name(platform, key):
    got = send_zip(platform, key, ("attendance.csv", ""))
    assert got["state"] == "failed", got
    assert got["error"] == "attendance.csv: is empty", got


def test_a_file_of_no_known_name_fails_and_says_where_names_stand(
        platform, key):
    got = send_csv(platform, key, HEADER, name="marks.csv")
    assert got["state"] == "failed" and "docs/data-formats.md" in got["error"]
    assert "grades.csv" in got["error"], got
    assert got["error"].endswith("not marks.csv"), got


def test_a_row_of_64_mib_costs_one_row(platform, key):
    text = HEADER + row(40) + "x" * (64 << 20) + "\n" + row(41)
    got = send_csv(platform, key, text)
    assert got["state"] == "done", got
    assert check_sums(got)["attendance.csv"] == (3, 2, 1), got
    assert got["errors"][0]["pointer"] == "attendance.csv:3", got


def test_more_holidays_than_there_is_room_for_are_refused(platform, key):
    """1,000 is what the rules hold; more would be rules nobody can read."""
    days = "first,last\n" + "".join(
        f"{day_after('2000-01-01', 2 * n)},{day_after('2000-01-01', 2 * n)}\n"
        for n in range(1200))
    got = send_csv(platform, key, days, name="holidays.csv")
    assert got["state"] == "done", got
    assert check_sums(got)["holidays.csv"] == (1200, 1000, 200), got
    assert got["errors"][0]["pointer"].startswith("holidays.csv:1002"), got
    got = platform.get("settings/tenant", key=key)
    assert got.status == 200 and len(got.json["holidays"]) == 1000, got
    platform.settle()


OULAD = {
    "courses.csv": "code_module,code_presentation,"
                   "module_presentation_length\nAAA,2013J,268\n",
    "assessments.csv": "code_module,code_presentation,id_assessment,"
                       "assessment_type,date,weight\n"
                       "AAA,2013J,1,TMA,19,10\nAAA,2013J,2,TMA,54,20\n",
    "studentInfo.csv": "code_module,code_presentation,id_student,gender,"
                       "region,highest_education,imd_band,age_band,"
                       "num_of_prev_attempts,studied_credits,disability,"
                       "final_result\n" + "".join(
                           f"AAA,2013J,{s},M,?,?,?,0-35,0,60,N,Pass\n"
                           for s in (11, 12, 13)),
    "studentRegistration.csv": "code_module,code_presentation,id_student,"
                               "date_registration,date_unregistration\n" +
                               "".join(f"AAA,2013J,{s},-10,\n"
                                       for s in (11, 12, 13)),
}
SUBMISSIONS = "id_assessment,id_student,date_submitted,is_banked,score\n"


def test_a_row_with_two_faults_is_refused_once(platform, key):
    """The rows for student 11 differ: both what is graded and what is late
    were told before, with other content.  Of those for 12 only the grade
    differs: what is late goes with it."""
    key = tenant_key(platform, "two-faults")
    rows = SUBMISSIONS + "1,11,30,0,70\n1,11,31,0,80\n" \
        "1,12,30,0,70\n1,12,30,0,90\n1,13,18,0,50\n"
    got = send_zip(platform, key, *OULAD.items(),
                   ("studentAssessment.csv", rows))
    assert got["state"] == "done", got
    assert check_sums(got)["studentAssessment.csv"] == (5, 3, 2), got
    assert got["refused"] == 2, got
    assert [e["pointer"] for e in got["errors"]] == [
        "studentAssessment.csv:3: id", "studentAssessment.csv:5: id"], got
    waiting = platform.get("quarantine", key=key).json["items"]
    assert sorted(w["raw"] for w in waiting) == [
        "1,11,31,0,80", "1,12,30,0,90"]
    # Nothing of a refused row is stored: 3 grades, 2 submissions too late.
    kinds = {k["kind"]: k["records"]
             for k in platform.get("ingest/stats", key=key).json["kinds"]}
    assert kinds["grade"] == 3, kinds


def test_ids_that_would_meet_are_no_ids(platform, key):
    """Ids of records are put together with slashes."""
    key = tenant_key(platform, "slashes")
    files = {n: t.replace(",12,", ",1/2,") for n, t in OULAD.items()}
    got = send_zip(platform, key, *files.items(),
                   ("studentAssessment.csv", SUBMISSIONS + "1,11,18,0,5\n"))
    assert got["state"] == "done", got
    sums = check_sums(got)
    assert sums["studentInfo.csv"] == (3, 2, 1), got
    assert got["errors"][0]["pointer"] == "studentInfo.csv:3: id_student", got


def test_an_import_that_ends_the_service_each_time_is_given_up(platform, key):
    """Here the service is killed each time it has come to the first row,
    where a trigger holds it fast.  The first time the place has moved over
    the files that are not there; then come five attempts."""
    platform.sql(
        "CREATE FUNCTION ingestion.stand_still() RETURNS trigger LANGUAGE "
        "plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$; "
        "CREATE TRIGGER stand_still BEFORE INSERT ON ingestion.import_file "
        "FOR EACH ROW WHEN (NEW.tenant_id = 'bad-import') "
        "EXECUTE FUNCTION ingestion.stand_still()")
    asleep = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' " \
        "AND usename = 'edupulse_ingestion'"
    try:
        got = upload(platform, key, HEADER + row(50), "attendance.csv",
                     "text/csv")
        assert got.status == 202, got
        attempts = "SELECT attempts FROM ingestion.import_task " \
            f"WHERE import_id = '{got.json['id']}'"
        for attempt in range(6):
            platform.wait(f"attempt {attempt} stands still", lambda: (
                platform.sql(attempts) == [[str(attempt)]]
                and platform.sql(f"SELECT pid {asleep}")), 60)
            pid = platform.kill("ingestion")
            platform.sql(f"SELECT pg_terminate_backend(pid) {asleep}")
            platform.wait("ingestion is back",
                          lambda: platform.pid("ingestion") != pid, 60)
        got = finished(platform, key, got)
    finally:
        platform.sql("DROP FUNCTION ingestion.stand_still CASCADE")
    assert got["state"] == "failed", got
    assert got["error"].startswith("given up after 5 attempts"), got
    # The next one is not held up, and begins to count anew.
    assert send_csv(platform, key, HEADER + row(50))["state"] == "done"
