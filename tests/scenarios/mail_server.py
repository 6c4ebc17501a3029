"""A mail server for the scenarios: aiosmtpd, which keeps what it takes, and
can be told to put off, to refuse, to wait, or to be away."""
import contextlib
import email
import email.policy
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from conftest import free_port

SETTINGS = """\
notification.smtp_url = smtp://localhost:{port}
notification.smtp_from = edupulse@north.example
notification.smtp_pause = 1
notification.smtp_attempts = 40
notification.public_url = https://edupulse.north.example
"""


class MailServer:
    """`mails` holds (recipient, message as Python's email package reads it)
    in the order in which they came."""

    def __init__(self, certificate=None, login=None):
        self.port = free_port()
        self.mails, self.refused, self.put_off = [], set(), set()
        self.certificate, self.login = certificate, login
        self.held = None
        self.controller = None

    def start(self):
        words = {}
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            words["ssl_context"] = context
        if self.login:
            words.update(auth_required=True, auth_require_tls=False,
                         authenticator=self.check_login)
        self.controller = Controller(self, hostname="localhost",
                                     port=self.port, **words)
        self.controller.start()

    def hold(self):
        """Keep what comes, but do not answer until let_go."""
        self.held = threading.Event()

    def let_go(self):
        held, self.held = self.held, None
        held.set()

    def stop(self):
        if self.controller:
            self.controller.stop()
        self.controller = None

    def check_login(self, _server, _session, _envelope, _mechanism, data):
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.login, handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refused:
            return "550 5.1.1 No such mailbox here"
        if address in self.put_off:
            return "451 4.7.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, _session, envelope):
        message = email.message_from_bytes(envelope.content,
                                           policy=email.policy.default)
        message.raw = envelope.content
        self.mails += [(to, message) for to in envelope.rcpt_tos]
        if self.held:
            await server.loop.run_in_executor(None, self.held.wait, 60)
        return "250 2.0.0 Taken"

    def to(self, address):
        return [message for to, message in list(self.mails) if to == address]


@contextlib.contextmanager
def taking_mail(platform):
    """A server to which notification sends, while it lasts."""
    server = MailServer()
    server.start()
    platform.restart("notification", SETTINGS.format(port=server.port))
    try:
        yield server
    finally:
        server.stop()
        platform.restart("notification", "")
