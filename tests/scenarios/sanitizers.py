"""What AddressSanitizer, UBSan and ThreadSanitizer report, of any process.

Daemons are killed here and started again by their supervisor, so no exit
status tells of a report.  Each report is a file in one folder instead, written
before its process goes on: kill -9 does not take it back.
"""
import os
import shutil
import tempfile
from pathlib import Path

VARIABLES = {"ASAN_OPTIONS": "detect_leaks=1",
             "UBSAN_OPTIONS": "print_stacktrace=1",
             # It would wait a second at each exit for races that still come.
             "TSAN_OPTIONS": "second_deadlock_stack=1:atexit_sleep_ms=0"}


class Reports:
    """A folder for them, which the users of all daemons may write into."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="es-", dir="/tmp"))
        os.chmod(self.folder, 0o1777)
        self.told = set()

    def environment(self, given):
        """The variables that a process and its children must have; what is
        given in them already counts too."""
        ours = f"log_path={self.folder}/report"
        return {name: ":".join(filter(None, (given.get(name), words, ours)))
                for name, words in VARIABLES.items()}

    def check(self):
        """Fails with what was reported since the last look."""
        new = [path for path in sorted(self.folder.glob("report.*"))
               if path not in self.told]
        self.told.update(new)
        assert not new, "\n".join(path.read_text(errors="replace")
                                  for path in new)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
