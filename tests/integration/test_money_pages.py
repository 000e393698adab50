"""The owner's money pages, asked for with a plain browser's requests; Stripe is the simulator, over the real SDK."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import a_member, a_paid_order, a_show, a_user, a_venue
from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing import money as amounts
from ticketing import statements, venues
from ticketing.admission import TicketStatus
from ticketing.clock import utc_now
from ticketing.events import NewTicketType
from ticketing.models import (
    ChargeMode,
    Dispute,
    LedgerEntry,
    Order,
    OrderStatus,
    Refund,
    RefundStatus,
    Role,
    Venue,
    VenueMembership,
)
from ticketing.payments import gateway

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


class Office:
    """An owner at the venue's pages."""

    def __init__(self, money: Money) -> None:
        self.money = money
        self.owner = a_user(email="robin@example.org")
        VenueMembership.objects.create(venue=money.venue, user=self.owner, role=Role.OWNER)
        self.client = Client()
        self.client.force_login(self.owner)
        self.show = f"/venue/{money.venue.slug}/e/{money.event.slug}/"

    def address_of(self, order: Order) -> str:
        return f"{self.show}orders/{order}/"

    def page(self, path: str) -> str:
        response = self.client.get(path if path.startswith("/") else f"{self.show}{path}")
        assert response.status_code == 200, response
        return text_of(response)

    def asks_back(self, order: Order, *tickets: str, **confirmed: int) -> Any:
        return self.client.post(f"{self.address_of(order)}refund/", {"ticket": list(tickets), **confirmed})


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


@pytest.fixture
def office(money: Money) -> Office:
    return Office(money)


@pytest.fixture
def fresh(stripe_simulator: StripeSimulator) -> Venue:
    """A venue that has never been at Stripe."""
    venue = a_venue(owner=a_user(email="robin@example.org"), ready=False)
    Venue.objects.filter(pk=venue.pk).update(stripe_account_id=None)
    venue.refresh_from_db()
    return venue


def owner_of(venue: Venue) -> Client:
    client = Client()
    client.force_login(venue.members.get())
    return client


def text_of(response: Any) -> str:
    """The page as read: no runs of space, no apostrophes in disguise."""
    return re.sub(r"\s+", " ", str(response.content.decode()).replace("&#x27;", "'"))


def standing_of(page: str) -> str:
    found = re.search(r'data-standing="(\w+)"', page)
    assert found
    return found[1]


def tickets_of(order: Order) -> list[str]:
    return [str(pk) for pk in order.tickets.order_by("number").values_list("pk", flat=True)]


def stripe_is_gone(settings: Settings) -> None:
    """Nobody listens at port 9."""
    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base="http://127.0.0.1:9")
    gateway.client.cache_clear()


