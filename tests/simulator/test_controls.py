"""The simulator's own buttons under /_sim/."""

from typing import Any

import pytest

from tests.simulator.harness import World


def test_it_says_that_it_lives_and_what_it_holds(world: World) -> None:
    venue = world.venue()
    world.sold(venue.id)

    assert world.get("/healthz").json == {"ok": True, "simulated": True}
    state = world.state
    assert state["objects"]["charge"] == 2
    assert state["balances"][venue.id] == {"usd": 2000}
    assert state["ledger_sum"] == 0


def test_switches_change_one_by_one(world: World) -> None:
    world.control("switches", duplicate=2)
    world.control("switches", delay_ms=5)

    switches = world.get("/_sim/switches").json

    assert (switches["duplicate"], switches["delay_ms"], switches["drop"]) == (2, 5, 0.0)


@pytest.mark.parametrize("wrong", [
    {"duplicate": 11}, {"drop": 1.5}, {"drop": "much"}, {"colour": "red"}, {"retry_scale": -1}, {"max_attempts": 0},
])  # fmt: skip
def test_a_switch_that_cannot_be_is_refused_and_nothing_changes(world: World, wrong: dict[str, Any]) -> None:
    before = world.get("/_sim/switches").json

    answer = world.refused_control("switches", **wrong)

    assert answer.status == 400
    assert answer.json["error"]["message"]
    assert world.get("/_sim/switches").json == before


@pytest.mark.parametrize(("path", "body", "status"), [
    ("clock", {"advance_s": -1}, 400),
    ("clock", {"advance_s": "soon"}, 400),
    ("clock", {}, 400),
    ("sessions/cs_test_none/pay", {}, 404),
    ("sessions/cs_test_none/pay", {"outcome": "free"}, 400),
    ("charges/ch_test_none/dispute", {}, 404),
    ("disputes/du_test_none/resolve", {"outcome": "won"}, 404),
    ("accounts/acct_test_none", {"action": "complete"}, 404),
    ("accounts/acct_test_none", {"action": "explode"}, 400),
    ("refund", {}, 400),
    ("refund", {"charge": "ch_test_none"}, 404),
    ("refunds/re_test_none", {"outcome": "failed"}, 404),
    ("payouts/po_test_none/fail", {}, 404),
    ("redeliver/evt_test_none", {}, 404),
    ("deliver", {"events": "all"}, 400),
    ("nothing/like/this", {}, 404),
])  # fmt: skip
def test_bad_input_is_a_clear_refusal(shared: World, path: str, body: dict[str, Any], status: int) -> None:
    answer = shared.refused_control(path, **body)

    assert answer.status == status
    assert answer.json["error"]["message"]


def test_only_json_is_taken_so_no_web_page_can_push_the_buttons(shared: World) -> None:
    assert shared.form("/_sim/clock", advance_s="1").status == 415
    kind = {"Content-Type": "application/json"}
    assert shared.request("POST", "/_sim/clock", "{not json", **kind).status == 400


def test_a_refund_in_the_dashboard_gives_back_transfer_and_fee(world: World) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    refund = world.control("refund", charge=charge.id, amount=1100)

    assert refund["status"] == "succeeded"
    assert (world.total(venue.id), world.total()) == (1000, 6)
    assert "refund.created" in world.told("refund")


def test_the_clock_goes_forward_for_everything_that_is_made_afterwards(world: World) -> None:
    before = world.session().created

    world.control("clock", advance_s=3600)

    assert world.session().created >= before + 3600


@pytest.mark.parametrize("amount", [0, -5, 2201, 10**30])
def test_a_dashboard_refund_of_an_impossible_amount_moves_nothing(world: World, amount: int) -> None:
    charge = world.sold(world.venue().id)

    assert world.refused_control("refund", charge=charge.id, amount=amount).status == 400
    assert world.total() == 106
