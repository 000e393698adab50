"""Who opens a socket: the person whose session its cookie names, or nobody in particular.

In place of Channels' AuthMiddlewareStack, which asks a thread that everything shares even about sockets without a
cookie. What is found is what it would have found; nothing is written, since a socket cannot set a cookie.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from realtime.line import Send
from realtime.reads import in_thread
from realtime.wire import App, Receive, Scope


def signed_in(app: App) -> App:
    """Put `user`, and for a person `session`, into the scope. Only a session's cookie costs a look at the database."""

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        key = _session_key(scope)
        found = None if key is None else await in_thread(_person, key)
        user, session = found or (AnonymousUser(), None)
        await app({**scope, "user": user, "session": session}, receive, send)

    return look


def _session_key(scope: Scope) -> str | None:
    name = settings.SESSION_COOKIE_NAME
    for header, value in scope["headers"]:
        if header == b"cookie" and name.encode() in value:
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(name)
            except CookieError:
                return None
            return morsel.value if morsel else None
    return None


def _person(key: str) -> tuple[AbstractBaseUser, SessionBase] | None:
    """The session's person, if the session still stands: as Django's own `get_user`, but it changes nothing."""
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    try:
        pk = get_user_model()._meta.pk.to_python(session[SESSION_KEY])  # noqa: SLF001  # Django's own way
        path, told = session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY]
    except KeyError:
        return None
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(path).get_user(pk)
    if user is None or not _is_hash_of(user, told):
        return None
    return user, session


def _is_hash_of(user: Any, told: str) -> bool:
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(told, good) for good in hashes)
