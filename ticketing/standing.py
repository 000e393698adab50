"""What open connections rest on, and whether it still stands: asked for thousands of them in one query.

A page is judged anew at each request; a connection lives for hours. Who keeps connections keeps their claims, and asks
here every few seconds, and at once when it is told that somebody may do less than before (`ended_with`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast

from ticketing.models import ArtistMembership, Device, User, VenueMembership
from ticketing.rights import SEES_SALES

_LOGGER = logging.getLogger(__name__)
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Paired:
    """A phone that was not revoked."""

    who: UUID


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person's session that was not ended, nor their password changed since: `auth_hash` is the session's own."""

    who: UUID
    session_key: str
    auth_hash: str


@dataclass(frozen=True, slots=True)
class SeesSales:
    """A membership by which a person follows a show's sales."""

    who: UUID
    event_id: UUID


@dataclass(frozen=True, slots=True)
class SeesSellThrough:
    """A membership by which a person follows a show's sold-out bar."""

    who: UUID
    event_id: UUID


Claim = Paired | SignedIn | SeesSales | SeesSellThrough
Teller = Callable[[UUID], None]
_tellers: list[Teller] = []


def ended_with(teller: Teller) -> None:
    """Be told of every device or person that may do less than before. Losing a call only costs time."""
    if teller not in _tellers:
        _tellers.append(teller)


def lessened(who: UUID) -> None:
    """Tell, once this transaction is committed, that a device or a person may do less than before."""
    transaction.on_commit(partial(_tell, who))


def _tell(who: UUID) -> None:
    for teller in _tellers:
        try:
            teller(who)
        except Exception:
            _LOGGER.exception("it was not told that %s may do less; the next look finds it", who)


def ended(claims: Iterable[Claim], *, now: datetime) -> set[Claim]:
    """Those of the claims that do not stand any more. One query for each 5,000 of them."""
    asked = list(claims)
    chunks = (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))
    return {claim for chunk in chunks for claim in _ended(chunk, now)}


def _ended(claims: Sequence[Claim], now: datetime) -> Iterable[Claim]:
    found: dict[tuple[str, str], set[str]] = {}
    queries = [*_devices(claims), *_people(claims, now), *_members(claims)]
    for kind, key, value in queries[0].union(*queries[1:], all=True) if queries else ():
        # PostgreSQL writes a UUID with dashes, SQLite without.
        told = value if kind == "person" else value.replace("-", "")
        found.setdefault((kind, key.replace("-", "")), set()).add(told)
    return (claim for claim in claims if not _stands(claim, found))


def _stands(claim: Claim, found: dict[tuple[str, str], set[str]]) -> bool:
    match claim:
        case Paired(who):
            return ("device", who.hex) in found
        case SignedIn(who, session_key, auth_hash):
            passwords = found.get(("person", who.hex), ())
            in_time = ("session", session_key) in found
            return in_time and any(auth_hash in _auth_hashes(password) for password in passwords)
        case SeesSales(who, event_id):
            return event_id.hex in found.get(("sales", who.hex), ())
        case SeesSellThrough(who, event_id):
            return event_id.hex in found.get(("sell_through", who.hex), ())


Rows = QuerySet[Any, tuple[str, str, str]]


def _devices(claims: Sequence[Claim]) -> Iterable[Rows]:
    if ids := [claim.who for claim in claims if isinstance(claim, Paired)]:
        devices = Device.objects.filter(pk__in=ids, revoked_at=None)
        yield _rows(devices, "device", _text("pk"), Value(""))


def _people(claims: Sequence[Claim], now: datetime) -> Iterable[Rows]:
    if sessions := [claim for claim in claims if isinstance(claim, SignedIn)]:
        keys, ids = {claim.session_key for claim in sessions}, {claim.who for claim in sessions}
        yield _rows(
            Session.objects.filter(pk__in=keys, expire_date__gt=now), "session", _text("pk"), Value("")
        )
        yield _rows(User.objects.filter(pk__in=ids, is_active=True), "person", _text("pk"), _text("password"))


def _members(claims: Sequence[Claim]) -> Iterable[Rows]:
    if sales := [claim for claim in claims if isinstance(claim, SeesSales)]:
        venues = VenueMembership.objects.filter(
            user__in={c.who for c in sales},
            venue__events__in={c.event_id for c in sales},
            role__in=SEES_SALES,
        )
        yield _rows(venues, "sales", _text("user"), _text("venue__events"))
    if bars := [claim for claim in claims if isinstance(claim, SeesSellThrough)]:
        artists = ArtistMembership.objects.filter(
            user__in={c.who for c in bars}, artist__events__in={c.event_id for c in bars}
        )
        yield _rows(artists, "sell_through", _text("user"), _text("artist__events"))


def _rows(of: QuerySet[Any], kind: str, key: Any, value: Any) -> Rows:
    rows: Rows = of.order_by().annotate(a=Value(kind), b=key, c=value).values_list("a", "b", "c")
    return rows


def _text(field: str) -> Cast:
    return Cast(field, CharField())


@lru_cache(maxsize=8_192)
def _auth_hashes(password: str) -> frozenset[str]:
    """What a session of a person with this password carries, by each of our keys."""
    person = User(password=password)
    return frozenset((person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()))
