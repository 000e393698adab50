"""Who opens a socket: as Channels' own stack finds it, but nobody without a session's cookie costs a thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from realtime import auth
from tests.factories import a_user
from ticketing.models import User

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


async def who(stack: Callable[[Any], Any], *cookies: str) -> Any:
    """Whom an ASGI stack finds behind these cookies: a user's id, or None."""
    found = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        found.append(scope)

    headers = [(b"host", b"x"), *((b"cookie", cookie.encode()) for cookie in cookies)]
    await stack(app)({"type": "websocket", "headers": headers}, None, None)
    [scope] = found
    return scope["user"].pk


def signed_in_browser(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def cookie(value: str) -> str:
    return f"theme=dark; {settings.SESSION_COOKIE_NAME}={value}; other=1"


def change_password(user: User) -> None:
    user.set_password("another one entirely")
    user.save()


def shut_out(user: User) -> None:
    user.is_active = False
    user.save()


def sign_out_everywhere(_: User) -> None:
    Session.objects.all().delete()


async def test_a_session_is_its_persons() -> None:
    user = await made(a_user)
    session = await made(signed_in_browser, user)

    assert await who(auth.signed_in, cookie(session)) == user.pk


@pytest.mark.parametrize("change", [change_password, shut_out, sign_out_everywhere])
async def test_a_session_that_has_ended_is_nobodys_as_channels_finds_too(
    change: Callable[[User], None],
) -> None:
    user = await made(a_user)
    session = await made(signed_in_browser, user)
    await made(change, user)

    assert await who(auth.signed_in, cookie(session)) is None
    assert await who(AuthMiddlewareStack, cookie(session)) is None


@pytest.mark.parametrize("cookies", [("x" * 32,), ("",), ('"; broken',), ("ü",), ("../../etc",)])
async def test_a_session_that_never_was_is_nobodys(cookies: tuple[str, ...]) -> None:
    assert await who(auth.signed_in, *map(cookie, cookies)) is None


@pytest.mark.parametrize("cookies", [(), ("theme=dark",), ("csrftoken=1; theme=dark",)])
async def test_a_socket_without_a_sessions_cookie_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, cookies: tuple[str, ...]
) -> None:
    async def fail(*_: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(auth, "in_thread", fail)

    assert await who(auth.signed_in, *cookies) is None


async def test_looking_writes_nothing() -> None:
    user = await made(a_user)
    session = await made(signed_in_browser, user)
    before: list[dict[str, Any]] = await made(list, Session.objects.values())
    await made(change_password, user)

    await who(auth.signed_in, cookie(session))

    assert await made(list, Session.objects.values()) == before