class TestConnecting:
    def test_it_leads_to_stripe_and_says_what_is_missing_until_it_is_done(
        self, fresh: Venue, stripe_simulator: StripeSimulator
    ) -> None:
        client, address = owner_of(fresh), f"/venue/{fresh.slug}/payments/"
        assert standing_of(text_of(client.get(address))) == "none"

        response = client.post(f"{address}connect/", {"mode": "express"})
        assert response.status_code == 303
        assert response["Location"].startswith(f"{stripe_simulator.url}/setup/")
        page = text_of(client.get(address))
        assert standing_of(page) == "started"
        assert "a bank account for your payouts" in page

        fresh.refresh_from_db()
        stripe_simulator.control(f"accounts/{fresh.stripe_account_id}", action="complete")
        assert client.get(f"{address}?returned=1").status_code == 303
        page = text_of(client.get(address))
        assert standing_of(page) == "ready"
        assert "Stripe says yes" in page

    def test_coming_back_is_not_being_done(self, fresh: Venue) -> None:
        client, address = owner_of(fresh), f"/venue/{fresh.slug}/payments/"
        client.post(f"{address}connect/", {"mode": "express"})

        client.get(f"{address}?returned=1")

        assert standing_of(text_of(client.get(address))) == "started"

    def test_a_link_that_is_used_up_becomes_a_new_one_for_the_same_account(self, fresh: Venue) -> None:
        client, address = owner_of(fresh), f"/venue/{fresh.slug}/payments/"
        first = client.post(f"{address}connect/", {"mode": "express"})["Location"]
        account = Venue.objects.get(pk=fresh.pk).stripe_account_id

        second = client.get(f"{address}?again=1")["Location"]

        assert second != first
        assert Venue.objects.get(pk=fresh.pk).stripe_account_id == account

    def test_a_manager_coming_back_gets_no_link(self, fresh: Venue) -> None:
        client = Client()
        client.force_login(a_member(fresh, Role.MANAGER))

        response = client.get(f"/venue/{fresh.slug}/payments/?again=1")

        assert response.status_code == 200
        assert Venue.objects.get(pk=fresh.pk).stripe_account_id is None

    def test_an_own_account_charges_by_itself(self, fresh: Venue) -> None:
        owner_of(fresh).post(f"/venue/{fresh.slug}/payments/connect/", {"mode": "standard"})

        assert Venue.objects.get(pk=fresh.pk).charge_mode == ChargeMode.DIRECT

    def test_the_kind_of_account_is_not_changed_half_way(self, fresh: Venue) -> None:
        client, address = owner_of(fresh), f"/venue/{fresh.slug}/payments/"
        client.post(f"{address}connect/", {"mode": "express"})

        response = client.post(f"{address}connect/", {"mode": "standard"}, follow=True)

        assert "begun with the other kind of account" in text_of(response)
        assert Venue.objects.get(pk=fresh.pk).charge_mode == ChargeMode.DESTINATION

    def test_a_venue_that_disconnected_connects_again_with_another_account(
        self, money: Money, office: Office
    ) -> None:
        before, address = money.venue.stripe_account_id, f"/venue/{money.venue.slug}/payments/"
        money.stripe.control(f"accounts/{before}", action="deauthorize")
        money.come_to_rest()
        assert standing_of(office.page(address)) == "disconnected"

        response = office.client.post(f"{address}connect/", {"mode": "express"})

        assert response.status_code == 303
        assert Venue.objects.get(pk=money.venue.pk).stripe_account_id != before

    def test_what_stripe_stopped_says_why_and_what_to_do(self, money: Money, office: Office) -> None:
        money.stripe.control(f"accounts/{money.venue.stripe_account_id}", action="restrict")
        money.come_to_rest()

        page = office.page(f"/venue/{money.venue.slug}/payments/")

        assert standing_of(page) == "stopped"
        assert "the company's proof of identity" in page
        assert "company.verification.document" not in page

    def test_stripes_own_pages_open_by_a_link_that_works_once(self, money: Money, office: Office) -> None:
        response = office.client.post(f"/venue/{money.venue.slug}/payments/express/")

        assert response.status_code == 303
        assert str(money.venue.stripe_account_id) in response["Location"]

    def test_before_the_sign_up_is_done_there_are_no_pages_to_open(self, fresh: Venue) -> None:
        client, address = owner_of(fresh), f"/venue/{fresh.slug}/payments/"
        client.post(f"{address}connect/", {"mode": "express"})

        assert "Finish the sign-up first" in text_of(client.post(f"{address}express/", follow=True))

    @pytest.mark.parametrize("path", ["connect/", "express/", "?again=1", "?returned=1", "payouts.csv"])
    def test_stripes_silence_is_said_and_changes_nothing(
        self, fresh: Venue, settings: Settings, path: str
    ) -> None:
        Venue.objects.filter(pk=fresh.pk).update(stripe_account_id="acct_test_silent")
        stripe_is_gone(settings)
        client, address = owner_of(fresh), f"/venue/{fresh.slug}/payments/{path}"

        response = (
            client.post(address, follow=True) if path.endswith("/") else client.get(address, follow=True)
        )

        assert response.status_code == 200
        assert "Stripe does not answer right now" in text_of(response)
        assert Venue.objects.get(pk=fresh.pk).stripe_account_id == "acct_test_silent"


