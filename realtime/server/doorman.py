"""How many connections each address holds: counted once per connection, whatever becomes of it."""

from __future__ import annotations

import ipaddress


class Lease:
    """One connection's place. Giving it back twice is nothing."""

    __slots__ = ("_doorman", "_household")

    def __init__(self, doorman: Doorman, household: str) -> None:
        self._doorman: Doorman | None = doorman
        self._household = household

    def release(self) -> None:
        """The connection is gone."""
        if self._doorman is not None:
            self._doorman.leave(self._household)
            self._doorman = None


class Doorman:
    """Who is inside."""

    def __init__(self, *, limit: int) -> None:
        """`limit` connections per address; 0 is no limit."""
        self._limit = limit
        self._inside: dict[str, int] = {}

    def enter(self, address: str) -> Lease | None:
        """A place for one more connection; None when the address has all of its own."""
        household = household_of(address)
        inside = self._inside.get(household, 0)
        if self._limit and inside >= self._limit:
            return None
        self._inside[household] = inside + 1
        return Lease(self, household)

    def leave(self, household: str) -> None:
        """Called by the lease."""
        inside = self._inside[household] - 1
        if inside:
            self._inside[household] = inside
        else:
            del self._inside[household]

    def inside(self, address: str) -> int:
        """How many connections an address holds now."""
        return self._inside.get(household_of(address), 0)


def household_of(address: str) -> str:
    """Whom an address stands for: itself, or its /64 in IPv6, of which one subscriber has all 2**64 addresses."""
    if ":" not in address:
        return address
    try:
        whole = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if whole.ipv4_mapped is not None:
        return str(whole.ipv4_mapped)
    return str(ipaddress.IPv6Network((whole, 64), strict=False))
