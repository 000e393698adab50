"""The newest entries of one show, kept for those who come back. Contiguous, always: it grows at both ends only."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from ticketing.log import Entry

LIMIT = 2_560
"""More than any replay, so that a herd which comes back is answered from here and not by the database."""


class Ring:
    """Entries `first` to `last`, or none yet."""

    __slots__ = ("_entries", "last", "limit")

    def __init__(self, *, last: int, limit: int = LIMIT) -> None:
        """Empty, after entry `last`."""
        self._entries: deque[Entry] = deque()
        self.last = last
        self.limit = limit

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first(self) -> int:
        """The oldest entry's `seq`; the one to come when there is none."""
        return self.last - len(self._entries) + 1

    def append(self, entry: Entry) -> None:
        """Add the next entry."""
        assert entry.seq == self.last + 1, "a ring has no holes"
        self.last = entry.seq
        self._entries.append(entry)
        if len(self._entries) >= 2 * self.limit:
            # In one go and seldom: what was fetched for somebody who was away stays until it was of use.
            while len(self._entries) > self.limit:
                self._entries.popleft()

    def prepend(self, entries: Sequence[Entry]) -> bool:
        """Add what comes right before the oldest; False, and nothing is added, when these do not."""
        if not entries or entries[-1].seq != self.first - 1:
            return False
        self._entries.extendleft(reversed(entries))
        return True

    def reaches(self, since: int) -> bool:
        """Whether everything after `since` is here."""
        return since + 1 >= self.first

    def between(self, since: int, upto: int) -> list[Entry]:
        """The entries after `since` up to `upto`."""
        skip = max(0, since + 1 - self.first)
        return list(islice(self._entries, skip, max(skip, upto + 1 - self.first)))
