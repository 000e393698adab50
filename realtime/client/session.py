"""The client's side of `ngn.v1`, without I/O: messages, time and wishes go in, effects come out.

The twin of session.ts; both are held to the scripts in tests/vectors/client_rules.json. What is followed outlives the
connection: each new one joins again from where the last one stood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final, assert_never

from realtime import protocol as p
from realtime.client.backoff import FACTS_CROWD_MS, STATE_CROWD_MS, Pause, pause_after
from realtime.client.effects import (
    Answered,
    CloseTopic,
    Effect,
    End,
    Moment,
    Reconnect,
    Send,
    Status,
    Tell,
    TellResumed,
    Unanswered,
    Vitals,
)
from realtime.client.heart import SILENCE_MS, Beat, Heart
from realtime.client.topic import Following, Place, carries_facts
from ticketing.scans import ScanFact, UndoFact

_FIRST_FINAL_CODE: Final = 4500


class _Phase(Enum):
    CLOSED = "closed"
    OPENING = "opening"
    AUTHENTICATING = "authenticating"
    READY = "ready"
    ENDED = "ended"


Question = tuple[int, list[Effect]]
"""What is asked under which ref."""


class Session:
    """One client, over all its connections."""

    def __init__(self, token: str | None = None) -> None:
        self.status = Status.CONNECTING
        self._token = token
        self._phase = _Phase.CLOSED
        self._ref = 0
        self._heart = Heart()
        self._following: dict[str, Following] = {}
        self._questions: set[int] = set()
        self._authenticate_ref: int | None = None
        self._not_live_since: float | None = None
        # Connections in a row that brought no answer.
        self._failures = 0
        self._crowd_ms = 0
        self._asked_ms: int | None = None

    def opening(self, now: Moment) -> None:
        """A socket is being opened."""
        self._phase = _Phase.OPENING
        self._heart.opening(now.monotonic)
        self._since_not_live(now)

    def receive(self, message: p.ServerMessage, now: Moment) -> list[Effect]:  # noqa: PLR0911  # an arm for each message
        """What to do about a message."""
        self._heart.heard(now.monotonic)
        match message:
            case p.TopicSnapshot() | p.TopicFact() | p.TopicState() | p.TopicPresence() | p.TopicClosed():
                return self._of_topic(message)
            case p.Joined(ref=ref):
                if following := self._waiting_for(ref):
                    following.joined(message)
                return []
            case p.Pong():
                return self._pong(message, now)
            case p.Welcome():
                return self._ready(now) if self._token is None else self._authenticate(self._token)
            case p.Authenticated(ref=ref):
                return self._ready(now) if ref == self._authenticate_ref else []
            case p.VerdictGiven(ref=ref) | p.UndoAnswered(ref=ref) | p.Drained(ref=ref):
                return [Answered(message)] if self._forget_question(ref) else []
            case p.RequestRefused(ref=ref, code=code):
                return self._refused(ref, code, now)
            case p.GoingAway(after_ms=after_ms):
                self._asked_ms = after_ms
                return []
            case p.Left() | p.Signalled():
                return []  # phones signal to each other, and this client is none
            case _:
                assert_never(message)

    def closed(self, code: int | None, now: Moment) -> list[Effect]:
        """The socket closed with this code, or (None) we gave it up."""
        if self._phase is _Phase.ENDED:
            return []
        was_live = self.status is Status.LIVE
        was_heard = self._phase in (_Phase.AUTHENTICATING, _Phase.READY)
        self._phase = _Phase.CLOSED
        self._since_not_live(now)
        unanswered = self._forget_questions()
        if code is not None and code >= _FIRST_FINAL_CODE:
            return [*unanswered, *self._end(self._reason_for(code))]
        # A clean close is mostly a server that restarts: it is only offline when the next try fails too.
        self.status = Status.CONNECTING if was_live and code is not None else Status.OFFLINE
        # And it closes on everybody at once, while silence may well be our own network's.
        if was_heard:
            self._crowd_ms = 0 if code is None else self._crowd()
        return [*unanswered, Reconnect(self._pause())]

    def tick(self, now: Moment) -> list[Effect]:
        """To be called a few times a second."""
        since = now.monotonic if self._not_live_since is None else self._not_live_since
        if self.status is Status.CONNECTING and now.monotonic - since > SILENCE_MS:
            self.status = Status.OFFLINE
        if self._phase in (_Phase.CLOSED, _Phase.ENDED):
            return []
        ready = self._phase is _Phase.READY
        beat = self._beat(now) if ready else self._heart.beat_before_ready(now.monotonic)
        if beat is Beat.GIVE_UP:
            return self.closed(None, now)
        due = [self._join(f) for f in self._following.values() if f.must_ask_again(now.monotonic)]
        return [*([self._ping(now)] if beat is Beat.PING else []), *due]

    def _beat(self, now: Moment) -> Beat:
        long_message = any(following.expects_snapshot for following in self._following.values())
        return self._heart.beat(now.monotonic, long_message=long_message)

    def subscribe(self, topic: str, resume: Place | None = None) -> list[Effect]:
        """Follow a topic. Raises ValueError when it is followed already."""
        if topic in self._following:
            raise ValueError(f"{topic} is followed already")
        following = self._following[topic] = Following(topic, resume)
        return [self._join(following)] if self._phase is _Phase.READY else []

    def unsubscribe(self, topic: str) -> list[Effect]:
        """Follow a topic no more."""
        if self._following.pop(topic, None) is None or self._phase is not _Phase.READY:
            return []
        return [Send(p.Unsubscribe(ref=self._next_ref(), topic=topic))]

    def scan(self, scan: ScanFact) -> Question | None:
        """Ask about a scan: the question's ref and what to do. None while there is nobody to ask."""
        return self._ask(lambda ref: p.ScanTicket(ref=ref, scan=scan))

    def undo(self, undo: UndoFact) -> Question | None:
        """Take an admission back: the question's ref and what to do. None while there is nobody to ask."""
        return self._ask(lambda ref: p.UndoScan(ref=ref, undo=undo))

    def drain(self, scans: Sequence[ScanFact], undos: Sequence[UndoFact]) -> Question | None:
        """Tell part of a journal: the question's ref and what to do. None while there is nobody to ask."""
        return self._ask(lambda ref: p.Drain(ref=ref, scans=tuple(scans), undos=tuple(undos)))

    def heartbeat(self, vitals: Vitals) -> list[Effect]:
        """Tell how this device is, if there is somebody to tell."""
        if self._phase is not _Phase.READY or self._token is None:
            return []
        door = next((f for f in self._following.values() if f.topic.startswith("door:")), None)
        message = p.Heartbeat(
            ref=self._next_ref(),
            unsent=vitals.unsent,
            battery=vitals.battery,
            scanning=vitals.scanning,
            seq=door.known if door else None,
        )
        return [Send(message)]

    # --- the connection ----------------------------------------------------------------------------------------------

    def _since_not_live(self, now: Moment) -> None:
        if self._not_live_since is None:
            self._not_live_since = now.monotonic

    def _authenticate(self, token: str) -> list[Effect]:
        self._phase = _Phase.AUTHENTICATING
        self._authenticate_ref = self._next_ref()
        return [Send(p.Authenticate(ref=self._authenticate_ref, token=token))]

    def _ready(self, now: Moment) -> list[Effect]:
        self._phase = _Phase.READY
        self.status = Status.LIVE
        self._not_live_since = self._authenticate_ref = None
        # The ping goes last: its pong follows all that the joins bring, and tells that this was all.
        return [*(self._join(following) for following in self._following.values()), self._ping(now)]

    def _end(self, code: p.ErrorCode) -> list[Effect]:
        self._phase = _Phase.ENDED
        self.status = Status.OFFLINE
        topics = list(self._following)
        self._following.clear()
        return [End(code), *(CloseTopic(topic, code) for topic in topics)]

    def _reason_for(self, code: int) -> p.ErrorCode:
        if code != p.CloseCode.NOT_AUTHORISED_ANY_MORE:
            return p.ErrorCode.MALFORMED
        return p.ErrorCode.TOPIC_FORBIDDEN if self._token is None else p.ErrorCode.TOKEN_INVALID

    def _crowd(self) -> int:
        is_urgent = self._token is not None or any(map(carries_facts, self._following))
        return FACTS_CROWD_MS if is_urgent else STATE_CROWD_MS

    def _pause(self) -> Pause:
        pause = pause_after(failures=self._failures, crowd_ms=self._crowd_ms, asked_ms=self._asked_ms)
        self._failures += 1
        self._asked_ms = None
        return pause

    def _ping(self, now: Moment) -> Effect:
        self._heart.pinged(now.monotonic)
        return Send(p.Ping(ref=self._next_ref(), at=max(0, round(now.wall))))

    def _pong(self, pong: p.Pong, now: Moment) -> list[Effect]:
        # An answer proves the connection good: the next loss is a first one again.
        self._failures = self._crowd_ms = 0
        followings = self._following.values()
        behind = [following for following in followings if following.is_behind(pong, now.monotonic)]
        resumed = [(following.topic, following.caught_up(pong)) for following in followings]
        told = [TellResumed(topic, missed) for topic, missed in resumed if missed is not None]
        return [*told, *(self._join(following) for following in behind)]

    def _ask(self, question: Callable[[int], p.ScanTicket | p.UndoScan | p.Drain]) -> Question | None:
        if self._phase is not _Phase.READY:
            return None
        ref = self._next_ref()
        self._questions.add(ref)
        return ref, [Send(question(ref))]

    def _refused(self, ref: int | None, code: p.ErrorCode, now: Moment) -> list[Effect]:
        if ref is None:
            return []
        if ref == self._authenticate_ref:
            return self.closed(None, now) if code is p.ErrorCode.UNAVAILABLE else self._end(code)
        if self._forget_question(ref):
            return [Unanswered(ref, code)]
        following = self._waiting_for(ref)
        if following is None:
            return []
        if code is not p.ErrorCode.UNAVAILABLE:
            return self._close(following.topic, code)
        following.unavailable(now.monotonic)
        return []

    def _forget_question(self, ref: int) -> bool:
        known = ref in self._questions
        self._questions.discard(ref)
        return known

    def _forget_questions(self) -> list[Effect]:
        unanswered = [Unanswered(ref) for ref in sorted(self._questions)]
        self._questions.clear()
        self._authenticate_ref = None
        for following in self._following.values():
            following.lost()
        return [*unanswered]

    # --- the topics --------------------------------------------------------------------------------------------------

    def _join(self, following: Following) -> Effect:
        return Send(following.join(self._next_ref()))

    def _waiting_for(self, ref: int | None) -> Following | None:
        return next((f for f in self._following.values() if f.awaits(ref)), None)

    def _of_topic(
        self, message: p.TopicSnapshot | p.TopicFact | p.TopicState | p.TopicPresence | p.TopicClosed
    ) -> list[Effect]:
        following = self._following.get(message.topic)
        if following is None:
            return []
        match message:
            case p.TopicFact():
                return self._fact(following, message)
            case p.TopicSnapshot():
                return [Tell(message)] if following.snapshot(message) else []
            case p.TopicState():
                return [Tell(message)] if following.state(message) else []
            case p.TopicPresence():
                return [Tell(message)] if following.is_open else []
            case p.TopicClosed(topic=topic, code=code):
                return self._close(topic, code) if following.is_open else []

    def _fact(self, following: Following, message: p.TopicFact) -> list[Effect]:
        match following.fact(message):
            case "next":
                return [Tell(message)]
            case "hole":
                return [self._join(following)]
            case "known":
                return []

    def _close(self, topic: str, code: p.ErrorCode) -> list[Effect]:
        del self._following[topic]
        return [CloseTopic(topic, code)]

    def _next_ref(self) -> int:
        self._ref += 1
        return self._ref
