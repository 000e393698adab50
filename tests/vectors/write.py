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
from tests.vectors import client_rules
from ticketing import admission, late_sale, live_code, money, order_id, outcome
from ticketing.domain_events import DisputePhase, Doubt, EventStatus, ReleaseReason

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
    orders = [order_id.with_check(number) for number in (1, 2)]
    hashes = [_hash(order) for order in orders]
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
        "orders": b64(b"".join(sorted(hashes))),
        "order_admits": b64(bytes(2 if one == hashes[0] else 0 for one in sorted(hashes))),
        "public_key": b64(late_sale.public_key_of(bytes(range(32)))),
        "unknown_orders": "refuse",
        "supervisor_check": None,
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
    known = [
        {"order_id": orders[0], "hash": hashes[0].hex(), "admits": 2},
        {"order_id": orders[1], "hash": hashes[1].hex(), "admits": 0},
        {"order_id": order_id.with_check(3), "hash": _hash(order_id.with_check(3)).hex(), "admits": None},
    ]
    return {"snapshot": snapshot, "standings": standings, "orders": known}


def _hash(order: str) -> bytes:
    return order_id.hash_of(event_id=EVENT, order_id=order)


def late_sale_vectors() -> dict[str, Any]:
    """Certificates, and what a phone reads in each; null for what this event's key has not signed."""
    key, other = bytes(range(32)), bytes(32)
    public = late_sale.public_key_of(key)
    told = late_sale.Certificate(anchor=hashlib.sha256(b"ticket").digest()[:16], issued_at=1_700_000_000)
    least = late_sale.Certificate(anchor=bytes(16), issued_at=0)
    good = late_sale.text_of(told, key=key, event_id=EVENT)
    texts = {
        "a certificate": good,
        "one whose digits begin with zeros": late_sale.text_of(least, key=key, event_id=EVENT),
        "another event's": late_sale.text_of(told, key=key, event_id=LATER_EVENT),
        "signed by another key": late_sale.text_of(told, key=other, event_id=EVENT),
        "a digit changed": good[:-1] + str((int(good[-1]) + 1) % 10),
        "a digit short": good[:-1],
        "past the largest number": "20" + "9" * 203,
        "a line end after": good + "\n",
        "full-width digits": good[:-1] + "\uff17",
        "a live code": "10" + "0" * 43,
        "nothing": "",
    }
    read = []
    for name, text in texts.items():
        found = late_sale.read(text, public_key=public, event_id=EVENT)
        said = found and {"anchor": found.anchor.hex(), "issued_at": found.issued_at}
        read.append({"name": name, "text": text, "certificate": said})
    return {
        "event_id": str(EVENT),
        "key": key.hex(),
        "public_key": b64(public),
        "read": read,
    }


def outcome_vectors() -> dict[str, Any]:
    """What becomes of an order's tickets, and when somebody came in as far as that can be believed."""
    one, two, three = (outcome.TicketFact(id=f"ticket {n}", number=n) for n in (1, 2, 3))
    refunded = dataclasses.replace(one, closed_at=1_000)

    def scan(name: str, at: int, ticket: str | None = one.id, **more: Any) -> outcome.Admission:
        return outcome.Admission(scan_id=name, at=at, ticket=ticket, **more)

    cases: tuple[tuple[str, tuple[outcome.TicketFact, ...], tuple[outcome.Admission, ...]], ...] = (
        ("nobody came", (one,), ()),
        ("one came in", (one,), (scan("a", 100),)),
        ("two phones let one ticket in: the earlier counts", (one,), (scan("a", 200), scan("b", 100))),
        ("in the same millisecond the smaller scan id counts", (one,), (scan("b", 100), scan("a", 100))),
        ("three phones: one entry, two too many", (one,), (scan("a", 3), scan("b", 1), scan("c", 2))),
        ("the first was taken back", (one,), (scan("a", 100, undone=True), scan("b", 200))),
        (
            "all were taken back",
            (one,),
            (scan("a", 100, undone=True), scan("b", 200, undone=True)),
        ),
        (
            "the first was let in by a phone that had been shut out",
            (one,),
            (scan("a", 100, after_revocation=True), scan("b", 200)),
        ),
        ("in before the refund", (refunded,), (scan("a", 999),)),
        ("in after the refund", (refunded,), (scan("a", 1_000),)),
        ("in before and after the refund", (refunded,), (scan("b", 1_001), scan("a", 999))),
        ("an Order ID for two of three", (one, two, three), (scan("m", 100, None, people=2),)),
        (
            "codes come before the Order ID, even when they are shown later",
            (one, two),
            (scan("m", 100, None, people=1), scan("a", 200)),
        ),
        (
            "an Order ID lets in more than there are tickets",
            (one, two),
            (scan("m", 100, None, people=3), scan("a", 200)),
        ),
        (
            "an Order ID typed twice",
            (one, two, three),
            (scan("n", 200, None, people=2), scan("m", 100, None, people=2)),
        ),
        (
            "an Order ID taken back leaves its tickets to the next",
            (one, two),
            (scan("m", 100, None, people=2, undone=True), scan("n", 200, None, people=2)),
        ),
        (
            "an Order ID claims no ticket that was refunded",
            (refunded, two),
            (scan("m", 2_000, None, people=2),),
        ),
        ("an Order ID of no tickets", (), (scan("m", 100, None),)),
    )
    return {
        "plausible_ms": outcome.PLAUSIBLE_MS,
        "orders": [_outcome_vector(name, tickets, admissions) for name, tickets, admissions in cases],
        "moments": _moment_vectors(),
    }


