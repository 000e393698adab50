"""States go out together: whatever changed within a few milliseconds reaches a socket in one write.

Of a state only the newest counts, so a busy line is passed over and gets what is newest when it clears. A large crowd
is told in portions: between two of them the doors' facts go first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from realtime import protocol as p
from realtime.frames import frame
from realtime.line import Line, Straight
from realtime.room import Room, hand_to
from realtime.telemetry import telemetry

PORTION = 500
"""Sockets told at once: a few milliseconds of work."""


class Shown(NamedTuple):
    """One room's state under its key: a newer one under the same key takes its place."""

    room: Room
    key: str
    frames: bytes


class Group(NamedTuple):
    """Clear lines that are shown the same states."""

    lines: set[Line]
    states: tuple[Shown, ...]


def shown(room: Room, key: str, message: p.ServerMessage) -> Shown:
    """A state as a room's readers are shown it."""
    telemetry.frames += 1
    return Shown(room, key, frame(room.encode(message)))


async def show(states: Sequence[Shown]) -> None:
    """Show every room its state."""
    for state in states:
        for line in list(state.room.busy):
            line.put_state(state.key, state.frames)
        telemetry.deliveries += len(state.room.busy)
    for lines, told in grouped(states):
        moves = _moves(told)
        [clear, *_] = (state.room.clear for state in told)
        ready = [(line, clear[line]) for line in lines]
        for start in range(0, len(ready), PORTION):
            portion = ready[start : start + PORTION]
            if start:
                await asyncio.sleep(0)
                if _moves(told) != moves:
                    portion = _still_clear(portion, told)
            _show_portion(portion, told)
            telemetry.deliveries += len(portion) * len(told)


def grouped(states: Sequence[Shown]) -> list[Group]:
    """The clear lines of all rooms, by what they are shown. Set operations: a socket costs nanoseconds here."""
    groups: list[Group] = []
    for state in states:
        rest = set(state.room.clear)
        split: list[Group] = []
        for group in groups:
            both = group.lines & rest
            rest -= both
            split += (Group(group.lines - both, group.states), Group(both, (*group.states, state)))
        groups = [group for group in (*split, Group(rest, (state,))) if group.lines]
    return groups


def _show_portion(lines: Sequence[tuple[Line, Straight]], states: tuple[Shown, ...]) -> None:
    frames = b"".join(state.frames for state in states)
    for line, sent in hand_to(lines, frames):
        if sent:
            line.stuck(frames, sent)
        else:
            _show_later(line, states)


def _moves(states: tuple[Shown, ...]) -> int:
    return sum(state.room.moves for state in states)


def _still_clear(
    lines: Sequence[tuple[Line, Straight]], states: tuple[Shown, ...]
) -> list[tuple[Line, Straight]]:
    """The lines that neither left a room nor became busy since the portion before; the others are seen to."""
    clear: list[tuple[Line, Straight]] = []
    for line, straight in lines:
        if line.straight is straight and all(line in state.room.clear for state in states):
            clear.append((line, straight))
        else:
            _show_later(line, states)
    return clear


def _show_later(line: Line, states: tuple[Shown, ...]) -> None:
    for state in states:
        if line in state.room.clear or line in state.room.busy:
            line.put_state(state.key, state.frames)
