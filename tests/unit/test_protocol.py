"""The wire: one schema, pinned; strict inbound; what is written down is what is spoken."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import generate
from realtime import protocol as p
from ticketing.scans import Decision, ScanFact, UndoFact

SCHEMAS_OF_VERSION = {
    # One line for every schema that a version has had, oldest first, with why the change is one that clients of this
    # version take: fields and kinds may be added to what the server sends; anything else is a new version.
    1: (
        "f36e941adc85bc9f52aa2da3bac37890fa8ccfb617b21f8e3080e536f9cfaafe",  # the first one
        # Money that goes back: four kinds for the office, one for the door, and three fields of the office's snapshot.
        # A client that does not know them ignores them; it only ever receives them.
        "66dd831d86995583a6d7e8f6dc60ee6ce88e68f5bcad5e36b776502b5c70202f",
        # Each kind of ticket says itself that it is sold out; the office is told what disputes take of the venue's
        # money, and where a refund rests that came back. Fields and a kind that clients only receive; and ngn.v1 was
        # not released yet, so nobody runs a client that lacks them.
        "0a24da82a74b0cd7a033e7da726e1dcc62f22967beacd235d74a56a4ca67d3e8",
        # The gateway at full strength: a server that goes away says when to come back; phones tell how they are, and
        # doors and offices are told who is there; an admission may be taken back, with a kind for each of its readers
        # and a field in the office's feed. Two kinds that clients may send, the rest they only receive.
        "9d764132e2cc79e0b24b3590209073f30c569f89b89c12708d19cef47b25bb55",
        # The door's truth: journals go up in parts and phones pass words to each other; two more decisions, how many
        # people an Order ID let in, and a verdict on it. A ticket's entry can move, an admission can be doubted, and
        # the manifest knows orders, the event's public key and what to do about orders that it does not know. Kinds
        # and fields that clients may send, or that they only receive.
        "c50f0f1f79073dc5a7f17f31cb44c15ccf884e6c5c24cd4f65984915aa58785f",
    ),
}
SCAN_ID = "018f4e1a-0000-7000-8000-000000000001"
SCAN = {
    "scan_id": SCAN_ID,
    "device_seq": 1,
    "code": "10" + "0" * 43,
    "scanned_at": 1_700_000_000_000,
    "clock_offset_ms": -250,
    "decision": "asked",
}
SAFE = 2**53 - 1
PING = b'{"t":"ping","ref":1,"at":2}'
CLIENT_KINDS: tuple[type[msgspec.Struct], ...] = get_args(p.ClientMessage)


SCANS = st.builds(
    ScanFact,
    scan_id=st.just(SCAN_ID),
    device_seq=st.integers(1, SAFE),
    code=st.text(max_size=512),
    scanned_at=st.integers(0, 253_402_300_799_000),
    clock_offset_ms=st.integers(-SAFE, SAFE),
    decision=st.sampled_from(Decision),
    admits=st.integers(1, 255),
)
UNDOS = st.builds(
    UndoFact,
    undo_id=st.just(SCAN_ID),
    scan_id=st.just(SCAN_ID),
    device_seq=st.integers(1, SAFE),
    undone_at=st.integers(0, 253_402_300_799_000),
    clock_offset_ms=st.integers(-SAFE, SAFE),
)


def strategy_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any message of one kind, by its own field types."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "ref": st.integers(0, SAFE),
        "at": st.integers(0, SAFE),
        "since": st.none() | st.integers(0, SAFE),
        "epoch": st.none() | st.text(max_size=36),
        "topic": st.text(max_size=80),
        "token": st.text(max_size=128),
        "scan": SCANS,
        "undo": UNDOS,
        "scans": st.lists(SCANS, max_size=5).map(tuple),
        "undos": st.lists(UNDOS, max_size=5).map(tuple),
        "to": st.text(max_size=36),
        "data": st.text(max_size=200),
        "unsent": st.integers(0, 1_000_000),
        "battery": st.none() | st.floats(0, 1),
        "scanning": st.none() | st.booleans(),
        "seq": st.none() | st.integers(0, SAFE),
    }
    return st.builds(kind, **{name: fields[name] for name in kind.__struct_fields__})


def test_the_schema_is_the_one_pinned_beside_the_version() -> None:
    assert list(SCHEMAS_OF_VERSION) == list(range(1, p.PROTOCOL_VERSION + 1))
    assert generate.schema_hash() == SCHEMAS_OF_VERSION[p.PROTOCOL_VERSION][-1]


def test_the_subprotocol_names_the_version() -> None:
    assert f"ngn.v{p.PROTOCOL_VERSION}" == p.SUBPROTOCOL


def test_the_committed_schema_and_documentation_are_what_the_generator_writes() -> None:
    assert generate.SCHEMA_PATH.read_text() == generate.schema_text()
    assert generate.DOCS_PATH.read_text() == generate.docs_text()


def test_every_message_close_code_and_error_code_is_documented() -> None:
    documentation = generate.docs_text()
    tags = [kind.__struct_config__.tag for kind in (*CLIENT_KINDS, *get_args(p.ServerMessage))]

    missing = [tag for tag in tags if f"### `{tag}`" not in documentation]
    missing += [code.name for code in p.CloseCode if f"| {code.value} |" not in documentation]
    missing += [code.value for code in p.ErrorCode if f"`{code.value}`" not in documentation]

    assert missing == []


def test_tags_are_unique_in_each_direction() -> None:
    for messages in (p.ClientMessage, p.ServerMessage, p.AnyFact):
        tags = [kind.__struct_config__.tag for kind in get_args(messages)]
        assert len(tags) == len(set(tags))


@pytest.mark.parametrize("code", p.CloseCode)
def test_a_close_code_says_whether_to_come_back(code: p.CloseCode) -> None:
    assert 4000 <= code <= 4999
    assert (code < 4500) == (code.name in ("GOING_AWAY", "SLOW_READER", "TOO_FAST"))


@given(st.one_of([strategy_of(kind) for kind in CLIENT_KINDS]))
def test_every_client_message_is_read_as_it_was_written(message: p.ClientMessage) -> None:
    assert p.decode_client(msgspec.json.encode(message)) == message


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"42",
        b"ping",
        b"{",
        b"{}",
        b'{"t":"nothing"}',
        b'{"t":"welcome","version":1,"connection":"x","server_time":1}',
        b'{"t":"PING","ref":1,"at":2}',
        b'{"t":1,"ref":1,"at":2}',
        b'{"t":null,"ref":1,"at":2}',
        b'{"ref":1,"at":2}',
        b'{"t":"ping","at":2}',
        b'{"t":"ping","ref":1,"at":2,"extra":0}',
        b'{"t":"ping","ref":"1","at":2}',
        b'{"t":"ping","ref":1.5,"at":2}',
        b'{"t":"ping","ref":true,"at":2}',
        b'{"t":"ping","ref":null,"at":2}',
        b'{"t":"ping","ref":-1,"at":2}',
        b'{"t":"ping","ref":9007199254740992,"at":2}',
        b'{"t":"ping","ref":1,"at":99999999999999999999999999}',
        b'{"t":"ping","ref":1,"at":1e400}',
        b'{"t":"ping","ref":1,"at":NaN}',
        b'{"t":"subscribe","ref":1,"topic":null}',
        b'{"t":"subscribe","ref":1,"topic":"' + b"x" * 81 + b'"}',
        b'{"t":"subscribe","ref":1,"topic":"x","since":-1}',
        b'{"t":"subscribe","ref":1,"topic":"x","epoch":"' + b"x" * 37 + b'"}',
        b'{"t":"heartbeat","ref":1}',
        b'{"t":"heartbeat","ref":1,"unsent":-1}',
        b'{"t":"heartbeat","ref":1,"unsent":1000001}',
        b'{"t":"heartbeat","ref":1,"unsent":0,"battery":1.01}',
        b'{"t":"heartbeat","ref":1,"unsent":0,"battery":-0.01}',
        b'{"t":"heartbeat","ref":1,"unsent":0,"battery":"full"}',
        b'{"t":"heartbeat","ref":1,"unsent":0,"scanning":1}',
        b'{"t":"heartbeat","ref":1,"unsent":0,"name":"Door A"}',
        b'{"t":"undo","ref":1}',
        b'{"t":"undo","ref":1,"undo":{}}',
        b'{"t":"authenticate","ref":1,"token":"' + b"x" * 129 + b'"}',
        b'{"t":"authenticate","ref":1,"token":"\\ud800"}',
        b'{"t":"authenticate","ref":1,"token":"\\udc00\\ud800"}',
        b'{"t":"authenticate","ref":1,"token":"\xff\xfe"}',
        b'{"t":"authenticate","ref":1,"token":"\xed\xa0\x80"}',
        PING + PING,
        PING + b" and more",
        "\ufeff".encode() + PING,
        b"[" * 8_000 + b"]" * 8_000,
        b'{"t":"ping","x":' + b"[" * 8_000 + b"]" * 8_000 + b"}",
        b'{"x":' + b"[" * 8_000 + b"]" * 8_000 + b',"t":"ping"}',
        b'{"x":' + b'{"x":' * 3_000 + b"1" + b"}" * 3_000 + b',"t":"ping"}',
    ],
    ids=lambda text: ascii(text[:40].decode(errors="replace")),
)
def test_a_malformed_message_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        p.decode_client(text)


def test_half_a_surrogate_pair_in_a_text_frame_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        p.decode_client('{"t":"authenticate","ref":1,"token":"\ud800"}')


@pytest.mark.parametrize(
    "wrong",
    [
        {"scan_id": "not-a-uuid"},
        {"scan_id": SCAN_ID.upper()},
        {"scan_id": SCAN_ID.replace("-7000-", "-4000-")},
        {"scan_id": f"{SCAN_ID}\n"},
        {"scan_id": f"{{{SCAN_ID}}}"},
        {"device_seq": 0},
        {"device_seq": SAFE + 1},
        {"code": "1" * 513},
        {"code": None},
        {"code": 10},
        {"scanned_at": -1},
        {"scanned_at": 253_402_300_799_001},
        {"clock_offset_ms": SAFE + 1},
        {"decision": "admitted"},
        {"decision": None},
        {"verdict": {"t": "admitted"}},
    ],
    ids=str,
)
def test_a_malformed_scan_is_refused(wrong: dict[str, Any]) -> None:
    message = {"t": "scan", "ref": 1, "scan": {**SCAN, **wrong}}

    with pytest.raises(msgspec.ValidationError):
        p.decode_client(msgspec.json.encode(message))


@pytest.mark.parametrize("missing", list(SCAN))
def test_a_scan_that_lacks_something_is_refused(missing: str) -> None:
    scan = {name: value for name, value in SCAN.items() if name != missing}

    with pytest.raises(msgspec.ValidationError, match=missing):
        p.decode_client(msgspec.json.encode({"t": "scan", "ref": 1, "scan": scan}))


@given(st.binary(max_size=200))
def test_whatever_arrives_is_read_or_refused_and_nothing_else_is_raised(data: bytes) -> None:
    try:
        read = p.decode_client(data)
    except msgspec.DecodeError:
        return
    assert isinstance(read, CLIENT_KINDS)


def test_names_beyond_the_basic_plane_are_spoken_as_they_are() -> None:
    fact = p.FanEntered(ticket_type="018f", at=SAFE, door="Door 🥂 𝕏")
    text = p.encode(p.TopicFact(topic="sales:x", seq=SAFE, fact=fact))

    told = msgspec.json.decode(text, type=p.TopicFact)

    assert told.fact == fact
    assert "🥂" in text


def test_all_structs_of_the_protocol_are_frozen_and_strict() -> None:
    structs = [
        kind for kind in vars(p).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    ]

    loose = [
        kind.__name__
        for kind in structs
        if not (kind.__struct_config__.frozen and kind.__struct_config__.forbid_unknown_fields)
    ]

    assert len(structs) > 30
    assert loose == []
