"""Who hears what, once: inboxes, and mails to a real mail server."""
import email
import json
import subprocess
import threading
from email.header import decode_header, make_header

import pytest
from district import simulate, tenant_key, train_champion
from mail_server import SETTINGS, MailServer, taking_mail

TODAY = "2026-01-16"


@pytest.fixture(scope="module")
def server(platform):
    with taking_mail(platform) as server:
        yield server


class Tenant:
    """A tenant with an admin who is told everything, by mail too."""

    def __init__(self, platform, name, person="Ana Müller, Dr."):
        self.platform = platform
        self.key = tenant_key(platform, name)
        self.address = f"head@{name}.example"
        me = self.get("auth/me")["principal"]
        got = platform.post("recipients", {
            "name": person, "email": self.address, "role": "admin",
            "principal": me}, key=self.key)
        assert got.status == 201, got
        self.recipient = got.json["recipient_id"]

    def get(self, path):
        got = self.platform.get(path, key=self.key)
        if got.status == 503:  # it starts again: a wait goes on
            raise RuntimeError(got)
        assert got.status == 200, got
        return got.json

    def fail_import(self):
        """Something that an admin is told of."""
        got = self.platform.post(
            "imports?file_name=x.zip", b"PK\3\4 no zip at all", key=self.key,
            headers={"Content-Type": "application/zip"})
        assert got.status == 202, got
        job = f"imports/{got.json['id']}"
        self.platform.wait("the import fails",
                           lambda: self.get(job)["state"] == "failed")

    def inbox(self):
        return self.get("inbox?limit=500")["items"]

    def wait_for_messages(self, count):
        self.platform.wait(f"{count} messages are told",
                           lambda: len(self.inbox()) >= count)
        assert len(self.inbox()) == count

    def deliveries(self, state=None):
        words = f"?state={state}" if state else ""
        return self.get("deliveries" + words)["items"]

    def wait_for_state(self, state, count=1):
        self.platform.wait(f"{count} are {state}", lambda: len(
            self.deliveries(state)) == count)
        return self.deliveries(state)


def test_a_failure_is_told_once_and_mailed_once(platform, server):
    north = Tenant(platform, "mail-once")
    north.fail_import()
    north.wait_for_messages(1)
    delivery, = north.wait_for_state("delivered")
    mail, = server.to(north.address)
    assert mail["Message-ID"] == f"<{delivery['mail_id']}@north.example>"
    to = mail["To"].addresses[0]
    assert (to.display_name, to.addr_spec) == ("Ana Müller, Dr.",
                                               north.address)
    assert mail["From"].addresses[0].addr_spec == "edupulse@north.example"
    assert mail["Subject"] == "EduPulse - 1 new message"
    text = mail.get_content()
    assert "1 import failed" in text
    assert "https://edupulse.north.example/api/v1/inbox" in text
    message, = north.inbox()
    assert message["title"] not in text and message["body"] not in text
    # Heard again from the start, nothing is added.
    platform.sql("DELETE FROM notification.reader_cursor")
    platform.kill("notification")
    platform.wait("all was heard again", lambda: platform.sql(
        "SELECT count(*) FROM notification.reader_cursor "
        "WHERE reader = 'ingestion.events'") == [["1"]])
    platform.settle()
    assert len(north.inbox()) == 1 and len(server.to(north.address)) == 1


def test_while_the_server_is_away_mail_waits_and_goes_out_together(platform,
                                                                   server):
    north = Tenant(platform, "mail-away")
    server.stop()
    try:
        north.fail_import()
        platform.wait("two attempts fail", lambda: any(
            d["attempts"] >= 2 for d in north.deliveries("waiting")))
        first, = north.deliveries()
        assert first["last_error"] and first["next_try_at"], first
        north.fail_import()
        north.fail_import()
        north.wait_for_messages(3)
    finally:
        server.start()
    north.wait_for_state("delivered", 3)
    mails = server.to(north.address)
    assert [m["Subject"] for m in mails] == ["EduPulse - 1 new message",
                                             "EduPulse - 2 new messages"]
    assert mails[0]["Message-ID"] == f"<{first['mail_id']}@north.example>"
    assert mails[0]["Message-ID"] != mails[1]["Message-ID"]


