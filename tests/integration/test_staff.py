"""The staff site: who gets in, with what; and that facts are read there and not written."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import (
    NOW,
    a_device,
    a_member,
    a_paid_order,
    a_scan,
    a_show,
    a_user,
    a_venue,
    an_artist,
    codes_of,
)
from ticketing import door, pairing
from ticketing.admin.rows import Facts
from ticketing.domain_events import EventStatus
from ticketing.models import Device, Event, InboxState, Order, Role, StripeEvent, User, Venue, VenueMembership

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"


@pytest.fixture(autouse=True)
def nobody_has_tried_yet(settings: Settings) -> None:
    """Attempts are counted in the cache, which no rollback empties. Slow hashes protect people; these are made up."""
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def colleague() -> User:
    return User.objects.create_superuser("kim@example.org", PASSWORD)


@pytest.fixture
def inside(colleague: User) -> Client:
    """A colleague's browser that has shown the second factor."""
    return entered(colleague)


def entered(colleague: User) -> Client:
    client = signed_in(colleague)
    assert set_up(client).status_code == 302
    return client


def signed_in(person: User) -> Client:
    client = Client()
    client.post("/login/password/", {"login": person.email, "password": PASSWORD})
    return client


def set_up(client: Client, address: str = "/account/authenticator/") -> Any:
    secret = secret_on(client.get(address))
    return client.post(address, {"code": code_of(secret)})


def secret_on(page: Any) -> str:
    found = re.search(r'data-testid="totp-secret">([A-Z2-7 ]+)<', text_of(page))
    assert found
    return found[1].replace(" ", "")


def code_of(secret: str, *, steps_later: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps_later))


def recovery_codes_on(page: Any) -> list[str]:
    return re.findall(r"<li>(\d{8})</li>", text_of(page))


def text_of(response: Any) -> str:
    return str(response.content.decode())


