#!/usr/bin/python3
"""An SMTP server for tests/interop/mail.test.mjs: STARTTLS or TLS from the start, log-in, and moods.

Usage: mail_server.py PORT tls|starttls CERTIFICATE_AND_KEY MOOD_FILE
A mood is JSON, read at each mail: {"refuse": address} answers 550 at RCPT, {"busy": true} 451 at DATA, {"slow": seconds}
waits before it takes a mail. What was taken is written to standard output, one JSON object a line.
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

port, kind, certificate, mood_file = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


def mood():
    with open(mood_file, encoding="utf-8") as file:
        return json.load(file)


class Verbatim(SMTP):
    """Keeps what stood behind RCPT, which the library hands on without its quotes."""

    recipients = ()

    async def smtp_RCPT(self, arg):
        self.recipients = (*self.recipients, arg)
        await super().smtp_RCPT(arg)


class Handler:
    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if mood().get("refuse") == address:
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        now = mood()
        await asyncio.sleep(now.get("slow", 0))
        # Who gave up meanwhile has sent nothing: its mail would turn up in another test.
        if server.transport is None or server.transport.is_closing():
            return "451 4.4.2 too late"
        if now.get("busy"):
            return "451 4.3.0 come back later"
        verbatim, server.recipients = server.recipients, ()
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "rcpt": verbatim, "tls": session.ssl is not None or kind == "tls",
                          "login": (session.auth_data or b"").decode() if isinstance(session.auth_data, bytes) else session.auth_data,
                          "message": envelope.original_content.decode()}), flush=True)
        return "250 OK"


def authenticate(_server, _session, _envelope, _mechanism, data):
    good = data.login == b"tegata" and data.password == b"only for the mail server"
    return AuthResult(success=good, auth_data=data.login)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)


class Server(Controller):
    def factory(self):
        more = {} if kind == "tls" else {"tls_context": context, "require_starttls": True}
        return Verbatim(self.handler, authenticator=authenticate, auth_required=True, auth_require_tls=kind != "tls", **more)


Server(Handler(), hostname="127.0.0.1", port=port, ssl_context=context if kind == "tls" else None).start()
print(json.dumps({"ready": True}), flush=True)
sys.stdin.read()