def test_what_is_put_off_is_tried_again_and_what_is_refused_set_aside(
        platform, server):
    north, south = (Tenant(platform, f"mail-{n}") for n in ("later", "never"))
    server.put_off.add(north.address)
    server.refused.add(south.address)
    north.fail_import()
    south.fail_import()
    aside, = south.wait_for_state("set_aside")
    assert aside["attempts"] == 1 and "ended_at" in aside
    assert aside["last_error"] == "550 5.1.1 No such mailbox here"
    platform.wait("one was put off", lambda: any(
        d.get("last_error") == "451 4.7.1 Try again later"
        for d in north.deliveries("waiting")))
    server.put_off.clear()
    north.wait_for_state("delivered")
    assert len(server.to(north.address)) == 1
    assert server.to(south.address) == []
    assert len(south.inbox()) == 1


def test_killed_while_it_sends_the_same_mail_is_sent_again(platform, server):
    north = Tenant(platform, "mail-kill")
    server.hold()
    try:
        north.fail_import()
        platform.wait("the mail is at the server",
                      lambda: server.to(north.address))
        platform.kill("notification")
    finally:
        server.let_go()
    north.wait_for_state("delivered")
    first, second = server.to(north.address)
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    assert len(north.inbox()) == 1


def test_a_test_mail_says_what_the_server_answers(platform, server):
    north = Tenant(platform, "mail-test")
    ask = lambda: platform.post("channels/smtp/test",
                                {"recipient_id": north.recipient},
                                key=north.key)
    got = ask()
    assert got.status == 200 and got.json["accepted"], got
    assert len(server.to(north.address)) == 1
    server.refused.add(north.address)
    got = ask()
    assert got.status == 200 and not got.json["accepted"], got
    assert got.json["code"] == 550 and "No such mailbox" in got.json["detail"]


def test_a_test_mail_keeps_nothing_open_while_the_server_takes_its_time(
        platform, server):
    north = Tenant(platform, "mail-slow")
    server.hold()
    asking = threading.Thread(target=lambda: platform.post(
        "channels/smtp/test", {"recipient_id": north.recipient},
        key=north.key))
    asking.start()
    try:
        platform.wait("the server has it", lambda: server.to(north.address))
        platform.wait("no transaction is open", lambda: platform.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE usename ="
            " 'edupulse_notification' AND state LIKE 'idle in transaction%'"
            ) == [["0"]], 10)
        assert asking.is_alive()
    finally:
        server.let_go()
        asking.join()


def test_hostile_names_and_addresses_do_not_come_in(platform, server):
    north = Tenant(platform, "mail-hostile",
                   person='"; <x@y>, Björn =?UTF-8?Q?a?=' + "ü" * 40)
    for change in ({"name": "A\r\nBcc: all@x.example"},
                   {"email": "a@b\r\nRCPT TO:<c@d>"}):
        got = platform.post("recipients", dict(
            {"name": "A", "role": "admin"}, **change), key=north.key)
        assert got.status == 422 and list(change)[0] in got.body.decode(), got
    north.fail_import()
    north.wait_for_state("delivered")
    mail, = server.to(north.address)
    assert len(mail["To"].addresses) == 1 and mail["Bcc"] is None
    # The package's own view of addresses leaves a blank between two encoded
    # words, which RFC 2047, 6.2 wants ignored; its older decoder does so.
    words = email.message_from_bytes(mail.raw)["To"].split(" <")[0]
    assert str(make_header(decode_header(words))).rstrip() == \
        '"; <x@y>, Björn =?UTF-8?Q?a?=' + "ü" * 40


