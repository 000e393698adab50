"""Onboarding of connected accounts, through the page that a browser sees."""

from typing import Any

import pytest
import stripe

from tests.simulator.harness import World, acting_for


def link(world: World, account: str) -> stripe.AccountLink:
    return world.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "refresh_url": "http://shop.test/refresh",
            "return_url": "http://shop.test/return",
            "collection_options": {"fields": "eventually_due"},
        }
    )


def test_an_account_starts_with_everything_still_to_do(world: World) -> None:
    account = world.venue(ready=False)

    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (
        False,
        False,
        False,
    )
    assert account.type == "express"
    assert account.capabilities is not None
    assert account.capabilities.transfers == "inactive"
    assert account.requirements is not None
    assert account.requirements.disabled_reason == "requirements.past_due"
    assert account.requirements.currently_due


def test_onboarding_completes_the_account_and_tells_the_connect_endpoint(world: World) -> None:
    account = world.venue(ready=False)
    url = link(world, account.id).url

    page = world.get(url)
    done = world.form(url, end="complete")

    assert "SIMULATED" in page.text
    assert (done.status, done.location) == (303, "http://shop.test/return")
    ready = world.v1.accounts.retrieve(account.id)
    assert (ready.charges_enabled, ready.payouts_enabled, ready.details_submitted) == (True, True, True)
    assert ready.capabilities is not None
    assert (ready.capabilities.transfers, ready.capabilities.card_payments) == ("active", "active")
    assert ready.requirements is not None
    assert ready.requirements.disabled_reason is None
    event = world.settled()[-1]
    assert (event.type, event.account, world.receiver.paths[-1]) == (
        "account.updated",
        account.id,
        "/connect",
    )
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes["charges_enabled"] is False


@pytest.mark.parametrize(
    ("end", "reason"), [("restrict", "requirements.past_due"), ("reject", "rejected.other")]
)
def test_onboarding_can_end_badly(world: World, end: str, reason: str) -> None:
    account = world.venue(ready=False)
    url = link(world, account.id).url
    world.get(url)

    world.form(url, end=end)

    after = world.v1.accounts.retrieve(account.id)
    assert after.charges_enabled is False
    assert after.requirements is not None
    assert after.requirements.disabled_reason == reason


def test_a_link_works_once(world: World) -> None:
    url = link(world, world.venue(ready=False).id).url

    assert world.get(url).status == 200
    again = world.get(url)
    first, second = world.form(url, end="complete"), world.form(url, end="reject")

    assert (again.status, again.location) == (303, "http://shop.test/refresh")
    assert first.location == "http://shop.test/return"
    assert second.location == "http://shop.test/refresh"


def test_a_link_lives_five_minutes(world: World) -> None:
    made = link(world, world.venue(ready=False).id)

    world.control("clock", advance_s=301)

    assert made.expires_at - made.created == 300
    assert world.get(made.url).location == "http://shop.test/refresh"


def test_a_form_that_was_never_opened_or_says_nonsense_changes_nothing(world: World) -> None:
    account = world.venue(ready=False)
    url = link(world, account.id).url

    unopened = world.form(url, end="complete")
    world.get(url)
    nonsense = world.form(url, end="whatever")

    assert unopened.location == "http://shop.test/refresh"
    assert nonsense.status == 400
    assert world.v1.accounts.retrieve(account.id).details_submitted is False
    assert world.form(url, end="complete").location == "http://shop.test/return"


def test_an_account_can_lose_its_standing_and_get_it_back(world: World) -> None:
    venue = world.venue()

    world.control(f"accounts/{venue.id}", action="restrict")
    restricted = world.v1.accounts.retrieve(venue.id)
    world.control(f"accounts/{venue.id}", action="complete")

    assert (restricted.charges_enabled, restricted.details_submitted) == (False, True)
    assert world.v1.accounts.retrieve(venue.id).charges_enabled is True
    assert world.settled()
    assert world.receiver.types == ["account.updated"] * 3


def test_a_venue_that_disconnects_is_out_of_reach(world: World) -> None:
    venue = world.venue()
    theirs = acting_for(venue.id)

    world.control(f"accounts/{venue.id}", action="deauthorize")

    event = next(each for each in world.settled() if each.type == "account.application.deauthorized")
    assert (event.account, world.receiver.paths) == (venue.id, ["/connect"] * 2)
    assert event.data.object["object"] == "application"
    for attempt in (
        lambda: world.v1.accounts.retrieve(venue.id),
        lambda: world.v1.balance.retrieve({}, theirs),
    ):
        with pytest.raises(stripe.PermissionError):
            attempt()
    with pytest.raises(stripe.InvalidRequestError, match="No such destination"):
        world.session(venue.id)
    assert world.v1.accounts.list().data == []


def test_standard_accounts_keep_their_own_dashboard_and_get_no_login_link(world: World) -> None:
    standard, express = world.venue(dashboard="full", payer="account"), world.venue()

    assert standard.type == "standard"
    assert "SIMULATED" in world.get(world.v1.accounts.login_links.create(express.id).url).text
    with pytest.raises(stripe.InvalidRequestError, match="not an Express account"):
        world.v1.accounts.login_links.create(standard.id)


@pytest.mark.parametrize(("asked", "said"), [
    ({"type": "express", "controller": {"fees": {"payer": "application"}}}, "together"),
    ({"type": "custom"}, "does not simulate"),
    ({"controller": {"losses": {"payments": "application"}}}, "fees"),
    ({"controller": {"stripe_dashboard": {"type": "none"}}}, "does not simulate"),
    ({"country": "XX"}, "country"),
    ({"individual": {"email": "x@example.org"}}, "does not simulate"),
    ({"nickname": "x"}, "unknown parameter"),
])  # fmt: skip
def test_an_account_that_cannot_be_is_refused(shared: World, asked: Any, said: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=said):
        shared.v1.accounts.create(asked)


def test_a_link_needs_urls_and_an_account_that_exists(shared: World) -> None:
    asked: Any = {
        "account": shared.venue().id,
        "type": "account_onboarding",
        "return_url": "http://shop.test/",
    }

    with pytest.raises(stripe.InvalidRequestError, match="refresh_url"):
        shared.v1.account_links.create(asked)
    with pytest.raises(stripe.InvalidRequestError, match="Not a valid URL"):
        shared.v1.account_links.create(asked | {"refresh_url": "nowhere"})
    with pytest.raises(stripe.PermissionError):
        shared.v1.account_links.create(
            asked | {"refresh_url": "http://shop.test/", "account": "acct_test_nobody"}
        )


def test_payouts_bring_settled_money_to_the_bank_or_back_again(world: World) -> None:
    venue = world.venue()
    theirs = acting_for(venue.id)
    world.sold(venue.id)
    assert world.refused_control(f"accounts/{venue.id}", action="payout").status == 400

    world.control("clock", advance_s=3 * 24 * 3600)
    world.control(f"accounts/{venue.id}", action="payout")

    payout = world.v1.payouts.list({"status": "paid"}, theirs).data[0]
    assert (payout.amount, world.total(venue.id), world.total("outside:banks")) == (2000, 0, 2000)
    world.control(f"payouts/{payout.id}/fail")
    assert (world.total(venue.id), world.total("outside:banks")) == (2000, 0)
    told = [(event.type, event.account) for event in world.settled() if event.type.startswith("payout")]
    assert sorted(told) == [("payout.failed", venue.id), ("payout.paid", venue.id)]