class TestTheWayIn:
    @pytest.mark.parametrize("path", ["/staff/", "/staff/ticketing/order/", "/staff/no/such/page/"])
    def test_strangers_are_asked_to_sign_in(self, client: Client, path: str) -> None:
        response = client.get(path, follow=True)

        assert response.redirect_chain[-1][0].startswith("/login/?next=%2Fstaff%2F")

    def test_to_everybody_who_is_not_ngn_it_does_not_exist(self) -> None:
        venue = a_venue()
        for person in (a_user(), a_member(venue, Role.OWNER)):
            client = Client()
            client.force_login(person)

            assert {
                client.get(path).status_code
                for path in ("/staff/", "/staff/login/", "/staff/ticketing/order/")
            } == {404}

    def test_djangos_own_sign_in_form_is_not_there(self, client: Client, colleague: User) -> None:
        response = client.post("/staff/login/", {"username": colleague.email, "password": PASSWORD})

        assert response["Location"].startswith("/login/?next=")
        assert "_auth_user_id" not in client.session

    def test_without_a_second_factor_one_is_set_up_first_and_then_it_opens(self, colleague: User) -> None:
        client = signed_in(colleague)

        first = client.get("/staff/ticketing/order/", follow=True)
        there = first.redirect_chain[-1][0]
        codes = client.get(set_up(client, there)["Location"])

        assert there == "/account/authenticator/?next=%2Fstaff%2Fticketing%2Forder%2F"
        assert len(recovery_codes_on(codes)) == 10
        assert 'href="/staff/ticketing/order/"' in text_of(codes)
        assert client.get("/staff/ticketing/order/").status_code == 200

    def test_a_wrong_code_sets_nothing_up(self, colleague: User) -> None:
        client = signed_in(colleague)
        client.get("/account/authenticator/")

        client.post("/account/authenticator/", {"code": "000000"})

        assert not Authenticator.objects.exists()
        assert client.get("/staff/").status_code == 302

    def test_who_has_one_is_asked_for_it_at_every_sign_in(self, colleague: User, inside: Client) -> None:
        inside.post("/logout/")

        half_way = signed_in(colleague)

        assert half_way.get("/login/")["Location"] == "/login/second-factor/"
        assert "_auth_user_id" not in half_way.session
        assert half_way.get("/staff/", follow=True).redirect_chain[-1][0] == "/login/second-factor/"

    def test_the_apps_code_completes_the_sign_in_and_a_code_works_once(self, colleague: User) -> None:
        client = signed_in(colleague)
        secret = secret_on(client.get("/account/authenticator/"))
        client.post("/account/authenticator/", {"code": code_of(secret)})
        code = code_of(secret, steps_later=1)

        first, second = signed_in(colleague), signed_in(colleague)
        for browser in (first, second):
            browser.post("/login/second-factor/", {"code": code})

        assert first.get("/staff/").status_code == 200
        assert second.get("/staff/").status_code == 302

    def test_a_recovery_code_does_too_once(self, colleague: User, inside: Client) -> None:
        code = recovery_codes_on(inside.get("/account/recovery-codes/"))[0]

        first, second = signed_in(colleague), signed_in(colleague)
        for browser in (first, second):
            browser.post("/login/second-factor/", {"code": code})

        assert first.get("/staff/").status_code == 200
        assert "_auth_user_id" not in second.session

    def test_guessing_the_second_factor_ends_after_five_tries(self, colleague: User, inside: Client) -> None:
        right = recovery_codes_on(inside.get("/account/recovery-codes/"))[0]
        guesser = signed_in(colleague)
        for guess in range(5):
            guesser.post("/login/second-factor/", {"code": f"00000{guess}"})

        answer = guesser.post("/login/second-factor/", {"code": right})

        assert "Too many tries" in text_of(answer)
        assert "_auth_user_id" not in guesser.session

    def test_after_a_shift_it_is_asked_for_again(
        self, inside: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        present = time.time()
        monkeypatch.setattr("time.time", lambda: present + 12 * 3600 + 1)

        asked = inside.get("/staff/ticketing/order/", follow=True)
        there = asked.redirect_chain[-1][0]
        page = inside.get("/account/recovery-codes/")

        assert there == "/login/again/second-factor/?next=%2Fstaff%2Fticketing%2Forder%2F"
        assert page["Location"].startswith("/login/again/")

    def test_shown_again_it_opens_again(self, colleague: User, monkeypatch: pytest.MonkeyPatch) -> None:
        client = signed_in(colleague)
        secret = secret_on(client.get("/account/authenticator/"))
        client.post("/account/authenticator/", {"code": code_of(secret)})
        present = time.time()
        monkeypatch.setattr("time.time", lambda: present + 13 * 3600)

        answer = client.post("/login/again/second-factor/?next=/staff/", {"code": code_of(secret)})

        assert answer["Location"] == "/staff/"
        assert client.get("/staff/").status_code == 200

    def test_a_session_that_was_taken_over_gets_no_second_factor_without_the_password(
        self, colleague: User
    ) -> None:
        client = Client()
        client.force_login(colleague)  # no sign-in of late that this session knows of

        response = client.get("/account/authenticator/?next=/staff/")

        assert response["Location"].startswith("/login/again/?next=")
        client.post("/login/again/", {"password": "wrong"})
        assert client.get("/account/authenticator/").status_code == 302
        client.post("/login/again/", {"password": PASSWORD})
        assert client.get("/account/authenticator/").status_code == 200

    def test_taking_the_second_factor_off_shuts_the_site(self, inside: Client) -> None:
        inside.post("/account/authenticator/remove/")

        assert not Authenticator.objects.exists()
        assert inside.get("/staff/")["Location"].startswith("/staff/login/")

    def test_a_colleague_who_leaves_is_out_at_once(self, colleague: User, inside: Client) -> None:
        User.objects.filter(pk=colleague.pk).update(is_staff=False)

        assert inside.get("/staff/").status_code == 404

    def test_signing_out_there_signs_out_everywhere(self, inside: Client) -> None:
        assert inside.post("/staff/logout/")["Location"] == "/"
        assert "_auth_user_id" not in inside.session

    @pytest.mark.django_db(transaction=True)
    def test_changes_to_the_second_factor_are_told_by_mail(self, colleague: User) -> None:
        entered(colleague)

        assert [m.to for m in mail.outbox] == [[colleague.email]]
        assert "Authenticator app activated" in str(mail.outbox[0].body)

    def test_seeds_are_not_in_the_database_as_they_are(self, colleague: User) -> None:
        client = signed_in(colleague)
        secret = secret_on(client.get("/account/authenticator/"))
        client.post("/account/authenticator/", {"code": code_of(secret)})

        kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

        assert secret not in kept
        assert all(code not in kept for code in recovery_codes_on(client.get("/account/recovery-codes/")))


class TestWhatIsThere:
    @pytest.fixture
    def order(self) -> Order:
        """Something of everything."""
        artist = an_artist(member=a_user())
        show = a_show(venue=a_venue(owner=a_user(email="robin@example.org")), artists=(artist,))
        order = a_paid_order(show, email="fan@example.org")
        device, _ = a_device(show)
        door.record(device_id=device.pk, scan=a_scan(codes_of(order)[0]), now=NOW)
        StripeEvent.objects.create(
            id="evt_1",
            type="payment_intent.created",
            livemode=False,
            created_at=NOW,
            received_at=NOW,
            state=InboxState.QUARANTINED,
            body='{"id": "evt_1", "data": {"object": {"client_secret": "pi_1_secret_X"}}}',
        )
        return order

    @pytest.mark.usefixtures("order")
    def test_every_table_of_ours_is_there_and_opens_with_all_its_filters(self, inside: Client) -> None:
        for model, shown in admin.site._registry.items():
            path = f"/staff/{model._meta.app_label}/{model._meta.model_name}/"
            assert inside.get(path).status_code == 200, path
            if shown.search_fields:
                assert inside.get(path, {"q": "fan"}).status_code == 200, path

    def test_every_row_opens_and_none_shows_a_secret(self, inside: Client, order: Order) -> None:
        device = Device.objects.get()
        secrets = [
            order.token,
            bytes(order.purchaser.secret).hex(),
            bytes(device.token_hash).hex(),
            order.tickets.get().qr_hash,
            "pi_1_secret_X",
            *codes_of(order),
        ]
        seen = 0
        for model in admin.site._registry:
            for row in model._default_manager.all()[:20]:
                path = f"/staff/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/change/"
                page = inside.get(path)
                assert page.status_code == 200, path
                assert [s for s in secrets if s in text_of(page)] == [], path
                assert not re.search(r"pbkdf2_|md5\$|name=\"password\"", text_of(page)), path
                seen += 1
        assert seen > 15

    @pytest.mark.usefixtures("order")
    def test_facts_have_no_save_no_add_and_no_delete(self, inside: Client) -> None:
        facts = [model for model, shown in admin.site._registry.items() if isinstance(shown, Facts)]
        assert {Order, StripeEvent, Device} < set(facts)

        for model in facts:
            base = f"/staff/{model._meta.app_label}/{model._meta.model_name}/"
            assert inside.get(f"{base}add/").status_code == 403, base
            for row in model._default_manager.all()[:3]:
                page = text_of(inside.get(f"{base}{row.pk}/change/"))
                assert 'name="_save"' not in page, base
                assert inside.post(f"{base}{row.pk}/change/", {}).status_code == 403, base
                expected = 200 if model is Authenticator else 403
                assert inside.get(f"{base}{row.pk}/delete/").status_code == expected, base

    def test_an_order_is_found_by_its_id_as_it_is_read_out(self, inside: Client, order: Order) -> None:
        other = a_paid_order(a_show(), email="other@example.org")

        page = text_of(inside.get("/staff/ticketing/order/", {"q": str(order).lower()}))

        assert str(order) in page
        assert str(other) not in page

    def test_no_page_of_it_is_for_search_engines_or_caches(self, inside: Client, order: Order) -> None:
        for path in ("/staff/", "/staff/ticketing/order/", f"/staff/ticketing/order/{order.pk}/change/"):
            response = inside.get(path)
            assert response["X-Robots-Tag"] == "noindex"
            assert "no-store" in response["Cache-Control"]
            assert "script-src 'self'" in response["Content-Security-Policy"]

    def test_every_look_is_logged_without_what_was_searched_for(
        self, inside: Client, colleague: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO", logger="dashboards.staff")

        inside.get("/staff/ticketing/order/", {"q": "fan@example.org"})

        assert f"staff {colleague.pk}: GET /staff/ticketing/order/ 200" in caplog.text
        assert "fan@example.org" not in caplog.text


class TestWhatMayBeDone:
    def test_memberships_are_given_and_taken(self, inside: Client) -> None:
        venue, person = a_venue(), a_user()
        path = f"/staff/ticketing/venue/{venue.pk}/change/"
        form = form_on(inside.get(path))

        inside.post(
            path,
            {
                **form,
                "memberships-TOTAL_FORMS": "1",
                "memberships-0-user": str(person.pk),
                "memberships-0-role": "door",
            },
        )
        given = [(m.user, m.role) for m in venue.memberships.all()]
        form = form_on(inside.get(path))
        inside.post(path, {**form, "memberships-0-DELETE": "on"})

        assert given == [(person, "door")]
        assert not venue.memberships.exists()

    def test_people_are_found_and_named_by_their_addresses(self, inside: Client) -> None:
        venue, person = a_venue(), a_user(email="new.door@example.org")
        VenueMembership.objects.create(venue=venue, user=person, role=Role.DOOR)
        wanted = {
            "term": "new.door",
            "app_label": "ticketing",
            "model_name": "venuemembership",
            "field_name": "user",
        }

        found = inside.get("/staff/autocomplete/", wanted).json()["results"]
        page = text_of(inside.get(f"/staff/ticketing/venue/{venue.pk}/change/"))

        assert found == [{"id": str(person.pk), "text": "new.door@example.org"}]
        assert ">new.door@example.org</option>" in page

    def test_a_venues_money_follows_stripe_and_nobody_else(self, inside: Client) -> None:
        venue = a_venue(ready=False)
        path = f"/staff/ticketing/venue/{venue.pk}/change/"

        inside.post(
            path,
            {**form_on(inside.get(path)), "onboarding_complete": "on", "currency": "JPY", "city": "Tacoma"},
        )

        venue.refresh_from_db()
        assert (venue.city, venue.currency, venue.onboarding_complete) == ("Tacoma", "USD", False)

    def test_a_time_zone_that_no_page_could_show_is_refused(self, inside: Client) -> None:
        venue = a_venue()
        path = f"/staff/ticketing/venue/{venue.pk}/change/"

        answer = inside.post(path, {**form_on(inside.get(path)), "time_zone": "Seattle"})

        assert "Not the name of a time zone" in text_of(answer)
        assert Venue.objects.get(pk=venue.pk).time_zone == "America/Los_Angeles"

    def test_a_new_person_has_no_password_and_an_address_in_lower_case(self, inside: Client) -> None:
        form = form_on(inside.get("/staff/ticketing/user/add/"))

        inside.post("/staff/ticketing/user/add/", {**form, "email": " New@Example.org", "is_active": "on"})

        assert not User.objects.get(email="new@example.org").has_usable_password()

    def test_two_people_never_have_one_address(self, inside: Client) -> None:
        a_user(email="fan@example.org")
        form = form_on(inside.get("/staff/ticketing/user/add/"))

        answer = inside.post(
            "/staff/ticketing/user/add/", {**form, "email": "FAN@example.org", "is_active": "on"}
        )

        assert "already exists" in text_of(answer)

    def test_shows_are_put_on_sale_and_paused_through_their_log(self, inside: Client) -> None:
        show = a_show(on_sale=False)

        for action in ("put_on_sale", "pause"):
            inside.post("/staff/ticketing/event/", {"action": action, "_selected_action": str(show.pk)})

        kinds = list(show.log_entries.order_by("seq").values_list("kind", flat=True))
        assert Event.objects.get(pk=show.pk).status == EventStatus.PAUSED
        assert len(kinds) == 2

    def test_a_phone_is_shut_out(self, inside: Client) -> None:
        device, token = a_device(a_show())

        inside.post("/staff/ticketing/device/", {"action": "shut_out", "_selected_action": str(device.pk)})

        assert pairing.device_of(token) is None

    def test_a_stored_webhook_is_processed_again(self, inside: Client) -> None:
        stuck = StripeEvent.objects.create(
            id="evt_2",
            type="unheard.of",
            livemode=False,
            created_at=NOW,
            received_at=NOW,
            state=InboxState.FAILED,
            body='{"id": "evt_2", "type": "unheard.of", "created": 1, "livemode": false, "data": {"object": {}}}',
        )

        inside.post(
            "/staff/ticketing/stripeevent/", {"action": "process_again", "_selected_action": stuck.pk}
        )

        assert StripeEvent.objects.get(pk=stuck.pk).state == InboxState.IGNORED


class TestAColleagueWithFewRights:
    @pytest.fixture
    def helper(self) -> User:
        """May look at everything and change people; is no superuser."""
        group = Group.objects.create(name="support")
        group.permissions.set(Permission.objects.filter(codename__startswith="view_"))
        group.permissions.add(Permission.objects.get(codename="change_user"))
        helper = User.objects.create_user("help@example.org", PASSWORD, is_staff=True)
        helper.groups.add(group)
        return helper

    def test_makes_nobody_ngn_and_takes_over_no_colleague(self, helper: User, colleague: User) -> None:
        client = entered(helper)
        for person, stays in ((helper, "help@example.org"), (colleague, "kim@example.org")):
            path = f"/staff/ticketing/user/{person.pk}/change/"

            client.post(
                path,
                {
                    **form_on(client.get(path)),
                    "is_superuser": "on",
                    "email": "mine@example.org",
                    "name": "New",
                },
            )

            person.refresh_from_db()
            assert (person.email, person.name) == (stays, "New")
        helper.refresh_from_db()
        assert not helper.is_superuser

    @pytest.mark.usefixtures("inside")
    def test_takes_away_nobodys_second_factor(self, helper: User) -> None:
        factor = Authenticator.objects.get(type="totp")

        answer = entered(helper).post(f"/staff/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})

        assert answer.status_code == 403

    @pytest.mark.parametrize(
        "path", ["/staff/ticketing/device/", "/staff/ticketing/event/", "/staff/ticketing/stripeevent/"]
    )
    def test_has_no_actions_without_the_right_to_change(self, helper: User, path: str) -> None:
        page = text_of(entered(helper).get(path))

        assert '<select name="action"' not in page


def form_on(page: Any) -> dict[str, str]:
    """What a browser would send back unchanged."""
    form: dict[str, str] = {}
    shown = page.context["adminform"].form
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    for part in [
        shown,
        *(f.management_form for f in formsets),
        *(form for f in formsets for form in f.forms),
    ]:
        for bound in part:
            value = bound.value()
            if value is not None and value is not False and value != "":
                form[bound.html_name] = "on" if value is True else str(value)
    return form
