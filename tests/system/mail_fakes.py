"""Mail servers and syslog daemons for the tests: aiosmtpd with the behaviours of real ones, sockets.

MailServer   aiosmtpd on 127.0.0.1 with STARTTLS, implicit TLS or none; knows one user; records what
             it took and, of each session, the commands in their order with TLS or without
SyslogSocket a datagram or stream socket that records what it is sent
"""

import email
import email.policy
import os
import select
import shutil
import socket
import ssl
import threading

import pytest

aiosmtpd = pytest.importorskip("aiosmtpd", reason="python3-aiosmtpd is not installed")

from aiosmtpd.controller import Controller  # noqa: E402
from aiosmtpd.smtp import SMTP, AuthResult  # noqa: E402

from fakes import free_port  # noqa: E402

USER, PASSWORD = "agent@example.org", "c0rrect-horse+battery/staple"


class Mail:
    """One message that was taken, and its envelope."""

    def __init__(self, envelope):
        self.sender = envelope.mail_from
        self.recipients = list(envelope.rcpt_tos)
        self.raw = bytes(envelope.original_content)

    def parsed(self):
        """By Python's parser, which must find no defect in it or in any of its headers."""
        message = email.message_from_bytes(self.raw, policy=email.policy.strict)
        for part in message.walk():
            assert part.defects == []
            for _, value in part.items():
                assert value.defects == (), value
        return message


class _Session(SMTP):
    """Writes down what is said, and whether TLS hid it."""

    def log_command(self, name, arg):
        self.fake.commands.append((name, self._tls_protocol is not None or self.fake.implicit, arg))


def _recorded(name):
    plain = getattr(SMTP, "smtp_" + name)

    async def command(self, arg):
        self.log_command(name, arg)
        line = self.fake.answer(name, arg)
        if line is not None:
            if line:
                await self.push(line)
            return
        await plain(self, arg)

    command.__doc__ = plain.__doc__
    for attribute in ("__smtp_syntax__", "__smtp_help__", "__smtp_syntax_extended__",
                      "__smtp_syntax_when__"):
        if hasattr(plain, attribute):
            setattr(command, attribute, getattr(plain, attribute))
    return command


for _name in ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"):
    setattr(_Session, "smtp_" + _name, _recorded(_name))


class MailServer:
    """tls: "starttls", "implicit" or None. script: what the next commands of a kind are answered,
    e.g. {"RCPT": ["450 4.2.0 greylisted", None]}; None lets the command through, "" says nothing.
    mechanisms: the ways to log in that it claims to have; it takes PLAIN and LOGIN of them."""

    def __init__(self, pair=None, tls="starttls", login=True, script=None, mechanisms=None):
        self.mails, self.commands, self.script = [], [], script or {}
        self.implicit = tls == "implicit"
        context = None
        if pair is not None and tls is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*pair)
        fake = self

        class Handler:
            async def handle_EHLO(self, server, session, envelope, hostname, lines):
                session.host_name = hostname
                if mechanisms is None:
                    return lines
                return ["250-AUTH " + " ".join(mechanisms) if line.startswith("250-AUTH") else line
                        for line in lines]

            async def handle_DATA(self, server, session, envelope):
                line = fake.answer("BODY", None)
                if line is not None:
                    return line
                fake.mails.append(Mail(envelope))
                return "250 2.0.0 Ok: queued as 12345"

        def authenticator(server, session, envelope, mechanism, data):
            right = data.login == USER.encode() and data.password == PASSWORD.encode()
            return AuthResult(success=right, handled=right)

        class Server(Controller):
            def factory(self):
                smtp = _Session(
                    self.handler,
                    hostname="mx.example.org",
                    tls_context=None if fake.implicit else context,
                    require_starttls=tls == "starttls",
                    authenticator=authenticator if login else None,
                    auth_require_tls=not fake.implicit and tls is not None,
                    auth_required=login,
                )
                smtp.fake = fake
                return smtp

        self.port = free_port()
        self._server = Server(
            Handler(), hostname="127.0.0.1", port=self.port,
            ssl_context=context if self.implicit else None, ready_timeout=10,
        )
        self._server.start()

    def answer(self, name, arg):
        lines = self.script.get(name)
        if not lines:
            return None
        line = lines.pop(0)
        return line(arg) if callable(line) else line

    def said(self, name):
        return [arg for command, _, arg in self.commands if command == name]

    def said_in_clear(self):
        return [command for command, secure, _ in self.commands if not secure]

    def stop(self):
        self._server.stop(no_assert=True)


class SyslogSocket:
    """messages: each one as bytes."""

    def __init__(self, path, kind=socket.SOCK_DGRAM):
        self.path, self.kind, self.messages = str(path), kind, []
        self._stopped = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX, kind)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)
        if kind == socket.SOCK_STREAM:
            self._socket.listen(5)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while not self._stopped.is_set():
            if not select.select([self._socket], [], [], 0.05)[0]:
                continue
            if self.kind == socket.SOCK_DGRAM:
                self.messages.append(self._socket.recv(65536))
                continue
            connection, _ = self._socket.accept()
            with connection:
                data = b""
                while piece := connection.recv(65536):
                    data += piece
            self.messages += [m for m in data.split(b"\0") if m]

    def stop(self):
        self._stopped.set()
        self._thread.join()
        self._socket.close()
        os.unlink(self.path)


def find_program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
