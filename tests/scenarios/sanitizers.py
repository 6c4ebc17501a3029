"""What AddressSanitizer, UBSan and ThreadSanitizer report, of any process.

Daemons are killed here and started again by their supervisor, so no exit
status tells of a report.  Each report is a file in one folder instead, written
before its process goes on: kill -9 does not take it back.
"""
import os
import re
import shutil
import tempfile
from pathlib import Path

VARIABLES = {"ASAN_OPTIONS": "detect_leaks=1",
             "UBSAN_OPTIONS": "print_stacktrace=1",
             # It would wait a second at each exit for races that still come.
             "TSAN_OPTIONS": "second_deadlock_stack=1:atexit_sleep_ms=0"}

# ThreadSanitizer sees neither how libuv closes a file nor how opendir() or
# openat() open one, but closedir(): it takes a folder for the connection that
# had its number before.
SUPPRESSIONS = "race:closedir\n"

# A leak, and the library that its memory was asked for in, if it is one.
LEAK = re.compile(r"^(?:Direct|Indirect) leak of .*\n +#0 .*\n"
                  r" +#1 \w+ +(?:(?:in \w+ )?\(\S*/(libnng)\.so\S*\)|\S.*)$",
                  re.M)


def is_message_that_nng_lost(text):
    """nng clones a question for the pipe it goes through and hands it over
    without a look whether the pipe has begun to close; the transport of one
    that has calls nobody back, and the clone stays.  So a daemon whose peer
    ends may keep one message.  Every leak of the report must have been asked
    for by nng itself: what our callbacks ask for on its threads counts.  The
    units of the bus have no such pardon."""
    leaks = LEAK.findall(text)
    return text.count(" leak of ") == len(leaks) > 0 and all(leaks)


class Reports:
    """A folder for them, which the users of all daemons may write into."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="es-", dir="/tmp"))
        os.chmod(self.folder, 0o1777)
        self.suppressions = self.folder / "suppressions"
        self.suppressions.write_text(SUPPRESSIONS)
        self.suppressions.chmod(0o644)
        self.told = set()

    def environment(self, given):
        """The variables that a process and its children must have; what is
        given in them already counts too."""
        ours = f"log_path={self.folder}/report"
        found = {name: ":".join(filter(None, (given.get(name), words, ours)))
                 for name, words in VARIABLES.items()}
        found["TSAN_OPTIONS"] += f":suppressions={self.suppressions}"
        return found

    def check(self):
        """Fails with what was reported since the last look."""
        new = set(self.folder.glob("report.*")) - self.told
        self.told |= new
        texts = [path.read_text(errors="replace") for path in sorted(new)]
        counted = [text for text in texts if not is_message_that_nng_lost(text)]
        assert not counted, "\n".join(counted)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
