"""A real SMTP server on this machine, which keeps what it takes and fails where a test says so."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers import free_port

PATIENCE_S = 30.0


@dataclass(slots=True)
class MailServer:
    """Where it listens, what it has taken, and what it is to do about the next ones."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """Its next answers to RCPT TO, as `451 busy`; when there is none left, it accepts."""
    hold_before_taking: bool = False
    hold_after_taking: bool = False
    held: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.asked_for.append(address)
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        await self._hold_if(self.hold_before_taking)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        await self._hold_if(self.hold_after_taking)
        return "250 OK"

    async def _hold_if(self, wanted: bool) -> None:
        """Keep the client waiting until it is gone: aiosmtpd ends this when the connection ends."""
        if wanted:
            self.held.set()
            await asyncio.sleep(PATIENCE_S)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Start one, and stop it."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's own: else every word of every client
    server = MailServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