def _outcome_vector(
    name: str, tickets: tuple[outcome.TicketFact, ...], admissions: tuple[outcome.Admission, ...]
) -> dict[str, Any]:
    judged = outcome.judge(tickets, admissions)
    return {
        "name": name,
        "tickets": [dataclasses.asdict(ticket) for ticket in tickets],
        "admissions": [dataclasses.asdict(one) for one in admissions],
        "entries": dict(sorted(judged.entries.items())),
        "outcomes": dict(sorted(judged.outcomes.items())),
        "beyond": dict(sorted(judged.beyond.items())),
    }


def _moment_vectors() -> list[dict[str, Any]]:
    step, day = 1_700_000_000_000, 86_400_000
    cases = (
        ("a phone whose clock is right", step + 7_000, step + 9_000, step),
        ("told an hour later", step + 7_000, step + 3_600_000, step),
        ("a clock three minutes slow can still be believed", step + 7_500 - 180_000, step + day, step),
        ("one that is slower cannot", step + 7_499 - 180_000, step + day, step),
        ("a clock a day slow", step - day, step + day, step),
        ("a clock a day fast", step + day, step + 9_000, step),
        ("not after it was heard of", step + 60_000, step + 9_000, step),
        ("nor is the code's own time", step + day, step + 1_000, step),
        ("an Order ID proves no time", step, step + day, None),
        ("an Order ID by a clock a day fast", step + day, step, None),
    )
    vectors = []
    for name, scanned_at, received_at, starts_at in cases:
        told = {"scanned_at": scanned_at, "received_at": received_at, "step_starts_at": starts_at}
        moment = outcome.moment_of(scanned_at=scanned_at, received_at=received_at, step_starts_at=starts_at)
        vectors.append({"name": name, **told, "at": moment.at, "clock_wrong": moment.clock_wrong})
    return vectors


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
        disputed=500,
        entered=4,
        sold_out_at=None,
        sales=(),
        entries=(),
        double_scans=(),
        doubts=(),
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
    returned = p.RefundReturned(to_venue=0, **{name: getattr(refund, name) for name in _RETURNED})
    share = p.DisputeMoneyMoved(
        dispute="du_1", order_id="3G9230VQVS6", to_venue=-9_000, currency="USD", at=1_700_000_003_000
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
            "an entry, taken back where it was made",
            empty,
            (
                p.FanEntered(ticket_type=vip, at=99, door="Door 🥂"),
                p.EntryUndone(ticket_type=vip, entered_at=99, door="Door 🥂", at=60_099),
            ),
        ),
        (
            "an entry that turns out to have been an earlier one",
            empty,
            (
                p.FanEntered(ticket_type=vip, at=99, door="Door 🥂"),
                p.AdmissionMoved(ticket_type=vip, at=42, door="B", was_at=99, was_door="Door 🥂"),
            ),
        ),
        (
            "admissions that count for no ticket",
            empty,
            (
                p.AdmissionDoubted(
                    why=Doubt.BEYOND_ORDER,
                    at=99,
                    door="B",
                    count=2,
                    ticket_type=None,
                    order_id="3G9230VQVS6",
                ),
                p.AdmissionDoubted(
                    why=Doubt.TICKET_CLOSED, at=100, door="B", count=1, ticket_type=vip, order_id=None
                ),
            ),
        ),
        (
            "a double scan",
            empty,
            (p.DoubleScan(first_at=1, first_door="A", second_at=2, second_door="B", admitted=True),),
        ),
        (
            "a refund by ticket, which the bank then sends back: it rests with NGN",
            empty,
            (refund, returned),
        ),
        (
            "a refund that comes back to a venue with a charge of its own",
            empty,
            (refund, replace(returned, to_venue=4_000)),
        ),
        (
            "a late payment's refund that comes back is in no total either",
            empty,
            (replace(refund, seats=(), of_sale=False), replace(returned, of_sale=False, to_venue=4_000)),
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
        ("a dispute takes the venue's share", empty, (dispute, share)),
        (
            "a dispute takes the venue's share, and gives it back when it is won",
            empty,
            (dispute, share, replace(dispute, phase=DisputePhase.WON), replace(share, to_venue=9_000)),
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
        ("late_sale", late_sale_vectors()),
        ("outcome", outcome_vectors()),
        ("sales_frames", sales_frame_vectors()),
        ("client_rules", client_rules.vectors()),
    ):
        (HERE / f"{name}.json").write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
