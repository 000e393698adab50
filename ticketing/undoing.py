"""Undo: a phone takes an admission of its own back, within minutes. The rules; `ticketing.door` keeps the facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from ticketing.models import Device, Scan, Undo
from ticketing.scans import UndoRefusal

UNDO_MINUTES = 5
"""How long after an admission its phone may take it back."""
_IN_TIME = timedelta(minutes=UNDO_MINUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRecorded:
    """The undo is on record, and may leave the phone's journal. With a refusal it changed nothing."""

    refusal: UndoRefusal | None


def refusal_of(
    undo: Undo, *, scan: Scan, is_admission: bool, others: Iterable[Undo], device: Device
) -> UndoRefusal | None:
    """Why an undo changes nothing; `others` are the undos of the same scan that were told before."""
    if scan.device_id != device.pk:
        return UndoRefusal.NOT_THIS_DEVICE
    if not is_admission:
        return UndoRefusal.NOT_AN_ADMISSION
    if takes_back(others):
        return UndoRefusal.ALREADY_UNDONE
    if not _is_in_time(undo, scan) or (device.revoked_at and undo.undone_at > device.revoked_at):
        return UndoRefusal.TOO_LATE
    return None


def takes_back(undos: Iterable[Undo]) -> bool:
    """Whether these undos of one scan take it back. One that came before the admission itself does so too: facts may
    be told in any order."""
    return any(undo.refusal not in (UndoRefusal.NOT_THIS_DEVICE, UndoRefusal.TOO_LATE) for undo in undos)


def _is_in_time(undo: Undo, scan: Scan) -> bool:
    """By the phone's own clock, which may be wrong by any time but was so for both; or by ours."""
    entered_at = scan.entered_at or min(scan.scanned_at, scan.received_at)
    by_its_own = undo.undone_at - scan.scanned_at
    by_ours = min(undo.undone_at, undo.received_at) - entered_at
    return timedelta(0) <= by_its_own <= _IN_TIME or by_ours <= _IN_TIME
