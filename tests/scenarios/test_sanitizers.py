"""What a sanitizer reports is seen, whatever becomes of the process then."""
import os
import subprocess

import pytest
from conftest import TOP
from sanitizers import Reports

FAULTS = {
    "data race": ("tsan", """
static int count;
static void *
add(void *user)
{
	count++;
	return user;
}
int
main(void)
{
	pthread_t other;
	pthread_create(&other, NULL, add, NULL);
	count++;
	pthread_join(other, NULL);
	kill(getpid(), SIGKILL);
}"""),
    "heap-use-after-free": ("asan", """
int
main(void)
{
	char *text = malloc(1);
	free(text);
	return *text;
}"""),
    "signed integer overflow": ("asan", """
int
main(int argc, char **argv)
{
	return (INT_MAX + argc) & 1;
}"""),
    "detected memory leaks": ("asan", """
int
main(void)
{
	char *volatile text = malloc(1);
	text = NULL;
}"""),
}
CLEAN = """
int
main(void)
{
	kill(getpid(), SIGKILL);
}"""
INCLUDES = "".join(f"#include <{name}.h>\n" for name in (
    "limits", "pthread", "signal", "stdlib", "unistd"))


@pytest.fixture
def own():
    made = Reports()
    yield made
    made.close()


def run(folder, own, mode, code):
    """As the daemons of this mode are built."""
    (folder / "fault.c").write_text(INCLUDES + code)
    flags = subprocess.run(["make", "-s", f"MODE={mode}", "flags"], cwd=TOP,
                           check=True, text=True, capture_output=True).stdout
    subprocess.run(["gcc", "-w", "-o", folder / "fault", folder / "fault.c",
                    *flags.split()], check=True)
    subprocess.run([folder / "fault"], env=own.environment(os.environ),
                   capture_output=True, timeout=60)


@pytest.mark.parametrize("words", FAULTS)
def test_what_is_wrong_is_seen_once(tmp_path, own, words):
    run(tmp_path, own, *FAULTS[words])
    with pytest.raises(AssertionError, match=words):
        own.check()
    own.check()


@pytest.mark.parametrize("mode", ["asan", "tsan"])
def test_a_killed_process_alone_is_no_fault(tmp_path, own, mode):
    run(tmp_path, own, mode, CLEAN)
    own.check()
