"""People and systems at work: requests without pause, each one noted."""
import collections
import http.client
import json
import threading
import time

Note = collections.namedtuple("Note", "name status seconds retry_after detail")


class Load:
    """Threads that ask in turn until they are stopped.  `asks` are tuples of
    a name, a method, a path below /api/v1/ and a body or None; a body may be a
    function of the request's number."""

    def __init__(self, platform, key, asks, threads=4, pause=0.01, patience=0):
        """With patience, seconds, what failed is asked again, at the next
        gateway, until that is over: only what is safe to ask again."""
        self.platform, self.key, self.asks = platform, key, asks
        self.pause, self.notes, self.is_over = pause, [], threading.Event()
        self.ports, self.patience, self.again = platform.ports(), patience, 0
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True)
                        for n in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *fault):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)
        assert not any(t.is_alive() for t in self.threads), "a request hangs"

    def run(self, number):
        turn = 0
        while not self.is_over.is_set():
            ask = self.asks[turn % len(self.asks)]
            self.notes.append(self.ask_until_answered(ask, number, turn))
            turn += 1
            self.is_over.wait(self.pause)

    def ask_until_answered(self, ask, number, turn):
        until = time.monotonic() + self.patience
        door = number
        while True:
            note = self.ask(ask, f"{number}-{turn}",
                            self.ports[door % len(self.ports)])
            if 0 < note.status < 500 or time.monotonic() > until:
                return note
            door += 1
            self.again += 1
            time.sleep(0.05)

    def ask(self, ask, number, port):
        name, method, path, body = ask
        body = body(number) if callable(body) else body
        headers = {"Authorization": f"Bearer {self.key}"}
        if isinstance(body, (dict, list)):
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        elif body is not None:
            headers["Content-Type"] = "application/x-ndjson"
        began = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            line.request(method, "/api/v1/" + path, body, headers)
            got = line.getresponse()
            text = got.read()
            status, after = got.status, got.headers["Retry-After"]
        except (OSError, http.client.HTTPException) as fault:
            status, after, text = 0, None, repr(fault).encode()
        finally:
            line.close()
        return Note(name, status, time.monotonic() - began, after,
                    text[:300] if status >= 400 or status == 0 else b"")

    def wait_for(self, count, seconds=60):
        """So many more answers, of requests begun from now on."""
        want = len(self.notes) + len(self.threads) + count
        self.platform.wait(f"{count} more answers",
                           lambda: len(self.notes) >= want, seconds)

    def failed(self):
        return [note for note in self.notes
                if note.status == 0 or note.status >= 400]
