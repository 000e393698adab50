"""What readers of facts are told, written down: an entry that comes twice, too early or too late is a fault, and so is
one that is told differently to two of them."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_FAULTS = 20


@dataclass(slots=True)
class Story:
    """What a topic's readers were told, kept once: the same for all, or it is a fault."""

    facts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    """By epoch and `seq`."""

    def agrees(self, epoch: str, seq: int, fact: bytes) -> bool:
        """Whether nobody was told otherwise."""
        return self.facts.setdefault((epoch, seq), fact) == fact

    def of(self, epoch: str) -> dict[int, bytes]:
        """What was told of one epoch."""
        return {seq: fact for (told, seq), fact in self.facts.items() if told == epoch}


@dataclass(slots=True)
class Record:
    """What one reader was told of one topic."""

    name: str
    topic: str
    story: Story
    first: int | None = None
    """The last entry that its newest snapshot knew."""
    last: int | None = None
    epoch: str = ""
    facts: int = 0
    begun: int = 0
    """How often it was given a snapshot."""
    resumed: int = 0
    faults: list[str] = field(default_factory=list)
    _is_joined: bool = False

    @property
    def told(self) -> tuple[int, int]:
        """Its list: the entries after the first number, up to the second. It has no holes, or there is a fault."""
        return (-1, -1) if self.first is None or self.last is None else (self.first, self.last)

    def connecting(self) -> None:
        self._is_joined = False

    def joined(self, *, seq: int, epoch: str, resumed: bool) -> None:
        if resumed and (seq, epoch) != (self.last, self.epoch):
            self._wrong(f"resumed after {seq} of {epoch} instead of {self.last} of {self.epoch}")
        self.epoch = epoch
        self.resumed += resumed
        self._is_joined = resumed

    def snapshot(self, *, seq: int, epoch: str) -> None:
        if self._is_joined:
            self._wrong(f"a snapshot at {seq} that was not announced")
        if epoch != self.epoch:
            self._wrong(f"a snapshot of another epoch, {epoch}")
        self.first = self.last = seq
        self.begun += 1
        self._is_joined = True

    def fact(self, *, seq: int, fact: bytes) -> None:
        """The next entry; anything else than the next is a fault."""
        if not self._is_joined or self.last is None:
            self._wrong(f"{seq} before the topic was joined")
            return
        if seq != self.last + 1:
            what = "again" if seq <= self.last else f"without the {seq - self.last - 1} before it"
            self._wrong(f"{seq} {what}, after {self.last}")
        if not self.story.agrees(self.epoch, seq, fact):
            self._wrong(f"{seq} as {fact!r}, while others were told otherwise")
        self.last = seq
        self.facts += 1

    def _wrong(self, what: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{self.name}: {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a reader follows, and as whom: a phone's token, or a person's cookie."""

    topic: str
    token: str = ""
    cookie: str = ""
