"""Write the vectors of the rules that live in two languages: `python -m tests.vectors.write`.

The files are committed and read by pytest and vitest; run this only when a rule changes on purpose, and read the diff.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from realtime import projections
from realtime import protocol as p
from ticketing import admission, live_code, money, order_id
from ticketing.domain_events import DisputePhase, EventStatus, ReleaseReason

HERE = Path(__file__).resolve().parent
EVENT = UUID("018f4e1a-0000-7000-8000-000000000001")
LATER_EVENT = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
TICKET = UUID("018f4e1a-0000-7000-8000-0000000000aa")


def live_code_vectors() -> dict[str, Any]:
    chains: list[dict[str, Any]] = []
    for event, epoch, steps, transfer_no, secret in (
        (EVENT, 0, 1440, 0, bytes(range(32))),
        (EVENT, 1, 1440, 0, bytes(range(32))),
        (EVENT, 0, 1440, 1, bytes(range(32))),
        (LATER_EVENT, 0, 9999, 7, b"\xff" * 32),
        (EVENT, 0, 1, 0, b"\x00" * 32),
    ):
        salt = live_code.salt_of(event_id=event, epoch=epoch)
        chain = live_code.Chain(salt=salt, steps=steps)
        seed = live_code.seed_of(
            user_secret=secret, event_id=event, ticket_id=TICKET, transfer_no=transfer_no
        )
        qr_hash = live_code.qr_hash_of(chain=chain, seed=seed)
        shown = sorted({1, min(9, steps), (steps + 1) // 2, steps})
        chains.append(
            {
                "event_id": str(event),
                "ticket_id": str(TICKET),
                "epoch": epoch,
                "transfer_no": transfer_no,
                "user_secret": secret.hex(),
                "salt": salt.hex(),
                "steps": steps,
                "seed": seed.hex(),
                "qr_hash": qr_hash,
                "anchor": live_code.anchor_of(qr_hash).hex(),
                "codes": [
                    {"step": s, "code": live_code.code_at(chain=chain, seed=seed, step=s)} for s in shown
                ],
            }
        )
    good = chains[0]["codes"][1]["code"]
    texts = {
        "a live code": good,
        "the largest value": "100001" + str(2**128 - 1),
        "one past the largest value": "100001" + str(2**128),
        "step 0": "100000" + "0" * 39,
        "value 0 at the last step": "109999" + "0" * 39,
        "a space before": " " + good,
        "a line end after": good + "\n",
        "a digit short": good[:-1],
        "a digit long": good + "0",
        "a static code": "11" + "0" * 39,
        "a late-sale certificate": "20" + "0" * 202,
        "arabic-indic digits": "١٠" + good[2:],
        "full-width digits": good[:-1] + "\uff17",
        "a web address": "https://example.org/",
        "nothing": "",
        "an emoji": "🥂" * 22,
    }
    parsed = []
    for name, text in texts.items():
        code = live_code.parse(text)
        parsed.append(
            {"name": name, "text": text, "code": code and {"step": code.step, "value": code.value.hex()}}
        )
    clocks = [
        {"window_starts_at": start, "at": at, "step": live_code.step_at(window_starts_ms=start, at_ms=at)}
        for start, at in (
            (0, 0),
            (0, 14_999),
            (0, 15_000),
            (1_000, 999),
            (1_700_000_000_000, 1_700_000_600_001),
            (60_000, 0),
        )
    ]
    ages = [
        {
            "step": step,
            "now_step": now,
            "age_s": live_code.age_of(code=live_code.LiveCode(step=step, value=bytes(16)), now_step=now),
        }
        for step, now in ((100, 100), (100, 101), (101, 100), (100, 102), (102, 100), (100, 124), (9999, 1))
    ]
    return {
        "step_s": live_code.STEP_S,
        "guard": live_code.GUARD,
        "skew": live_code.SKEW,
        "chains": chains,
        "parse": parsed,
        "step_at": clocks,
        "age_of": ages,
    }


def order_id_vectors() -> dict[str, Any]:
    numbers = (0, 1, 31, 32, 36, 37, 2**50 - 1, 123_456_789_012_345)
    written = [
        {
            "number": str(n),
            "order_id": order_id.with_check(n),
            "display": order_id.display(order_id.with_check(n)),
        }
        for n in numbers
    ]
    good = order_id.with_check(123_456_789_012_345)
    swapped = good[1] + good[0] + good[2:]
    typed = (
        good,
        good.lower(),
        order_id.display(good),
        f" {good[:5]} {good[5:]} ",
        "OOOOOOOOOO0",
        "iiiiiiiiil" + order_id.with_check(int("1" * 10, 32))[-1],
        swapped,
        good[:-1],
        good + "0",
        "U" * 11,
        "*" * 11,
        "",
        "ä" * 11,
        "🥂" * 11,
    )
    return {
        "write": written,
        "parse": [{"typed": text, "order_id": order_id.parse(text)} for text in typed],
    }


def admission_vectors() -> list[dict[str, Any]]:
    here = admission.Entry(at=1_700_000_600_000, door="Door B")
    first = admission.Entry(at=1_700_000_300_000, door="Door A")
    active = admission.Standing(ticket_type="GA", status=admission.TicketStatus.ACTIVE, entry=None)
    inside = admission.Standing(ticket_type="GA", status=admission.TicketStatus.REDEEMED, entry=first)
    refunded = admission.Standing(ticket_type="GA", status=admission.TicketStatus.REFUNDED, entry=None)
    refunded_inside = admission.Standing(
        ticket_type="GA", status=admission.TicketStatus.REFUNDED, entry=first
    )
    void = admission.Standing(ticket_type="GA", status=admission.TicketStatus.VOID, entry=None)
    cases: tuple[tuple[str, int | None, admission.Standing | None, int], ...] = (
        ("an active ticket's code of this step enters", 100, active, 100),
        ("the step before still enters", 99, active, 100),
        ("the step after already enters", 101, active, 100),
        ("two steps old is stale", 98, active, 100),
        ("six minutes old is stale", 76, active, 100),
        ("two steps ahead is stale, with a negative age", 102, active, 100),
        ("a redeemed ticket is already in", 100, inside, 100),
        ("a redeemed ticket is already in even when its code is old", 20, inside, 100),
        ("a refunded ticket never enters", 100, refunded, 100),
        ("a refund counts before an earlier entry", 100, refunded_inside, 100),
        ("a refund counts before an old code", 20, refunded, 100),
        ("a void ticket never enters", 100, void, 100),
        ("the first eight steps never admit", 8, active, 8),
        ("the ninth step does", 9, active, 9),
        ("the eighth step does not admit in the ninth", 8, active, 9),
        ("an unknown anchor is unknown, even when old", 20, None, 100),
        ("what is not a code is not a ticket", None, None, 100),
        ("a code before the window is from a clock ahead", 9, active, -100),
    )
    vectors = []
    for name, step, standing, now_step in cases:
        code = None if step is None else live_code.LiveCode(step=step, value=bytes(16))
        verdict = admission.decide(code=code, standing=standing, now_step=now_step, here=here)
        vectors.append(
            {
                "name": name,
                "step": step,
                "standing": standing and msgspec.to_builtins(standing),
                "now_step": now_step,
                "here": msgspec.to_builtins(here),
                "verdict": msgspec.to_builtins(verdict),
            }
        )
    return vectors


def money_vectors() -> list[dict[str, Any]]:
    cases = (
        (2200, "USD"),
        (0, "USD"),
        (5, "USD"),
        (123_456_789, "USD"),
        (-500, "USD"),
        (500, "JPY"),
        (1_000_000, "JPY"),
        (1999, "EUR"),
        (1, "GBP"),
    )
    return [{"amount": a, "currency": c, "text": money.display(a, c)} for a, c in cases]


def fee_vectors() -> dict[str, Any]:
    """The fee on a ticket, and amounts as people type them (null where they could mean two things, or none)."""
    policies = (
        money.FeePolicy(fixed=200, basis_points=0),
        money.FeePolicy(fixed=0, basis_points=250),
        money.FeePolicy(fixed=99, basis_points=1_000, minimum=150, maximum=900),
        money.FeePolicy(fixed=0, basis_points=10_000),
    )
    prices = (0, 1, 19, 20, 1_999, 2_000, 2_020, 99_999_999)
    typed = (
        "20",
        "20.5",
        "20.50",
        " $1,000.00 ",
        "2000",
        "¥2,000",
        "0",
        "",
        ".5",
        "20.",
        "20,00",
        "20.005",
        "-1",
        "1e3",
    )
    odd = ("٢٠", "1,0000", "1 000", "1" * 40)
    return {
        "fees": [
            {"policy": dataclasses.asdict(policy), "price": price, "fee": policy.fee_of(price)}
            for policy in policies
            for price in prices
        ],
        "typed": [
            {"text": text, "currency": currency, "amount": money.typed(text, currency)}
            for text in (*typed, *odd)
            for currency in ("USD", "JPY")
        ],
    }


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def manifest_vectors() -> dict[str, Any]:
    """A door snapshot of three tickets, as the gateway would send it, and what a phone must find in it."""
    starts_at = 1_700_000_000_000
    base_s = starts_at // 1000 - 86_400
    anchors = sorted(hashlib.sha256(f"ticket {i}".encode()).digest()[:16] for i in range(3))
    entered = 1_700_000_123
    snapshot = {
        "t": "door_snapshot",
        "event": {
            "id": str(EVENT),
            "title": "The Midnight Owls 🥂",
            "venue": "The Crocodile",
            "time_zone": "America/Los_Angeles",
            "doors_at": starts_at + 3_600_000,
        },
        "window": {
            "epoch": 0,
            "starts_at": starts_at,
            "steps": 1440,
            "step_s": live_code.STEP_S,
            "guard": live_code.GUARD,
            "skew": live_code.SKEW,
            "salt": b64(live_code.salt_of(event_id=EVENT, epoch=0)),
        },
        "count": 3,
        "checksum": hashlib.sha256(b"".join(anchors)).hexdigest(),
        "type_names": ["General admission", "VIP"],
        "door_names": ["Door A"],
        "anchors": b64(b"".join(anchors)),
        "types": b64(bytes([0, 1, 0])),
        "statuses": b64(bytes([0, 1, 2])),
        "entered_at": b64(b"".join(v.to_bytes(4, "big") for v in (0, entered - base_s, 0))),
        "doors": b64(bytes([255, 0, 255])),
    }
    standings = [
        {
            "anchor": anchors[0].hex(),
            "standing": {"ticket_type": "General admission", "status": "active", "entry": None},
        },
        {
            "anchor": anchors[1].hex(),
            "standing": {
                "ticket_type": "VIP",
                "status": "redeemed",
                "entry": {"at": entered * 1000, "door": "Door A"},
            },
        },
        {
            "anchor": anchors[2].hex(),
            "standing": {"ticket_type": "General admission", "status": "refunded", "entry": None},
        },
        {"anchor": "00" * 16, "standing": None},
        {"anchor": "ff" * 16, "standing": None},
    ]
    return {"snapshot": snapshot, "standings": standings}


_RETURNED = ("order_id", "base", "fee", "total", "currency", "at", "of_sale")


def sales_frame_vectors() -> list[dict[str, Any]]:
    """The venue's page, fact by fact, as both languages must fold it."""
    ga, vip = str(EVENT), str(LATER_EVENT)
    empty = p.SalesSnapshot(
        status=EventStatus.ON_SALE,
        currency="USD",
        types=(
            p.TypeCount(id=ga, name="General admission", price=2000, allocation=100, held=3, sold=10),
            p.TypeCount(id=vip, name="VIP", price=5000, allocation=10, held=0, sold=0),
        ),
        base=20_000,
        fee=2_000,
        total=22_000,
        refunded=p.Sums(base=2_000, fee=200, total=2_200),
        entered=4,
        sold_out_at=None,
        sales=(),
        entries=(),
        double_scans=(),
        refunds=(),
        disputes=(),
    )
    two_and_one = (p.SaleLine(ticket_type=ga, quantity=2), p.SaleLine(ticket_type=vip, quantity=1))
    sale = p.SaleMade(
        order_id="3G9230VQVS6",
        lines=two_and_one,
        quantity=3,
        base=9_000,
        fee=600,
        total=9_600,
        currency="USD",
        at=1_700_000_000_000,
        from_hold=True,
    )
    refund = p.RefundSent(
        order_id="3G9230VQVS6",
        base=4_000,
        fee=0,
        total=4_000,
        currency="USD",
        seats=(p.SaleLine(ticket_type=ga, quantity=2),),
        at=1_700_000_001_000,
        of_sale=True,
    )
    dispute = p.DisputeMoved(
        dispute="du_1",
        order_id="3G9230VQVS6",
        phase=DisputePhase.OPEN,
        amount=9_600,
        currency="USD",
        seats=(),
        at=1_700_000_002_000,
    )
    full = empty
    for seq in range(1, p.FEED_LENGTH + 2):
        full = projections.sales_after(full, seq, p.FanEntered(ticket_type=ga, at=seq, door="Door A"))
    cases: tuple[tuple[str, p.SalesSnapshot, tuple[p.SalesFact, ...]], ...] = (
        ("a hold, then its sale", empty, (p.SeatsHeld(lines=two_and_one), sale)),
        ("a late payment takes free seats", empty, (replace(sale, from_hold=False),)),
        (
            "seats go back on sale",
            empty,
            (p.SeatsReleased(lines=two_and_one[:1], reason=ReleaseReason.EXPIRED),),
        ),
        (
            "the feed keeps its newest lines only",
            full,
            (p.FanEntered(ticket_type=vip, at=99, door="Door 🥂"),),
        ),
        (
            "a double scan",
            empty,
            (p.DoubleScan(first_at=1, first_door="A", second_at=2, second_door="B", admitted=True),),
        ),
        (
            "a refund by ticket, which the bank then sends back",
            empty,
            (refund, p.RefundReturned(**{name: getattr(refund, name) for name in _RETURNED})),
        ),
        (
            "a payment that came too late goes back and is in no total",
            empty,
            (replace(refund, seats=(), of_sale=False),),
        ),
        (
            "a refund that names no tickets, then its seats",
            empty,
            (replace(refund, seats=()), replace(refund, base=0, fee=0, total=0)),
        ),
        (
            "a dispute, opened and lost",
            empty,
            (dispute, replace(dispute, phase=DisputePhase.LOST, seats=two_and_one[:1])),
        ),
        (
            "other terms for one type, and for one that this page does not know",
            empty,
            (
                p.TermsChanged(
                    types=(
                        p.TypeNow(id=vip, allocation=20, price=4_500),
                        p.TypeNow(id="new", allocation=1, price=1),
                    )
                ),
            ),
        ),
        (
            "what changes a word or nothing",
            empty,
            (
                p.StatusChanged(status=EventStatus.PAUSED),
                p.ThresholdReached(percent=90, left=10),
                p.AllocationSoldOut(at=5),
                p.Nothing(),
            ),
        ),
        (
            "a line of a type that this page does not know",
            empty,
            (p.SeatsHeld(lines=(p.SaleLine(ticket_type="new", quantity=1),)),),
        ),
    )
    vectors = []
    for name, start, facts in cases:
        seq, snapshot = 1_000, start
        for fact in facts:
            seq += 1
            snapshot = projections.sales_after(snapshot, seq, fact)
        vectors.append(
            {
                "name": name,
                "snapshot": msgspec.to_builtins(start),
                "facts": [
                    {"seq": 1_001 + i, "fact": msgspec.to_builtins(fact)} for i, fact in enumerate(facts)
                ],
                "expected": msgspec.to_builtins(snapshot),
            }
        )
    return vectors


def main() -> None:
    for name, body in (
        ("live_code", live_code_vectors()),
        ("order_id", order_id_vectors()),
        ("admission", admission_vectors()),
        ("money", money_vectors()),
        ("fees", fee_vectors()),
        ("manifest", manifest_vectors()),
        ("sales_frames", sales_frame_vectors()),
    ):
        (HERE / f"{name}.json").write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
