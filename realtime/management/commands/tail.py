"""`manage.py tail TOPIC`: a topic's entries on the terminal as they happen, over the same socket as everybody's."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from realtime import protocol as p
from realtime.client import HandshakeRefused, Place, Refused, Resumed, Status, Told, follow
from realtime.client.topic import carries_facts

_WORDS: Final = {
    Status.LIVE: "connected",
    Status.CONNECTING: "the connection is gone; coming back",
    Status.OFFLINE: "nobody answers; trying on",
}


class Command(BaseCommand):
    """Follow a topic until Ctrl-C, across whatever happens to the server."""

    help = (
        "Print a topic as it happens: public:EVENT for anybody, door:EVENT with a device's token, sales:EVENT and "
        "artist:EVENT with a session. Survives restarts of the server; Ctrl-C ends it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to follow, where, as whom and since when."""
        parser.add_argument("topic", help="for instance public:018f4e1a-0000-7000-8000-000000000001")
        parser.add_argument(
            "--url", default=settings.ENV.origin, help="the gateway's process (default PUBLIC_URL)"
        )
        parser.add_argument(
            "--origin", default=settings.ENV.origin, help="whose pages it serves (default PUBLIC_URL)"
        )
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--token", help="a paired device's token (or NGN_TOKEN, which `ps` does not show)")
        who.add_argument("--session", help="a signed-in person's session cookie (or NGN_SESSION)")
        parser.add_argument(
            "--since", type=int, metavar="SEQ", help="first what came after this entry of the log"
        )
        parser.add_argument("--json", action="store_true", help="each message as one line of JSON")

    def handle(self, **options: Any) -> None:
        """Print, until Ctrl-C or until the server says no."""
        tail = _tail_of(options, say=self._say, note=self._note)
        try:
            asyncio.run(tail.run())
        except KeyboardInterrupt:
            return
        except BrokenPipeError:
            # Whoever read us, `head` for instance, has enough: what is left in the buffer must not be tried again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Refused as refusal:
            raise CommandError(f"{tail.topic}: {refusal}") from refusal
        except HandshakeRefused as refusal:
            raise CommandError(f"{tail.url}: {refusal}. {_advice(refusal.status)}") from refusal

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _note(self, line: str) -> None:
        self.stderr.write(f"-- {line}", self.style.NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tail:
    """What is followed, as whom, and how it is told: entries by `say`, what happens to the connection by `note`."""

    url: str
    origin: str
    topic: str
    token: str | None
    cookie: str | None
    since: int | None
    as_json: bool
    say: Callable[[str], None]
    note: Callable[[str], None]

    async def run(self) -> None:
        """For ever. Raises Refused and HandshakeRefused."""
        place = None if self.since is None else Place(self.since, await self._epoch())
        async with aclosing(self._follow(place)) as entries:
            async for told in entries:
                self._tell(told, place)
                place = None

    def _follow(self, place: Place | None, *, quiet: bool = False) -> Any:
        return follow(
            self.url,
            self.topic,
            token=self.token,
            cookie=self.cookie,
            origin=self.origin,
            resume=place,
            on_status=None if quiet else lambda status: self.note(_WORDS[status]),
        )

    async def _epoch(self) -> str:
        """The log's epoch, without which a number says nothing: a visit's first word tells it."""
        async with aclosing(self._follow(None, quiet=True)) as visit:
            async for told in visit:
                if isinstance(told, p.TopicSnapshot):
                    return told.epoch
        raise AssertionError("a topic that is followed tells its snapshot first")

    def _tell(self, told: Told, asked: Place | None) -> None:
        if asked is not None and isinstance(told, p.TopicSnapshot):
            self.note(f"the gateway does not go back to {asked.since}; this is all as of {told.seq}")
        if self.as_json:
            self.say(as_json(told))
        elif isinstance(told, Resumed):
            self.note(
                f"back: {told.missed} missed, and told above" if told.missed else "back: nothing was missed"
            )
        else:
            self.say(as_line(told))


def _tail_of(options: dict[str, Any], *, say: Callable[[str], None], note: Callable[[str], None]) -> _Tail:
    if options["since"] is not None and not carries_facts(options["topic"]):
        raise CommandError("--since is for door: and sales: topics; the others tell their newest state only")
    if options["since"] is not None and options["since"] < 0:
        raise CommandError("--since wants the number of an entry, from 0")
    named = options["token"] or options["session"]
    token = options["token"] or (None if named else os.environ.get("NGN_TOKEN"))
    session = options["session"] or (None if named or token else os.environ.get("NGN_SESSION"))
    return _Tail(
        url=_socket_url(options["url"]),
        origin=options["origin"],
        topic=options["topic"],
        token=token,
        cookie=f"{settings.SESSION_COOKIE_NAME}={session}" if session else None,
        since=options["since"],
        as_json=options["json"],
        say=say,
        note=note,
    )


def _socket_url(url: str) -> str:
    """`http://host`, `ws://host` and `ws://host/ws` all mean the same."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise CommandError("--url is like https://tickets.example.org")
    return parts._replace(scheme=scheme, path=parts.path.rstrip("/") or "/ws").geturl()


def _advice(status: int) -> str:
    if status == 403:
        return "It admits only its own origin: --origin https://its.public.address"
    return "Is this the gateway's address?"


def as_json(told: Told) -> str:
    """The message as it came over the wire; `resumed` is the client's own word."""
    if isinstance(told, Resumed):
        return msgspec.json.encode({"t": "resumed", "topic": told.topic, "missed": told.missed}).decode()
    return msgspec.json.encode(told).decode()


def as_line(told: p.TopicSnapshot | p.TopicFact | p.TopicState | p.TopicPresence) -> str:
    """One line: place in the log, moment, kind, and what there is to say, the long columns left out."""
    match told:
        case p.TopicFact(seq=seq, fact=fact):
            return _line(seq, msgspec.to_builtins(fact))
        case p.TopicState(seq=seq, state=state):
            return _line(seq, msgspec.to_builtins(state))
        case p.TopicSnapshot(seq=seq, snapshot=snapshot):
            plain = {name: value for name, value in msgspec.to_builtins(snapshot).items() if _is_short(value)}
            return _line(seq, plain)
        case p.TopicPresence(devices=devices):
            here = [f"{_word(one.name)}={'online' if one.online else 'away'}" for one in devices]
            return _columns("", None, "presence", " ".join(here) or "nobody")


def _line(seq: int, fields: dict[str, Any]) -> str:
    kind, at = fields.pop("t"), fields.pop("at", None)
    return _columns(seq, at, kind, " ".join(f"{name}={_word(value)}" for name, value in fields.items()))


def _columns(seq: int | str, at: int | None, kind: str, words: str) -> str:
    moment = "" if at is None else f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"
    return f"{seq:>7}  {moment:20}  {kind:16}  {words}".rstrip()


def _word(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() else msgspec.json.encode(value).decode()


def _is_short(value: Any) -> bool:
    return isinstance(value, int | str | None) and len(str(value)) <= 80
