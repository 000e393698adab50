"""Pairing: one code, one phone, once, for minutes; nothing in the database can be used to pair or to speak."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.factories import NOW, a_device, a_show, a_user
from tests.race import times
from ticketing import pairing
from ticketing.clock import utc_now
from ticketing.models import Device, Event, PairingCode
from ticketing.pairing import CODE_LIFE, CodeSeen, CodeState, Paired, PairingRefusal

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def a_code(event: Event) -> str:
    return pairing.new_code(event_id=event.pk, by=a_user(), now=NOW).code


def pair(code: str, *, name: str = "Door A", after: timedelta = timedelta(0)) -> Paired | PairingRefusal:
    return pairing.pair(code=code, name=name, now=NOW + after)


def rows_of(*tables: str) -> str:
    """Every column of every row as text, binary ones in hex."""
    texts = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # names from this file
            for row in cursor.fetchall():
                texts += [
                    bytes(v).hex() + repr(bytes(v)) if isinstance(v, bytes | memoryview) else str(v)
                    for v in row
                ]
    return "\n".join(texts)


def test_a_code_makes_a_phone_a_device_of_its_event() -> None:
    event = a_show()

    paired = pair(a_code(event), name="  Main   door ")

    assert isinstance(paired, Paired)
    assert (paired.device.event_id, paired.device.name, paired.device.created_at) == (
        event.pk,
        "Main door",
        NOW,
    )
    assert pairing.device_of(paired.token) == paired.device


def test_a_code_is_good_once() -> None:
    code = a_code(a_show())
    pair(code)

    assert pair(code) is PairingRefusal.CODE_USED
    assert Device.objects.count() == 1


def test_a_code_is_good_for_minutes() -> None:
    code = a_code(a_show())

    assert pair(code, after=CODE_LIFE) is PairingRefusal.CODE_EXPIRED
    assert isinstance(pair(code, after=CODE_LIFE - timedelta(seconds=1)), Paired)


def test_a_used_code_stays_used_after_its_end() -> None:
    code = a_code(a_show())
    pair(code)

    assert pair(code, after=timedelta(days=1)) is PairingRefusal.CODE_USED


@pytest.mark.parametrize("code", ["x", "A" * 22, "A" * 64, "%", "a\x00b"], ids=ascii)
def test_a_code_that_was_never_given_is_unknown(code: str) -> None:
    a_code(a_show())

    assert pair(code) is PairingRefusal.CODE_UNKNOWN


@pytest.mark.parametrize("code", ["", "A" * 65, "🥂", "\ud800"], ids=ascii)
def test_what_cannot_be_a_code_is_malformed(code: str) -> None:
    assert pair(code) is PairingRefusal.MALFORMED


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 41, "Door\x00A", "Door\x1b[2J", "Door\u202eA", "Door\ud800"], ids=ascii
)
def test_a_name_that_no_screen_can_show_is_malformed_and_spends_no_code(name: str) -> None:
    code = a_code(a_show())

    assert pair(code, name=name) is PairingRefusal.MALFORMED
    assert isinstance(pair(code), Paired)


@pytest.mark.parametrize("name", ["Door A", "Tür 🥂", "x" * 40, "入口"])
def test_a_name_may_be_in_any_script(name: str) -> None:
    paired = pair(a_code(a_show()), name=name)

    assert isinstance(paired, Paired)
    assert Device.objects.get().name == name


def test_of_fifty_phones_with_one_code_one_is_paired() -> None:
    code = a_code(a_show())

    outcomes = times(50, lambda: pair(code))

    assert Counter(type(outcome) for outcome in outcomes) == {Paired: 1, PairingRefusal: 49}
    assert {o for o in outcomes if isinstance(o, PairingRefusal)} == {PairingRefusal.CODE_USED}
    assert Device.objects.count() == 1


def test_neither_token_nor_code_can_be_read_from_the_database() -> None:
    event = a_show()
    spent, unspent = a_code(event), a_code(event)
    paired = pair(spent)
    assert isinstance(paired, Paired)

    rows = rows_of(Device._meta.db_table, PairingCode._meta.db_table)

    assert paired.device.pk.hex in rows.replace("-", "")
    assert [secret for secret in (spent, unspent, paired.token) if secret in rows] == []


@pytest.mark.parametrize("token", ["", "x", "🥂", "\x00"])
def test_a_token_of_nobody_is_no_device(token: str) -> None:
    a_device(a_show())

    assert pairing.device_of(token) is None


def test_a_revoked_device_is_no_device_any_more() -> None:
    event = a_show()
    device, token = a_device(event)
    kept, _ = a_device(event, name="Door B")

    first = pairing.revoke(device_id=device.pk, event_id=event.pk, now=NOW)
    again = pairing.revoke(device_id=device.pk, event_id=event.pk, now=NOW)

    assert (first, again) == (True, False)
    assert pairing.device_of(token) is None
    assert pairing.devices(event_id=event.pk) == [kept]


def test_nobody_revokes_another_events_device() -> None:
    device, token = a_device(a_show())

    assert not pairing.revoke(device_id=device.pk, event_id=a_show().pk, now=NOW)
    assert pairing.device_of(token) == device


# --- over HTTP ---------------------------------------------------------------------------------------------------


def post(body: bytes | dict[str, Any], **options: Any) -> tuple[int, dict[str, Any]]:
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    response = Client(**options).post("/door/api/pair", raw, content_type="application/json")
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()


def test_a_phone_pairs_over_http_without_a_cookie_and_fetches_its_manifest() -> None:
    event = a_show()
    code = pairing.new_code(event_id=event.pk, by=a_user(), now=utc_now()).code

    status, paired = post({"code": code, "name": "Door A"}, enforce_csrf_checks=True)
    answer = Client().get("/door/api/manifest", headers={"authorization": f"Bearer {paired['token']}"})

    assert status == 201
    assert paired["device"]["event"] == str(event.pk)
    assert answer.status_code == 200
    assert answer.json()["topic"] == f"door:{event.pk}"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"code":"a"}',
        b'{"code":1,"name":"x"}',
        b'{"code":"a","name":"x","extra":1}',
        b'{"code":"a","name":"\\ud800"}',
        b'{"code":"\xff","name":"x"}',
        b"[" * 100_000,
        b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: ascii(body[:24]),
)
def test_a_malformed_request_is_refused_by_name(body: bytes) -> None:
    assert post(body) == (400, {"code": "malformed"})


def test_a_code_that_is_spent_expired_or_unknown_is_refused_each_in_its_own_way() -> None:
    event, now = a_show(), utc_now()
    spent = pairing.new_code(event_id=event.pk, by=a_user(), now=now).code
    expired = pairing.new_code(event_id=event.pk, by=a_user(), now=now - CODE_LIFE).code
    pairing.pair(code=spent, name="Door A", now=now)

    answers = [post({"code": code, "name": "Door B"}) for code in (spent, expired, "never given")]

    assert answers == [
        (409, {"code": "pairing_code_used"}),
        (410, {"code": "pairing_code_expired"}),
        (404, {"code": "pairing_code_unknown"}),
    ]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Basic x", "bearer", "Bearer \xe4"])
def test_the_manifest_is_for_paired_devices_alone(header: str) -> None:
    a_device(a_show())

    answer = Client().get("/door/api/manifest", headers={"authorization": header})

    assert (answer.status_code, answer.json()) == (401, {"code": "token_invalid"})


def test_a_revoked_phone_gets_no_manifest() -> None:
    event = a_show()
    device, token = a_device(event)
    pairing.revoke(device_id=device.pk, event_id=event.pk, now=NOW)

    answer = Client().get("/door/api/manifest", headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 401


@pytest.mark.parametrize(("method", "path"), [("get", "/door/api/pair"), ("post", "/door/api/manifest")])
def test_each_request_has_its_own_method(method: str, path: str) -> None:
    assert getattr(Client(), method)(path).status_code == 405


def test_a_code_tells_what_became_of_it_to_its_own_event_only() -> None:
    event = a_show()
    code = pairing.new_code(event_id=event.pk, by=a_user(), now=NOW)
    other = pairing.new_code(event_id=event.pk, by=a_user(), now=NOW)

    waiting = pairing.look_up(code_id=code.id, event_id=event.pk, now=NOW)
    pair(code.code, name="Door A", after=timedelta(minutes=1))
    used = pairing.look_up(code_id=code.id, event_id=event.pk, now=NOW + CODE_LIFE)
    expired = pairing.look_up(code_id=other.id, event_id=event.pk, now=NOW + CODE_LIFE)

    assert waiting == CodeSeen(state=CodeState.WAITING, device="", expires_at=code.expires_at)
    assert used == CodeSeen(state=CodeState.USED, device="Door A", expires_at=code.expires_at)
    assert expired == CodeSeen(state=CodeState.EXPIRED, device="", expires_at=other.expires_at)
    assert pairing.look_up(code_id=code.id, event_id=a_show().pk, now=NOW) is None


def test_each_of_two_codes_knows_its_own_phone() -> None:
    event, owner = a_show(), a_user()
    first, second = (pairing.new_code(event_id=event.pk, by=owner, now=NOW) for _ in range(2))

    pair(second.code, name="Door B", after=timedelta(seconds=1))
    pair(first.code, name="Door A", after=timedelta(seconds=2))

    seen = [pairing.look_up(code_id=code.id, event_id=event.pk, now=NOW) for code in (first, second)]
    assert [one and one.device for one in seen] == ["Door A", "Door B"]