class TestMoneyRules:
    def test_the_fee_is_told_with_an_example(self, money: Money, office: Office) -> None:
        page = office.page(f"/venue/{money.venue.slug}/payments/")

        assert "$2.00 per ticket" in page
        assert "<dd>$22.00</dd>" in page

    def test_a_fee_of_the_venues_own_stands_beside_the_usual_one(self, money: Money, office: Office) -> None:
        Venue.objects.filter(pk=money.venue.pk).update(fee_fixed=99, fee_basis_points=250, fee_minimum=150)

        page = office.page(f"/venue/{money.venue.slug}/payments/")

        assert "$0.99 + 2.5 % of the price, at least $1.50 per ticket" in page
        assert "NGN's usual fee is $2.00 per ticket" in page

    @pytest.mark.parametrize(("wanted", "returns"), [("kept", False), ("returned", True)])
    def test_the_owner_decides_what_a_refund_does_with_the_fee(
        self, fresh: Venue, wanted: str, returns: bool
    ) -> None:
        client = owner_of(fresh)

        response = client.post(f"/venue/{fresh.slug}/payments/refunds/", {"fee": wanted})

        assert response.status_code == 303
        assert Venue.objects.get(pk=fresh.pk).refunds_return_fee is returns

    @pytest.mark.parametrize("wanted", ["", "both", "\x00"])
    def test_anything_else_leaves_it_as_it_is(self, fresh: Venue, wanted: str) -> None:
        response = owner_of(fresh).post(
            f"/venue/{fresh.slug}/payments/refunds/", {"fee": wanted}, follow=True
        )

        assert "Choose what a refund does" in text_of(response)
        assert Venue.objects.get(pk=fresh.pk).refunds_return_fee is True


class TestOrders:
    def test_an_order_is_found_by_its_id_in_any_spelling(self, money: Money, office: Office) -> None:
        order, other = money.a_sale(1), money.a_sale(1, email="other@example.org")

        for spelling in (str(order), order.order_id, str(order).lower(), str(order).replace("-", " ")):
            page = office.page(f"orders/?q={spelling}")
            assert str(order) in page
            assert str(other) not in page
            assert f"Order {order}" in office.page(f"orders/{spelling}/")

    def test_an_order_is_found_by_a_part_of_the_email(self, money: Money, office: Office) -> None:
        order = money.a_sale(1, email="ada.lovelace@example.org")
        money.a_sale(1, email="grace@example.org")

        page = office.page("orders/?q=Lovelace")

        assert str(order) in page
        assert "grace@example.org" not in page

    @pytest.mark.parametrize("asked", ["nobody", "%00", "%", "_", "<script>", "x" * 400])
    def test_what_is_not_there_is_said_and_the_search_kept(
        self, money: Money, office: Office, asked: str
    ) -> None:
        money.a_sale(1)

        page = office.page(f"orders/?q={asked}")

        assert "Nothing for" in page or asked == "%00"
        assert "<script>" not in page.replace('<script type="', "").replace("<script src", "")

    def test_long_lists_come_in_pages_newest_first(self) -> None:
        venue = a_venue(owner=a_user())
        event = a_show(venue=venue)
        orders = [
            a_paid_order(event, email=f"fan{n}@example.org", now=utc_now() + timedelta(seconds=n))
            for n in range(27)
        ]
        client, address = owner_of(venue), f"/venue/{venue.slug}/e/{event.slug}/orders/"

        first, second = text_of(client.get(address)), text_of(client.get(f"{address}?page=2"))

        assert str(orders[26]) in first
        assert str(orders[0]) in second
        assert str(orders[0]) not in first
        for odd in ("0", "-1", "99", "x", "1e9", "9" * 30):
            assert client.get(f"{address}?page={odd}").status_code == 200

    def test_each_filter_shows_its_own(self, money: Money, office: Office) -> None:
        paid, refunded = money.a_sale(1), money.a_sale(1)
        held = money.buy(1)
        money.refund(refunded)

        assert str(held) in office.page("orders/?show=held")
        assert str(paid) not in office.page("orders/?show=held")
        assert str(refunded) in office.page("orders/?show=refunded")
        assert str(paid) in office.page("orders/?show=what")

    def test_what_needs_a_person_stands_out(self, money: Money, office: Office) -> None:
        order, fine = money.a_sale(1), money.a_sale(1)
        money.dispute_at_stripe(order)
        money.come_to_rest()

        page = office.page("orders/?show=attention")

        assert str(order) in page
        assert "Needs you" in page
        assert str(fine) not in page


