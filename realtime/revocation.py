"""Who may do less than before loses its open connections, or their topics, at once: told, and looked after.

A connection rests on claims (`ticketing.standing`). They are all looked at every two seconds in one query, and those
of one device or person at once when the layer tells that it may do less. Being told is only a reason to look: a call
that is lost, doubled or made up ends nothing that stands. A scan is checked in its own transaction besides
(`ticketing.door`), so nobody enters through the seconds in between. One watch per event loop, like the hub.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from uuid import UUID
from weakref import WeakKeyDictionary

from realtime import doorbell, topics
from realtime.ear import Call, ear, spoken
from realtime.reads import in_thread
from realtime.topics import Anonymous, Principal, Topic
from ticketing import standing
from ticketing.clock import utc_now
from ticketing.standing import Claim

_LOGGER = logging.getLogger(__name__)
EVERY_S = 2.0
GROUP = "rights"
"""Where it is called out who may do less."""
Ended = Callable[[], None]


class Watch:
    """The claims that this process's connections rest on, and what is to be done when one of them ends.

    `told` is called with every device or person of which it is told.
    """

    def __init__(self) -> None:
        self._held: dict[Claim, set[Ended]] = {}
        self.told: list[Callable[[UUID], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._round: asyncio.Task[None] | None = None

    def hold(self, claim: Claim, ended: Ended) -> None:
        """Have `ended` called once, when this claim does not stand any more."""
        self._held.setdefault(claim, set()).add(ended)
        if self._round is None or self._round.done():
            ear().listen(GROUP, self._hear)
            self._round = asyncio.get_running_loop().create_task(self._look_around())

    def let_go(self, claim: Claim, ended: Ended) -> None:
        """Nothing rests on this claim here any more. Letting go twice is nothing."""
        if held := self._held.get(claim):
            held.discard(ended)
            if not held:
                del self._held[claim]

    async def _look_around(self) -> None:
        while self._held:
            await asyncio.sleep(EVERY_S)
            await self._look(list(self._held))

    def _hear(self, call: Call) -> None:
        who = UUID(call["who"])
        for told in self.told:
            told(who)
        if claims := [claim for claim in self._held if claim.who == who]:
            task = asyncio.get_running_loop().create_task(self._look(claims))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look(self, claims: Iterable[Claim]) -> None:
        try:
            gone = await in_thread(standing.ended, claims, now=utc_now())
        except Exception:
            _LOGGER.exception("the connections' rights could not be read; the next look follows")
            return
        for claim in gone:
            for ended in self._held.pop(claim, set()):
                ended()


class Holdings:
    """One connection's claims: whom it speaks for, and what it follows."""

    def __init__(self, *, shut_out: Ended, close: Callable[[Topic], None]) -> None:
        """`shut_out` is called when the connection may stay no longer, `close` when it may not follow a topic."""
        self._shut_out = shut_out
        self._close = close
        self._speaks: Claim | None = None
        self._follows: dict[Topic, tuple[Claim, Ended]] = {}

    def speak_for(self, principal: Principal) -> None:
        """The connection speaks for this principal from now on."""
        if self._speaks is not None:
            watch().let_go(self._speaks, self._shut_out)
        self._speaks = topics.claim_of(principal)
        if self._speaks is not None:
            watch().hold(self._speaks, self._shut_out)

    def follow(self, principal: Principal, topic: Topic) -> None:
        """It follows a topic, for this principal."""
        self.leave(topic)
        claim = topics.claim_on(principal, topic)
        if claim is not None:
            ended = partial(self._close, topic)
            self._follows[topic] = claim, ended
            watch().hold(claim, ended)

    def leave(self, topic: Topic) -> None:
        """It follows the topic no more."""
        if held := self._follows.pop(topic, None):
            watch().let_go(*held)

    def end(self) -> None:
        """The connection is gone."""
        self.speak_for(Anonymous())
        for topic in list(self._follows):
            self.leave(topic)


def tell(who: UUID) -> None:
    """Call out that a device or a person may do less than before. Called after commit; waits for nobody."""
    doorbell.call_out(GROUP, spoken(GROUP, who=str(who)))


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """The running loop's watch."""
    loop = asyncio.get_running_loop()
    if loop not in _watches:
        _watches[loop] = Watch()
    return _watches[loop]
