"""What a sanitizer reports is seen, whatever becomes of the process then."""
import os
import subprocess

import pytest
from conftest import TOP
from sanitizers import Reports, is_message_that_nng_lost

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
# The number of a file that was closed behind ThreadSanitizer's back, as libuv
# closes, is that of a folder now.
NUMBER_USED_AGAIN = """
static int is_closed;
static void *
look(void *user)
{
	while (!__atomic_load_n(&is_closed, __ATOMIC_RELAXED))
		usleep(1000);
	closedir(opendir("/"));
	return user;
}
int
main(void)
{
	pthread_t other;
	char byte;
	int file = open("/dev/zero", O_RDONLY);
	pthread_create(&other, NULL, look, NULL);
	read(file, &byte, 1);
	syscall(SYS_close, file);
	__atomic_store_n(&is_closed, 1, __ATOMIC_RELAXED);
	pthread_join(other, NULL);
}"""
INCLUDES = "".join(f"#include <{name}.h>\n" for name in (
    "dirent", "fcntl", "limits", "pthread", "signal", "stdlib", "sys/syscall",
    "unistd"))


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


def test_a_file_s_number_used_again_for_a_folder_is_no_fault(tmp_path, own):
    run(tmp_path, own, "tsan", NUMBER_USED_AGAIN)
    own.check()


def leak(*frames):
    return "Direct leak of 112 byte(s) in 1 object(s) allocated from:\n" + \
        "".join(f"    #{n} 0x7fa{n} {f}\n" for n, f in enumerate(frames)) + "\n"


def test_only_what_nng_asked_for_itself_is_pardoned():
    calloc = "in __interceptor_calloc (/bin/gateway+0x18d607)"
    nng = " (/lib/x86_64-linux-gnu/libnng.so.1+0x1cdd9)"
    ours = "in send_question libcommon/io/bus_ask.c:117"
    lost = leak(calloc, nng, ours)
    assert is_message_that_nng_lost(lost + lost.replace("Direct", "Indirect"))
    assert not is_message_that_nng_lost(leak(calloc, ours, nng))
    assert not is_message_that_nng_lost(lost + leak(calloc, ours, nng))
    assert not is_message_that_nng_lost("WARNING: ThreadSanitizer: data race")