class TestRefunding:
    def test_the_amount_is_shown_first_and_nothing_moves_until_it_is_confirmed(
        self, money: Money, office: Office
    ) -> None:
        order = money.a_sale(2)

        response = office.asks_back(order, tickets_of(order)[0])

        assert response.status_code == 200
        assert "Refund 1 ticket?" in text_of(response)
        assert "Refund $22.00" in text_of(response)
        assert not Refund.objects.exists()

    def test_confirmed_the_money_goes_back_and_the_ticket_is_closed(
        self, money: Money, office: Office
    ) -> None:
        order = money.a_sale(2)
        ticket = tickets_of(order)[0]

        response = office.asks_back(order, ticket, total=2_200)

        assert response.status_code == 303
        assert response["Location"] == office.address_of(order)
        assert "$22.00 is on its way back to the fan" in office.page(office.address_of(order))
        assert order.tickets.get(pk=ticket).status == TicketStatus.REFUNDED
        assert Refund.objects.get().requested_by == office.owner
        money.come_to_rest()
        money.check_at_rest()

    def test_with_the_fee_kept_the_fan_gets_the_price(self, money: Money, office: Office) -> None:
        venues.set_refund_policy(venue_id=money.venue.pk, returns_fee=False)
        order = money.a_sale(1)
        assert "Refund $20.00" in text_of(office.asks_back(order, *tickets_of(order)))

        office.asks_back(order, *tickets_of(order), total=2_000)

        assert Refund.objects.get().total == 2_000
        money.come_to_rest()
        money.check_at_rest()

    def test_a_rule_that_changed_since_is_shown_again_and_not_sent(
        self, money: Money, office: Office
    ) -> None:
        order = money.a_sale(1)
        venues.set_refund_policy(venue_id=money.venue.pk, returns_fee=False)

        response = office.asks_back(order, *tickets_of(order), total=2_200)

        assert "Refund $20.00" in text_of(response)
        assert not Refund.objects.exists()

    @pytest.mark.parametrize("total", ["", "x", "-2200", "2200.0", "²", "9" * 40])
    def test_what_is_no_amount_confirms_nothing(self, money: Money, office: Office, total: str) -> None:
        order = money.a_sale(1)

        response = office.client.post(
            f"{office.address_of(order)}refund/", {"ticket": tickets_of(order), "total": total}
        )

        assert "Refund 1 ticket?" in text_of(response)
        assert not Refund.objects.exists()

    def test_no_ticket_chosen_is_said_beside_the_tickets(self, money: Money, office: Office) -> None:
        response = office.asks_back(money.a_sale(1))

        assert response.status_code == 409
        assert "Choose at least one ticket" in text_of(response)

    def test_tickets_of_others_and_tickets_that_are_closed_refund_nothing(
        self, money: Money, office: Office
    ) -> None:
        order, other = money.a_sale(2), money.a_sale(1)
        mine, theirs = tickets_of(order), tickets_of(other)
        money.refund(order, tickets=1)

        for chosen in ([mine[0]], [mine[1], theirs[0]], [mine[1], "nonsense"]):
            response = office.asks_back(order, *chosen, total=2_200)
            assert response.status_code == 409
            assert "No money has moved" in text_of(response)
        assert Refund.objects.count() == 1

    def test_pressing_twice_refunds_once(self, money: Money, office: Office) -> None:
        order = money.a_sale(1)

        answers = [office.asks_back(order, *tickets_of(order), total=2_200).status_code for _ in range(2)]

        assert answers == [303, 409]
        assert Refund.objects.count() == 1

    def test_while_stripe_is_silent_the_tickets_are_closed_and_the_owner_told(
        self, money: Money, office: Office, settings: Settings
    ) -> None:
        order = money.a_sale(1)
        stripe_is_gone(settings)

        office.asks_back(order, *tickets_of(order), total=2_200)

        page = text_of(office.client.get(office.address_of(order)))
        assert "Stripe has not answered yet" in page
        assert "Being sent" in page
        assert order.tickets.get().status == TicketStatus.REFUNDED

    def test_while_a_bank_decides_nothing_can_be_refunded(self, money: Money, office: Office) -> None:
        order = money.a_sale(1)
        money.dispute_at_stripe(order)
        money.come_to_rest()

        assert "data-refund" not in office.page(office.address_of(order))

    def test_a_free_ticket_is_taken_back_without_stripe(self) -> None:
        venue = a_venue(owner=a_user())
        event = a_show(venue=venue, types=(NewTicketType(name="Free", price=0, allocation=5),))
        order = a_paid_order(event)
        address = f"/venue/{venue.slug}/e/{event.slug}/orders/{order}/refund/"

        response = owner_of(venue).post(address, {"ticket": tickets_of(order), "total": "0"})

        assert response.status_code == 303
        assert order.tickets.get().status == TicketStatus.REFUNDED

    def test_a_refund_made_at_stripe_waits_for_its_tickets(self, money: Money, office: Office) -> None:
        order = money.a_sale(2)
        money.refund_at_stripe(order, 2_200)
        money.come_to_rest()
        refund = Refund.objects.get()
        assert "Which tickets were refunded?" in office.page(office.address_of(order))
        address = f"{office.address_of(order)}refund/{refund.pk}/tickets/"

        assert office.client.post(address).status_code == 409
        assert office.client.post(address, {"ticket": tickets_of(order)[0]}).status_code == 303

        refund.refresh_from_db()
        assert refund.status == RefundStatus.SUCCEEDED
        assert order.tickets.filter(status=TicketStatus.REFUNDED).count() == 1
        assert office.client.post(address, {"ticket": tickets_of(order)[1]}).status_code == 409
        money.check_at_rest()

    def test_the_order_tells_each_movement_of_its_money(self, money: Money, office: Office) -> None:
        order = money.a_sale(1)
        money.refund(order)
        money.come_to_rest()

        page = office.page(office.address_of(order))

        assert "fan -$22.00, you +$20.00, NGN +$2.00" in page
        assert "fan +$22.00, you -$20.00, NGN -$2.00" in page


