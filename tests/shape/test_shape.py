"""The house rules of docs/style.md that a script can check.

Each test names the file and line that breaks a rule.  A limit that a file may
break for a reason stands in EXCEPTIONS with that reason.
"""
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]

# A layer's files may include those of the layers to the left, and its own.
LAYERS = ["base", "wire", "io", "db", "secure", "observe", "ml", "service"]
# db, secure, observe and ml stand side by side above io.
BESIDE = {"db", "secure", "observe", "ml"}
# secure/digest.h is libcrypto behind a few names; it stands on base alone and
# may be used by any layer that has to sign or to name by content.
FREE = {"secure/digest.h", "observe/metrics.h"}

FORBIDDEN = ["strcpy", "strcat", "sprintf", "vsprintf", "gets", "atoi", "atol",
             "atof", "rand", "srand", "alloca", "strtok", "localtime", "gmtime",
             "system", "tmpnam"]

LINES_OF_FILE, LINES_OF_HEADER, LINES_OF_FUNCTION, COLUMNS = 500, 220, 60, 80
EXCEPTIONS = {
    "libcommon/ml/kernels_forward.h":
        "is code: each set of instructions includes it once",
    "libcommon/ml/kernels_int8.h":
        "is code: each set of instructions includes it once",
}


# A test may start a server with a shell; nothing else may.
SHELL_IN_TESTS = "system"


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=TOP,
                         capture_output=True, check=True).stdout.decode()
    return [TOP / p for p in out.split("\0") if p and (TOP / p).exists()]


def ours():
    return tracked("*.c", "*.h")


def name(path):
    return str(path.relative_to(TOP))


def code_of(path):
    """The text with comments and strings blanked out, lines kept."""
    text = path.read_text()

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text,
                  flags=re.S)


def complain(faults):
    assert not faults, "\n" + "\n".join(faults)


def layer_may_include(layer, included):
    if included == layer:
        return True
    if layer in BESIDE:
        return included in LAYERS[:LAYERS.index("io") + 1]
    return LAYERS.index(included) < LAYERS.index(layer)


def test_layers_include_only_what_is_left_of_them():
    faults = []
    for path in tracked("libcommon"):
        if path.suffix not in (".c", ".h"):
            continue
        layer = path.relative_to(TOP / "libcommon").parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include "(\w+)/([\w./]+)"', line)
            if not match:
                continue
            target, header = match.groups()
            if target == "services":
                faults.append(f"{name(path)}:{number}: includes a service")
            if target in LAYERS and f"{target}/{header}" not in FREE \
                    and not layer_may_include(layer, target):
                faults.append(f"{name(path)}:{number}: {layer} includes {target}")
    complain(faults)


def test_no_service_includes_another():
    faults = []
    for path in tracked("services/*.c", "services/*.h"):
        own = path.relative_to(TOP / "services").parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include "services/(\w[\w-]*)/', line)
            if match and match.group(1) != own:
                faults.append(f"{name(path)}:{number}: includes {match.group(1)}")
    complain(faults)


def test_cjson_stays_inside_the_codec():
    complain([name(p) for p in ours()
              if re.search(r"#include <cjson/|#include <cJSON", p.read_text())
              and "libcommon/wire" not in name(p)])


def test_files_open_by_saying_why_they_are_there():
    faults = []
    for path in tracked("*.c", "*.h", "*.def"):
        head = "\n".join(path.read_text().splitlines()[:3])
        wanted = re.escape(path.name)
        if not re.search(rf"/\*\s*(\*\s*)?{wanted} - \S", head):
            faults.append(f"{name(path)}:1: does not open with `{path.name} - ...`")
    complain(faults)


def test_files_headers_and_functions_have_room():
    faults = []
    for path in ours():
        lines = path.read_text().splitlines()
        # A test's header may hold functions that its tests share.
        is_contract = path.suffix == ".h" and not name(path).startswith("tests/")
        limit = LINES_OF_HEADER if is_contract else LINES_OF_FILE
        if len(lines) > limit and name(path) not in EXCEPTIONS:
            faults.append(f"{name(path)}: {len(lines)} lines, {limit} at most")
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line.startswith("}") and start:
                if number - start > LINES_OF_FUNCTION:
                    faults.append(f"{name(path)}:{start}: a function of "
                                  f"{number - start} lines")
                start = None
    complain(faults)


def test_lines_fit():
    faults = []
    for path in ours():
        if path.parent == TOP / "proto":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if len(line.expandtabs(8)) > COLUMNS and '"' not in line:
                faults.append(f"{name(path)}:{number}: "
                              f"{len(line.expandtabs(8))} columns")
    complain(faults)


@pytest.mark.parametrize("call", FORBIDDEN)
def test_forbidden_call_is_absent(call):
    faults = []
    for path in ours():
        if call == SHELL_IN_TESTS and name(path).startswith("tests/"):
            continue
        for number, line in enumerate(code_of(path).splitlines(), 1):
            if re.search(rf"(?<![\w.>]){call}\s*\(", line):
                faults.append(f"{name(path)}:{number}: {call}")
    complain(faults)


def test_no_typedef_outside_of_readings():
    faults = []
    for path in ours():
        if path.parent == TOP / "proto":
            continue
        for number, line in enumerate(code_of(path).splitlines(), 1):
            # A function's type may have a name, a struct or number may not.
            if re.match(r"\s*typedef\b", line) and "(" not in line:
                faults.append(f"{name(path)}:{number}: typedef")
    complain(faults)


def test_no_marks_of_unfinished_work():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    faults = []
    for path in tracked("*.c", "*.h", "*.def", "*.sql", "*.py", "*.sh", "Makefile"):
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if marks.search(line):
                faults.append(f"{name(path)}:{number}: {line.strip()}")
    complain(faults)


def test_mains_of_daemons_are_short():
    complain([f"{name(p)}: {n} lines" for p in tracked("services/*/main.c")
              if (p.parent / "migrations").exists()
              and (n := len(p.read_text().splitlines())) > 80])


def test_each_service_has_its_page():
    complain([name(p.parent) + ": no README.md"
              for p in tracked("services/*/main.c")
              if not (p.parent / "README.md").exists()])


def test_queries_are_used():
    """A query that no code names is dead."""
    faults = []
    for path in tracked("*queries.sql"):
        code = "".join(p.read_text() for p in path.parent.glob("*.c"))
        for query in re.findall(r"^-- name: (\w+) ", path.read_text(), re.M):
            if f"query_{query}" not in code:
                faults.append(f"{name(path)}: {query}")
    complain(faults)


def test_sql_is_not_put_together_in_c():
    """SQL stands in queries.sql; C may hold what the database layer itself
    says (libcommon/db)."""
    sql = re.compile(r'"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\s')
    faults = []
    for path in tracked("services/*.c", "libcommon/service/*.c"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if sql.search(line):
                faults.append(f"{name(path)}:{number}: {line.strip()}")
    complain(faults)
