"""docs/protocol.md says all, and nothing that the code does not do."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from realtime import arrivals, generate, handbook, hub, outbox, session
from realtime import handbook_words as words
from realtime import protocol as p
from realtime.client.effects import Moment, Send, Tell
from realtime.client.session import Session
from realtime.handbook_examples import Conversation, conversations, example_of, text_of

DEFINITIONS: dict[str, Any] = generate.schema()["$defs"]
MESSAGES = (*get_args(p.ClientMessage), *get_args(p.ServerMessage))
PLACES = [
    (kind, name) for kind, body in DEFINITIONS.items() for name in body.get("properties", ()) if name != "t"
]


def tags(union: Any) -> set[Any]:
    return {kind.__struct_config__.tag for kind in get_args(union)}


def test_every_field_says_what_it_means() -> None:
    silent = [
        f"{kind}.{name}"
        for kind, name in PLACES
        if not handbook.meaning(kind, name, DEFINITIONS[kind]["properties"][name])
    ]

    assert silent == []


def test_no_word_is_left_of_fields_that_are_gone() -> None:
    known = {name for _, name in PLACES} | {f"{kind}.{name}" for kind, name in PLACES}

    assert set(words.FIELDS) <= known


def test_every_kind_of_fact_has_its_rule_for_each_page_that_it_reaches() -> None:
    assert set(words.SALES_RULES) == tags(p.SalesFact)
    assert set(words.DOOR_RULES) == tags(p.DoorFact)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_every_message_has_an_example_that_the_other_side_reads(kind: type[msgspec.Struct]) -> None:
    example = example_of(kind.__struct_config__.tag)

    read: p.ClientMessage | p.ServerMessage
    if kind in get_args(p.ClientMessage):
        read = p.decode_client(example)
    else:
        read = msgspec.json.decode(example, type=p.ServerMessage)

    assert type(read) is kind
    assert text_of(read) == example


def test_the_limits_are_those_that_are_enforced() -> None:
    assert handbook.TOPICS_PER_SOCKET == session.MAX_TOPICS
    assert handbook.REPLAYED_ENTRIES == arrivals.REPLAY_LIMIT
    assert pytest.approx(1 / hub.STATE_S) == handbook.STATES_PER_S
    assert outbox.MAX_QUEUED_BYTES == handbook.QUEUED_KB * 1024


def test_every_code_has_its_advice() -> None:
    assert set(p.CLOSE_ADVICE) == set(p.CloseCode)
    assert set(p.ERROR_ADVICE) == set(p.ErrorCode)


@pytest.mark.parametrize("conversation", conversations()[:2], ids=lambda one: one.title)
def test_our_own_client_says_and_understands_what_the_conversation_shows(conversation: Conversation) -> None:
    """Each client message there is what a session of ours sends at that moment, its `ref` aside."""
    token = next((m.token for m in messages_of(conversation) if isinstance(m, p.Authenticate)), None)
    ours, told = Session(token), []
    sent: list[Any] = []
    ours.opening(Moment(0, 0))
    for message in messages_of(conversation):
        if isinstance(message, p.Subscribe):
            sent += ours.subscribe(message.topic)
        elif isinstance(message, p.Unsubscribe):
            sent += ours.unsubscribe(message.topic)
        elif isinstance(message, p.ServerMessage):
            effects = ours.receive(answered(message, sent), Moment(0, 0))
            sent += [effect for effect in effects if isinstance(effect, Send)]
            told += [effect for effect in effects if isinstance(effect, Tell)]

    asked = (p.Authenticate, p.Subscribe, p.Unsubscribe)
    said = [type(effect.message) for effect in sent if isinstance(effect.message, asked)]
    assert said == [type(message) for message in messages_of(conversation) if isinstance(message, asked)]
    assert [effect.message for effect in told] == [
        message
        for message in messages_of(conversation)
        if isinstance(message, p.TopicSnapshot | p.TopicFact | p.TopicState | p.TopicPresence)
    ]


def messages_of(conversation: Conversation) -> list[p.ClientMessage | p.ServerMessage]:
    return [line.message for line in conversation.lines if line.message is not None]


def answered(message: p.ServerMessage, sent: list[Any]) -> p.ServerMessage:
    """The message with the ref of our own newest question of its kind."""
    questions: dict[type[Any], type[Any]] = {
        p.Joined: p.Subscribe,
        p.Authenticated: p.Authenticate,
        p.Left: p.Unsubscribe,
    }
    if (question := questions.get(type(message))) is None:
        return message
    newest = next(effect for effect in reversed(sent) if isinstance(effect.message, question))
    return msgspec.structs.replace(message, ref=newest.message.ref)
