"""Mails over SMTP, or into a folder where people can look at them."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from tidegate.base.mail import Mail, NotSent

TIMEOUT = 20.0
"""Seconds for each answer of the server."""


def as_message(mail: Mail) -> EmailMessage:
    """The mail as RFC 5322 writes it: plain text, and simple HTML beside it."""
    message = EmailMessage()
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(mail.at)
    message["From"] = mail.sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no "out of office" answers it
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    # Last: what begins with Content- moves into the part when there is a second one.
    message["Content-Language"] = "zh-CN" if mail.language == "zh" else "en"
    return message


class SmtpMailer:
    """A mail server that takes our mails: `security` is "tls" from the first byte, "starttls", or "none".

    A connection per mail: they are few, and a connection that was left open is what fails at night.
    """

    def __init__(
        self,
        host: str,
        port: int,
        security: str,
        user: str | None = None,
        password: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._host, self._port, self._security, self._timeout = host, port, security, timeout
        self._user, self._password = user, password

    def send(self, mail: Mail) -> None:
        """Hand it over. Raises NotSent."""
        try:
            with self._connected() as server:
                if self._security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self._user is not None and self._password is not None:
                    server.login(self._user, self._password)
                server.send_message(as_message(mail))
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            raise NotSent(f"{code} {_words(said)}", for_good=500 <= code < 600) from refused
        except smtplib.SMTPResponseException as refused:
            # A refused sign-in or sender is our own fault and may be mended; only the mailbox itself is final.
            raise NotSent(f"{refused.smtp_code} {_words(refused.smtp_error)}") from refused
        except (smtplib.SMTPException, OSError) as fault:
            raise NotSent(f"{type(fault).__name__}: {fault}") from fault

    def _connected(self) -> smtplib.SMTP:
        if self._security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout)


class FolderMailer:
    """Every mail as a file, for a machine without a mail server. The same mail again is the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: Mail) -> None:
        """Write it down, whole or not at all. Raises NotSent."""
        name = mail.message_id.strip("<>").partition("@")[0]
        part, whole = self._folder / f"{name}.part", self._folder / f"{name}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.touch(mode=0o600)  # its link is a secret: nobody else reads it
            part.write_bytes(as_message(mail).as_bytes())
            part.replace(whole)
        except OSError as fault:
            raise NotSent(f"{type(fault).__name__}: {fault}") from fault


def _words(said: bytes | str) -> str:
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else said)[:300]
