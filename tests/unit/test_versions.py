"""The versions spoken: the older one says all that it has words for and nothing else, and understands its clients."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from realtime import generate, presence, translate, versions
from realtime import protocol as p
from realtime.versions import PRESENT
from tests.unit.examples import EVENTS
from ticketing import domain_events
from ticketing.admission import Admitted, AlreadyIn, Entry, RefusalReason, Refused, Stale
from ticketing.domain_events import AnyDomainEvent, EventStatus
from ticketing.scans import Decision

[_, BEFORE] = versions.spoken()
FROZEN: dict[str, Any] = json.loads(
    (versions.FROZEN / f"{BEFORE.subprotocol}.schema.json").read_text(encoding="utf-8")
)
NOW: dict[str, Any] = generate.schema()
DEVICE = p.DeviceIdentity(id="d", name="Door 🥂", event="e")
VECTORS: dict[str, Any] = {
    name: json.loads((Path(__file__).parents[1] / "vectors" / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("sales_frames", "manifest")
}
PUBLIC = p.PublicState(
    status=EventStatus.ON_SALE, left=1, sold_out=False, types=(p.TypeLeft(id="t", left=1, sold_out=False),)
)
SCAN_ID = "018f4e1a-0000-7000-8000-000000000001"
FACTS = tuple(fact for e in EVENTS for fact in (translate.door_fact(e), translate.sales_fact(e)))


def messages() -> Iterator[p.ServerMessage]:
    """Server messages of every kind, with everything in them that comes in kinds."""
    yield p.Welcome(version=1, connection="c", server_time=1)
    yield p.GoingAway(after_ms=1)
    yield p.Authenticated(ref=1, device=DEVICE)
    yield p.Joined(ref=1, topic="door:x", epoch="e", seq=1, resumed=False)
    yield p.Left(ref=1, topic="door:x")
    yield p.Pong(ref=1, at=1, server_time=1, seqs={"door:x": 2})
    here = Entry(at=1, door="Door A")
    verdicts = (
        Admitted(ticket_type="GA", entry=here),
        AlreadyIn(ticket_type="GA", entry=here),
        Stale(age_s=-5),
        Refused(reason=RefusalReason.VOID),
    )
    for verdict in verdicts:
        yield p.VerdictGiven(ref=1, scan_id=SCAN_ID, acknowledged=Decision.ASKED, verdict=verdict)
    yield p.UndoAnswered(ref=1, undo_id=SCAN_ID, scan_id=SCAN_ID, refusal=None)
    yield p.Drained(ref=1, scans=(), undos=(), refused=())
    yield p.Signalled(from_="d", data="🥂")
    for code in p.ErrorCode:
        yield p.RequestRefused(ref=None, code=code)
        yield p.TopicClosed(topic="sales:x", code=code)
    for fact in FACTS:
        yield p.TopicFact(topic="door:x", seq=7, fact=fact)
    yield p.TopicState(topic="public:x", seq=7, state=PUBLIC)
    artist = p.ArtistState(status=EventStatus.PAUSED, allocation=2, sold=1, sold_out_at=None)
    yield p.TopicState(topic="artist:x", seq=7, state=artist)
    door = presence.Presence(known={UUID(int=1): presence.Known("Door A", 1)})
    yield p.TopicPresence(topic="door:x", devices=door.devices(now_s=0))
    sales = msgspec.convert(VECTORS["sales_frames"][0]["expected"], type=p.SalesSnapshot)
    yield p.TopicSnapshot(topic="sales:x", epoch="e", seq=1, snapshot=sales)
    manifest = msgspec.convert(VECTORS["manifest"]["snapshot"], type=p.DoorSnapshot)
    yield p.TopicSnapshot(topic="door:x", epoch="e", seq=1, snapshot=manifest)


ALL = tuple(messages())


def before(message: p.ServerMessage) -> Any:
    """What a client of the version before is told; None for nothing."""
    text = BEFORE.encode(message)
    return json.loads(text) if text else None


def tag_of(message: msgspec.Struct) -> str:
    return str(message.__struct_config__.tag)


def faults(value: Any, part: dict[str, Any], where: str = "$") -> list[str]:
    """What a strict reader of the frozen schema would not accept: the part of JSON schema that ours uses."""
    if "$ref" in part:
        return faults(value, FROZEN["$defs"][part["$ref"].rsplit("/", 1)[-1]], where)
    if "discriminator" in part:
        ref = part["discriminator"]["mapping"].get(value["t"])
        return faults(value, {"$ref": ref}, where) if ref else [f"{where}: no kind {value['t']}"]
    if "anyOf" in part:
        found = [faults(value, option, where) for option in part["anyOf"]]
        return [] if [] in found else found[0]
    if "enum" in part:
        return [] if value in part["enum"] else [f"{where}: {value} is none of {part['enum']}"]
    return _faults_of_type(value, part, where)


def _faults_of_type(value: Any, part: dict[str, Any], where: str) -> list[str]:
    match part.get("type"), value:
        case "object", dict() if "properties" in part:
            odd = [f"{where}.{name}: unknown" for name in value.keys() - part["properties"].keys()]
            odd += [f"{where}.{name}: missing" for name in set(part["required"]) - value.keys()]
            known = value.keys() & part["properties"].keys()
            return odd + [
                fault
                for name in known
                for fault in faults(value[name], part["properties"][name], f"{where}.{name}")
            ]
        case (
            ("object", dict()) | ("string", str()) | ("boolean", bool()) | ("integer", int()) | ("null", None)
        ):
            return []
        case "array", list():
            return [fault for item in value for fault in faults(item, part.get("items", {}), f"{where}[]")]
        case None, _:
            return []
        case expected, _:
            return [f"{where}: {value!r} is no {expected}"]


def test_every_kind_of_message_fact_and_code_is_shown_here() -> None:
    assert {type(message) for message in ALL} == set(get_args(p.ServerMessage))
    assert {type(fact) for fact in FACTS} == set(get_args(p.AnyFact))


def test_the_present_version_says_things_as_the_protocol_does() -> None:
    assert [PRESENT.encode(message) for message in ALL] == [p.encode(message) for message in ALL]


@pytest.mark.parametrize("message", ALL, ids=lambda message: type(message).__name__)
def test_what_the_version_before_is_told_is_its_own_to_the_letter(message: p.ServerMessage) -> None:
    told = before(message)

    assert told is None or faults(told, FROZEN["$defs"]["ServerMessage"]) == []


def test_the_version_before_is_told_everything_that_it_has_words_for() -> None:
    kinds = FROZEN["$defs"]["ServerMessage"]["discriminator"]["mapping"].keys()
    codes = FROZEN["$defs"]["ErrorCode"]["enum"]
    withheld = [message for message in ALL if before(message) is None]

    wrongly = [
        message
        for message in withheld
        if tag_of(message) in kinds and getattr(message, "code", codes[0]) in codes
    ]
    assert wrongly == []
    assert {p.GoingAway, p.UndoAnswered, p.TopicPresence} <= {type(message) for message in withheld}


@pytest.mark.parametrize("happened", EVENTS, ids=domain_events.kind_of)
def test_the_version_before_is_told_every_seq_of_the_log(happened: AnyDomainEvent) -> None:
    for seq, see in enumerate((translate.door_fact, translate.sales_fact)):
        told = before(p.TopicFact(topic="door:x", seq=seq, fact=see(happened)))

        assert (told["t"], told["seq"]) == ("fact", seq)


def test_kinds_of_fact_that_the_version_before_lacks_are_nothing_to_it() -> None:
    kinds = FROZEN["$defs"]["TopicFact"]["properties"]["fact"]["discriminator"]["mapping"].keys()
    told = {tag_of(m.fact): before(m)["fact"]["t"] for m in ALL if isinstance(m, p.TopicFact)}

    assert told == {tag: tag if tag in kinds else "nothing" for tag in told}
    assert told["ticket_undone"] == told["entry_undone"] == "nothing"


def test_fields_that_the_version_before_lacks_are_left_out_at_any_depth() -> None:
    told = before(p.TopicState(topic="public:x", seq=7, state=PUBLIC))

    assert told["state"]["types"] == [{"id": "t", "left": 1}]


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [
        (["ngn.v1"], 1),
        (["ngn.v0"], 0),
        (["ngn.v0", "ngn.v1"], 1),
        (["soap", "ngn.v0"], 0),
        ([], None),
        (["ngn.v2", "NGN.V1", "ngn.v"], None),
    ],
)
def test_the_newest_version_that_both_speak_is_spoken(offered: list[str], spoken: int | None) -> None:
    agreed = versions.agreed(offered)

    assert (agreed.number if agreed else None) == spoken


def test_the_version_before_is_frozen() -> None:
    """Its clients are out there: it can be dropped with the next version, and never be changed."""
    text = (versions.FROZEN / "ngn.v0.schema.json").read_bytes()

    assert (
        hashlib.sha256(text).hexdigest() == "66dd831d86995583a6d7e8f6dc60ee6ce88e68f5bcad5e36b776502b5c70202f"
    )


# --- what its clients say ----------------------------------------------------------------------------------------


def narrowed(old: dict[str, Any], new: dict[str, Any], where: str) -> list[str]:
    """What the older part allows and the newer one does not."""
    if "$ref" in old and "$ref" in new:
        name, by = (part["$ref"].rsplit("/", 1)[-1] for part in (old, new))
        return narrowed(FROZEN["$defs"][name], NOW["$defs"][by], name)
    if "enum" in old:
        return [] if set(old["enum"]) <= set(new.get("enum", ())) else [f"{where}: fewer words"]
    if "properties" not in old:
        same = {k: v for k, v in old.items() if k != "description"}
        return [] if same == {k: v for k, v in new.items() if k != "description"} else [where]
    odd = [f"{where}.{name}: required" for name in set(new["required"]) - set(old["required"])]
    odd += [f"{where}.{name}: gone" for name in old["properties"].keys() - new["properties"].keys()]
    for name in old["properties"].keys() & new["properties"].keys():
        odd += narrowed(old["properties"][name], new["properties"][name], f"{where}.{name}")
    return odd


def test_everything_that_a_client_of_the_version_before_may_say_is_understood() -> None:
    old = FROZEN["$defs"]["ClientMessage"]["discriminator"]["mapping"]
    new = NOW["$defs"]["ClientMessage"]["discriminator"]["mapping"]

    assert old.keys() <= new.keys()
    assert [fault for tag in old for fault in narrowed({"$ref": old[tag]}, {"$ref": new[tag]}, tag)] == []
