"""The hub's reads, off the event loop: each in a thread of our own, none on the thread that HTTP views share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from channels.db import database_sync_to_async

Result = TypeVar("Result")
_THREADS = 8
_pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="realtime")


async def in_thread(read: Callable[..., Result], *args: object, **kwargs: object) -> Result:
    """Run a database read or a service in the gateway's own threads."""
    call = database_sync_to_async(partial(read, *args, **kwargs), thread_sensitive=False, executor=_pool)
    result: Result = await call()
    return result