# TLS is there from the first byte, which the server's check does not see.
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_tls_with_a_login_is_spoken_to_a_server_that_can_prove_itself(
        platform, server, certificate):
    secure = MailServer(certificate, login=("edupulse", "a secret"))
    secret = platform.data / "secrets/smtp.password"
    own = (f"notification.smtp_url = smtps://localhost:{secure.port}\n"
           "notification.smtp_from = edupulse@north.example\n"
           "notification.smtp_user = edupulse\n"
           f"notification.smtp_password_file = {secret}\n")
    secret.write_text("a secret\n")
    secret.chmod(0o600)
    subprocess.run(["chown", "edupulse-notification", secret], check=False,
                   capture_output=True)
    trusted = platform.data / "server.crt"
    trusted.write_bytes(certificate[0].read_bytes())
    trusted.chmod(0o644)
    north = Tenant(platform, "mail-tls")
    ask = lambda: platform.post("channels/smtp/test",
                                {"recipient_id": north.recipient},
                                key=north.key).json
    secure.start()
    try:
        platform.restart("notification", own)
        answer = ask()
        assert not answer["accepted"] and not secure.mails, answer
        platform.restart("notification", own + f"notification.smtp_ca_file = {trusted}\n")
        assert ask()["accepted"]
        assert len(secure.to(north.address)) == 1
        secure.login = ("edupulse", "another")
        answer = ask()
        assert not answer["accepted"] and answer["code"] == 535, answer
    finally:
        secure.stop()
        platform.restart("notification", SETTINGS.format(port=server.port))


def test_a_training_that_fails_is_told(platform, server):
    north = Tenant(platform, "told-training")
    got = platform.post("train/update", {"train_terms": ["1999"],
                                         "test_terms": ["2000"]}, key=north.key)
    assert got.status == 202, got
    job = f"train/jobs/{got.json['job_id']}"
    platform.wait("the training fails",
                  lambda: north.get(job)["state"] == "failed")
    north.wait_for_messages(1)
    message, = north.inbox()
    assert message["kind"] == "training"
    assert platform.get(message["link"], key=north.key).status == 200


def test_each_student_who_reached_a_category_is_told_once_despite_kills(
        platform, server):
    north = Tenant(platform, "told-risk")
    simulate(platform, north.key, "--students", 100, "--today", TODAY,
             "--seed", 3)
    platform.settle(120)
    train_champion(platform, north.key, weeks=(12, 18))
    for _ in range(3):
        platform.kill_and_wait("notification")
        platform.wait("notification is ready", lambda: platform.is_ready("notification"))
    listed = platform.wait("a ranking is there", lambda: [
        p for p in north.get("risk?top=500")["items"]
        if p["risk_category"] in ("high", "critical")])
    north.wait_for_messages(len(listed))
    told = sorted(m["title"] for m in north.inbox())
    assert told == sorted(
        f"Student {p['student_id']} reached the category "
        f"{p['risk_category']} in {p['course_id']}" for p in listed)
    north.wait_for_state("delivered", min(len(listed), 50))
    texts = [m.get_content() for m in server.to(north.address)]
    assert texts and all("reached a risk category" in t for t in texts)
    for one in listed:
        assert not any(one["student_id"] in t for t in texts)


def test_a_person_sets_it_up_with_the_client(platform, server):
    key = tenant_key(platform, "told-client")
    run = lambda *words, **more: platform.client("--key", key, *words, **more)
    principal = platform.get("auth/me", key=key).json["principal"]
    assert run("inbox", check=False).returncode == 1
    run("recipients", "add", "--name", "Ana", "--role", "admin",
        "--email", "ana@told-client.example", "--key", principal)
    run("rules", "add", "--name", "All imports", "--kind", "import",
        "--roles", "admin,operator")
    listed = json.loads(run("rules", "--json").stdout)["items"]
    assert {"All imports"} < {r["name"] for r in listed}
    rule = next(r for r in listed if r["name"] == "All imports")
    run("rules", "off", rule["rule_id"])
    assert not json.loads(platform.get(f"rules/{rule['rule_id']}", key=key
                                       ).body)["active"]
    run("rules", "remove", rule["rule_id"])
    ana, = json.loads(run("recipients", "--json").stdout)["items"]
    assert "taken" in run("recipients", "test", ana["recipient_id"]
                          ).stdout.lower()
    got = platform.post("imports?file_name=x.zip", b"PK\3\4 no", key=key,
                        headers={"Content-Type": "application/zip"})
    assert got.status == 202, got
    platform.wait("the message is there",
                  lambda: "An import failed" in run("inbox").stdout)
    message, = json.loads(run("inbox", "--json").stdout)["items"]
    assert message["body"] in run("inbox", "read", message["message_id"]
                                  ).stdout
    assert "An import failed" not in run("inbox").stdout
    assert "An import failed" in run("inbox", "--all").stdout
    run("recipients", "remove", ana["recipient_id"])
    assert json.loads(run("recipients", "--json").stdout)["items"] == []
