"""What a browser sees: every page says SIMULATED, works without script, and leads on."""

from html.parser import HTMLParser

import pytest

from tests.simulator.harness import World

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Form(HTMLParser):
    """Collects what a browser would find to press."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: list[dict[str, str | None]] = []
        self.links: list[str | None] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("input", "form"):
            self.fields.append(dict(attrs))
        if tag == "a":
            self.links.append(dict(attrs).get("href"))


def test_checkout_shows_what_is_bought_for_how_much_and_who_is_paid(world: World) -> None:
    session = world.session(world.venue().id)

    page = world.get(session.url)

    assert page.status == 200
    for text in (
        "SIMULATED",
        "GA, The Midnight Owls",
        "$20.00",
        "$2.00",
        "$22.00",
        "The Crocodile",
        "The platform",
    ):
        assert text in page.text
    form = Form(page.text)
    email = next(each for each in form.fields if each.get("type") == "email")
    assert email["value"] == "fan@example.org"
    assert "http://shop.test/back" in form.links
    assert "script" not in form.tags
    outcomes = {each["value"] for each in form.fields if each.get("name") == "outcome"}
    assert outcomes == {
        "pay", "decline", "insufficient_funds", "three_d_secure", "async_ok", "async_fail", "pay_then_dispute", "late",
    }  # fmt: skip


def test_paying_leads_back_to_the_shop_with_the_sessions_id(world: World) -> None:
    session = world.session(world.venue().id)

    answer = world.form(session.url, outcome="pay")

    assert (answer.status, answer.location) == (303, f"http://shop.test/paid?s={session.id}")
    assert "complete" in world.get(session.url).text


@pytest.mark.parametrize("outcome", ["three_d_secure", "async_ok", "async_fail", "pay_then_dispute", "late"])
def test_every_outcome_that_completes_leads_back_to_the_shop(world: World, outcome: str) -> None:
    session = world.session(world.venue().id)

    assert world.form(session.url, outcome=outcome).status == 303


def test_a_declined_card_is_told_on_the_page_and_can_be_tried_again(world: World) -> None:
    session = world.session(world.venue().id)

    declined = world.form(session.url, outcome="decline")

    assert declined.status == 402
    assert 'role="alert"' in declined.text
    assert "Your card was declined." in declined.text
    assert world.form(session.url, outcome="pay").status == 303


def test_an_expired_session_has_a_page_of_its_own_and_a_way_back(world: World) -> None:
    session = world.session(world.venue().id)
    world.v1.checkout.sessions.expire(session.id)

    page = world.get(f"/c/pay/{session.id}")
    refused = world.form(f"/c/pay/{session.id}", outcome="pay")
    late = world.form(f"/c/pay/{session.id}", outcome="late")

    assert page.status == refused.status == 410
    assert "expired" in page.text
    assert "http://shop.test/back" in Form(page.text).links
    assert late.status == 303
    assert world.total() == 106


def test_an_open_page_notices_that_its_time_ran_out(world: World) -> None:
    session = world.session(world.venue().id)

    world.control("clock", advance_s=25 * 3600)

    assert world.form(session.url, outcome="pay").status == 410
    assert world.total() == 0


def test_a_session_is_paid_once_however_often_the_button_is_pressed(world: World) -> None:
    session = world.session(world.venue().id)

    for _ in range(3):
        world.form(session.url, outcome="pay")

    assert world.total("outside:customers") == -2200


def test_the_fan_may_give_an_email_when_the_shop_gave_none(world: World) -> None:
    changes = {"customer_email": None}
    session = world.session(**changes)

    world.form(session.url, outcome="pay", email="other@example.org")

    details = world.v1.checkout.sessions.retrieve(session.id).customer_details
    assert details is not None
    assert details.email == "other@example.org"


@pytest.mark.parametrize("outcome", ["", "free", "<script>"])
def test_nonsense_in_the_form_is_refused(shared: World, outcome: str) -> None:
    session = shared.session()

    answer = shared.form(session.url, outcome=outcome)

    assert answer.status == 400
    assert "<script>" not in answer.text


def test_what_the_shop_sends_is_escaped(shared: World) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    price = {"currency": "usd", "unit_amount": 2200, "product_data": {"name": hostile}}

    session = shared.session(line_items=[{"quantity": 1, "price_data": price}])

    assert "<img" not in shared.get(session.url).text


@pytest.mark.parametrize(
    "path",
    [
        "/c/pay/cs_test_none",
        "/setup/link_test_none",
        "/dashboard?account=acct_test_none",
        "/nowhere",
        "/c/%00",
    ],
)
def test_a_page_that_does_not_exist_is_a_simulated_404(shared: World, path: str) -> None:
    answer = shared.get(path)

    assert answer.status == 404
    assert "SIMULATED" in answer.text


def test_a_form_from_another_site_is_refused(world: World) -> None:
    session = world.session()
    path = session.url.removeprefix(world.url)

    foreign = world.request("POST", path, "outcome=pay", Origin="http://evil.test", **FORM)
    own = world.request("POST", path, "outcome=pay", Origin=world.url, **FORM)

    assert (foreign.status, own.status) == (403, 303)


def test_the_dashboard_shows_and_does_what_people_do_there(world: World) -> None:
    venue = world.venue()
    first, second = world.sold(venue.id), world.sold(venue.id)

    refund = world.form("/dashboard/refund", charge=first.id, amount="1100")
    dispute = world.form("/dashboard/dispute", id=second.id, kind="chargeback")
    raised = world.v1.disputes.list().data[0]
    resolve = world.form("/dashboard/resolve", id=raised.id, outcome="won")
    restrict = world.form("/dashboard/account", id=venue.id, action="restrict")

    assert {refund.status, dispute.status, resolve.status, restrict.status} == {303}
    assert world.v1.charges.retrieve(first.id).amount_refunded == 1100
    assert world.v1.disputes.retrieve(raised.id).status == "won"
    assert world.v1.accounts.retrieve(venue.id).charges_enabled is False
    page = world.get("/dashboard")
    for text in (
        "SIMULATED",
        first.id,
        second.id,
        venue.id,
        raised.id,
        "$11.00 refunded",
        "checkout.session.completed",
    ):
        assert text in page.text
    assert "SIMULATED" in world.get(f"/dashboard?account={venue.id}").text


def test_the_dashboard_sends_an_event_again(world: World) -> None:
    world.venue()
    event = world.settled()[0]

    answer = world.form("/dashboard/redeliver", id=event.id)

    assert answer.status == 303
    assert [each.id for each in world.settled()] == [event.id] * 2


@pytest.mark.parametrize(("action", "fields"), [
    ("refund", {"charge": "ch_test_none"}),
    ("refund", {"amount": "much"}),
    ("dispute", {"id": "x", "kind": "row"}),
    ("account", {"id": "x"}),
    ("nothing", {}),
])  # fmt: skip
def test_the_dashboard_refuses_nonsense(shared: World, action: str, fields: dict[str, str]) -> None:
    assert shared.form(f"/dashboard/{action}", **fields).status in (400, 404)