class TestDisputes:
    def test_the_scan_log_is_shown_first_and_sent_once(self, money: Money, office: Office) -> None:
        order = money.a_sale(1)
        money.scan(order, money.a_phone())
        money.dispute_at_stripe(order)
        money.come_to_rest()
        address = office.address_of(order)
        assert "Door A: ticket 1 of order" in office.page(address)
        dispute = Dispute.objects.get()

        office.client.post(f"{address}dispute/{dispute.pk}/evidence/")

        assert "The scan log is with the bank" in office.page(address)
        dispute.refresh_from_db()
        assert dispute.evidence_sent_at is not None
        again = office.client.post(f"{address}dispute/{dispute.pk}/evidence/", follow=True)
        assert "sent before" in text_of(again)

    def test_stripes_silence_sends_nothing(self, money: Money, office: Office, settings: Settings) -> None:
        order = money.a_sale(1)
        money.dispute_at_stripe(order)
        money.come_to_rest()
        dispute = Dispute.objects.get()
        stripe_is_gone(settings)

        response = office.client.post(
            f"{office.address_of(order)}dispute/{dispute.pk}/evidence/", follow=True
        )

        assert "Nothing was sent" in text_of(response)
        dispute.refresh_from_db()
        assert dispute.evidence_sent_at is None

    @pytest.mark.parametrize(
        ("outcome", "words"), [("won", "The money is back"), ("lost", "The fan keeps the money")]
    )
    def test_the_verdict_is_told(self, money: Money, office: Office, outcome: str, words: str) -> None:
        order = money.a_sale(1)
        money.resolve(money.dispute_at_stripe(order), outcome)
        money.come_to_rest()

        assert words in office.page(office.address_of(order))


class TestSettlement:
    def test_it_adds_up_with_the_ledger_to_the_cent(self, money: Money, office: Office) -> None:
        both, plain, bank = money.a_sale(2, 1), money.a_sale(1), money.a_sale(1)
        money.refund(both, tickets=2)
        money.refund(plain, return_fee=False)
        money.dispute_at_stripe(bank)
        money.refund_at_stripe(both, 333)
        money.come_to_rest()

        statement = statements.of_show(event_id=money.event.pk, currency="USD")

        kept = sum(LedgerEntry.objects.values_list("venue", flat=True))
        assert statement.total.net == kept
        assert statement.movements == LedgerEntry.objects.count()
        assert statement.unallocated.returned == -333
        assert [(line.name, line.sold, line.refunded, line.lost) for line in statement.lines] == [
            ("General admission", 4, 3, 1),
            ("VIP 🥂", 1, 0, 0),
        ]
        assert amounts.display(kept, "USD") in office.page("settlement/")

    @pytest.mark.parametrize("outcome", [None, "won", "lost"])
    @pytest.mark.parametrize("mode", list(ChargeMode))
    def test_the_live_page_says_the_same_as_the_settlement(
        self, own_stripe_simulator: StripeSimulator, mode: ChargeMode, outcome: str | None
    ) -> None:
        money = money_at(own_stripe_simulator, charge_mode=mode)
        office = Office(money)
        returned, bank = money.a_sale(1), money.a_sale(2)
        refund = money.refund(returned)
        money.stripe.control(f"refunds/{refund.stripe_refund_id}", outcome="failed")
        dispute = money.dispute_at_stripe(bank)
        money.come_to_rest()
        if outcome:
            money.resolve(dispute, outcome)
            money.come_to_rest()

        total = statements.of_show(event_id=money.event.pk, currency="USD").total
        page = office.page("")

        net = amounts.display(total.net - total.stripe_fees, "USD")
        assert f'data-testid="venue-gets">{net}<' in page
        assert ("Before Stripe's own fees" in page) is (mode == ChargeMode.DIRECT)

    def test_the_table_says_the_same_in_units_and_in_numbers(self, money: Money, office: Office) -> None:
        order = money.a_sale(2, 1)
        money.refund(order, tickets=1)
        money.come_to_rest()

        response = office.client.get(f"{office.show}settlement.csv")

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in response["Content-Disposition"]
        raw = response.content.decode("utf-8-sig")
        assert raw.count("\r\n") == 4
        general, vip, total = list(csv.DictReader(io.StringIO(raw)))
        assert (general["name"], general["sales_minor"], general["sales"]) == (
            "General admission",
            "4000",
            "40.00",
        )
        assert (general["refunds_minor"], general["refunds"], general["net"]) == ("-2000", "-20.00", "20.00")
        assert (vip["name"], vip["net_minor"], vip["tickets_sold"]) == ("VIP 🥂", "5050", "1")
        assert (total["kind"], total["net"]) == ("total", "70.50")

    def test_on_an_own_account_stripes_fees_are_the_venues(
        self, own_stripe_simulator: StripeSimulator
    ) -> None:
        money = money_at(own_stripe_simulator, charge_mode=ChargeMode.DIRECT)
        office = Office(money)
        money.a_sale(1)

        statement = statements.of_show(event_id=money.event.pk, currency="USD")

        assert statement.total.stripe_fees == -94
        assert statement.total.net == 2_000 - 94
        assert "Stripe's fees are yours" in office.page("settlement/")

    def test_yen_have_no_decimals(self, own_stripe_simulator: StripeSimulator) -> None:
        money = money_at(own_stripe_simulator, currency="JPY")
        money.a_sale(1)

        table = Office(money).client.get(f"/venue/{money.venue.slug}/e/{money.event.slug}/settlement.csv")

        assert ",2000,2000," in table.content.decode()

    def test_payouts_are_the_accounts_and_said_to_be(self, money: Money, office: Office) -> None:
        money.a_sale(1)
        assert "No payout yet" in office.page("settlement/")
        money.pass_time(timedelta(days=3))
        money.stripe.control(f"accounts/{money.venue.stripe_account_id}", action="payout")

        page = office.page("settlement/")

        assert '<td class="table__amount">$20.00</td>' in page
        assert "Stripe pays out whole accounts, not shows" in page
        table = office.client.get(f"/venue/{money.venue.slug}/payments/payouts.csv").content.decode(
            "utf-8-sig"
        )
        assert table.splitlines()[1].endswith(",Paid out,USD,2000,20.00")

    def test_without_stripe_the_rest_is_still_told(
        self, money: Money, office: Office, settings: Settings
    ) -> None:
        money.a_sale(1)
        stripe_is_gone(settings)

        page = office.page("settlement/")

        assert "$20.00" in page
        assert "Stripe does not say right now" in page


class TestFansSide:
    def test_a_partly_refunded_order_stays_in_the_wallet(self, money: Money) -> None:
        order = money.a_sale(2)
        money.refund(order, tickets=1)
        fan = Client()
        fan.force_login(order.purchaser)

        assert f"/o/{order.token}/" in text_of(fan.get("/wallet/"))
        page = text_of(Client().get(f"/o/{order.token}/"))
        assert "$22.00 is on its way back to you" in page

    def test_a_payment_that_came_too_late_is_on_its_way_back(self, money: Money) -> None:
        late = money.buy(1)
        assert late is not None
        money.stripe.expire(str(late.stripe_session_id))
        money.come_to_rest()
        for _ in range(12):
            money.a_sale(1)
        money.stripe.pay(str(late.stripe_session_id), "late")
        money.come_to_rest()

        late.refresh_from_db()
        assert late.status == OrderStatus.REFUNDED
        page = text_of(Client().get(f"/o/{late.token}/"))
        assert "Your money is on its way back" in page
        assert "$22.00 is on its way back to you" in page
        statement = statements.of_show(event_id=money.event.pk, currency="USD")
        assert (statement.late.sales, statement.late.net) == (2_000, 0)

    def test_tickets_that_a_bank_closed_say_so(self, money: Money) -> None:
        order = money.a_sale(1)
        money.dispute_at_stripe(order)
        money.come_to_rest()

        assert "Your bank has taken the payment back" in text_of(Client().get(f"/o/{order.token}/"))

    def test_a_refund_that_the_bank_sent_back_is_promised_another_way(self, money: Money) -> None:
        order = money.a_sale(1)
        refund = money.refund(order)
        money.stripe.control(f"refunds/{refund.stripe_refund_id}", outcome="failed")
        money.come_to_rest()

        assert "Your bank sent $22.00 back to us" in text_of(Client().get(f"/o/{order.token}/"))
