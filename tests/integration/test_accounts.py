"""Signing in: a mailed code, or a password where there is one; and what does not open an account."""

from __future__ import annotations

import re
import smtplib
from typing import Any

import msgspec
import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import a_paid_order, a_show, a_user, a_venue
from ticketing.clock import utc_now
from ticketing.models import User, Venue

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"
FAN, NOBODY = "fan@example.org", "nobody@example.org"


@pytest.fixture(autouse=True)
def nobody_has_tried_yet(settings: Settings) -> None:
    """Attempts are counted in the cache, which no rollback empties. Slow hashes protect people; these are made up."""
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("robin@example.org", PASSWORD)


@pytest.fixture
def venue(owner: User) -> Venue:
    return a_venue(owner=owner)


def ask(client: Client, email: str, **fields: str) -> Any:
    return client.post("/login/", {"email": email, **fields})


def newest_code() -> str:
    found = re.search(r"\b\d{4}-\d{4}\b", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[0]


def enter(client: Client, code: str, **fields: str) -> Any:
    return client.post("/login/code/", {"code": code, **fields})


def whoever_is_in(client: Client) -> User | None:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def text_of(response: Any) -> str:
    return str(response.content.decode())


def without_what_differs(page: str, email: str) -> str:
    """A page without its reader's address and its one-time token."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page).replace(email, "")


class TestByCode:
    def test_the_mailed_code_signs_in(self, client: Client, owner: User, venue: Venue) -> None:
        asked = ask(client, " Robin@Example.org ")
        entered = enter(client, newest_code())

        assert asked["Location"] == "/login/code/"
        assert mail.outbox[0].to == [owner.email]
        assert entered["Location"] == f"/venue/{venue.slug}/"
        assert whoever_is_in(client) == owner

    def test_dashes_and_spaces_do_not_matter(self, client: Client, owner: User) -> None:
        ask(client, owner.email)

        enter(client, f" {newest_code().replace('-', ' ')} ")

        assert whoever_is_in(client) == owner

    def test_the_code_stays_on_the_server(self, client: Client, owner: User) -> None:
        ask(client, owner.email)

        page = text_of(client.get("/login/code/"))

        assert owner.email in page
        assert newest_code() not in page

    def test_a_wrong_code_opens_nothing_and_the_right_one_still_does(
        self, client: Client, owner: User
    ) -> None:
        ask(client, owner.email)

        refused = enter(client, "0000-0000")

        assert "That is not the code" in text_of(refused)
        assert whoever_is_in(client) is None
        enter(client, newest_code())
        assert whoever_is_in(client) == owner

    @pytest.mark.parametrize("code", ["", "\x00", "é" * 8, "1" * 500])
    def test_no_code_at_all_is_a_wrong_one(self, client: Client, owner: User, code: str) -> None:
        ask(client, owner.email)

        assert enter(client, code).status_code == 200
        assert whoever_is_in(client) is None

    def test_after_five_wrong_codes_the_right_one_is_worth_nothing(self, client: Client, owner: User) -> None:
        ask(client, owner.email)
        right = newest_code()

        answers = [enter(client, f"0000-000{wrong}") for wrong in range(5)]

        assert answers[-1]["Location"] == "/login/"
        assert "Too many tries" in text_of(client.get("/login/"))
        assert enter(client, right)["Location"] == "/login/"
        assert whoever_is_in(client) is None

    def test_a_code_ends_after_ten_minutes(
        self, client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(client, owner.email)
        code, present = newest_code(), utc_now().timestamp()

        monkeypatch.setattr("time.time", lambda: present + 601)

        assert enter(client, code)["Location"] == "/login/"
        assert whoever_is_in(client) is None

    def test_a_code_works_once(self, client: Client, owner: User) -> None:
        ask(client, owner.email)
        code = newest_code()
        enter(client, code)
        client.post("/logout/")

        enter(client, code)

        assert whoever_is_in(client) is None

    def test_a_code_is_good_in_the_browser_that_asked_for_it_alone(self, client: Client, owner: User) -> None:
        ask(client, owner.email)
        other = Client()
        ask(other, NOBODY)
        code = next(re.search(r"\d{4}-\d{4}", str(m.body)) for m in mail.outbox if m.to == [owner.email])
        assert code

        enter(other, code[0])

        assert whoever_is_in(other) is None

    def test_another_code_ends_the_first(self, client: Client, owner: User) -> None:
        ask(client, owner.email)
        first = newest_code()

        again = client.post("/login/code/", {"action": "resend"})

        assert again["Location"] == "/login/code/"
        enter(client, first)
        assert whoever_is_in(client) is None
        enter(client, newest_code())
        assert whoever_is_in(client) == owner

    def test_codes_are_mailed_to_an_address_three_times_a_minute_at_most(self, owner: User) -> None:
        answers = [ask(Client(), owner.email) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [302, 302, 302, 200]
        assert "Too many tries" in text_of(answers[-1])
        assert len(mail.outbox) == 3

    def test_another_address_can_be_chosen_half_way(self, client: Client, owner: User) -> None:
        ask(client, "robni@example.org")

        client.post("/logout/", {"next": "/login/"})

        assert client.get("/login/").status_code == 200
        ask(client, owner.email)
        enter(client, newest_code())
        assert whoever_is_in(client) == owner

    def test_the_session_gets_a_new_key_and_the_old_one_opens_nothing(
        self, client: Client, owner: User
    ) -> None:
        ask(client, owner.email)
        planted = client.session.session_key

        enter(client, newest_code())

        assert client.session.session_key != planted
        thief = Client()
        thief.cookies["session"] = str(planted)
        assert thief.get("/wallet/").status_code == 302

    def test_mail_that_is_down_is_told_and_nothing_waits(
        self, client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for email in (owner.email, NOBODY):
            with monkeypatch.context() as broken:
                broken.setattr("django.core.mail.message.EmailMessage.send", refuse)
                answer = ask(client, email)

            assert answer.status_code == 503
            assert "Our mail is not going out just now" in text_of(answer)
            assert client.get("/login/code/")["Location"] == "/login/"

    def test_it_needs_this_sites_form(self, owner: User) -> None:
        strict = Client(enforce_csrf_checks=True)

        assert strict.post("/login/", {"email": owner.email}).status_code == 403
        assert not mail.outbox


def refuse(*_: Any, **__: Any) -> int:
    raise smtplib.SMTPServerDisconnected


class TestWhoIsKnownShowsNowhere:
    def test_a_known_and_an_unknown_address_get_the_same_answers(self, owner: User) -> None:
        pages = []
        for email in (owner.email, NOBODY):
            client = Client()
            asked = ask(client, email)
            page = client.get(asked["Location"])
            wrong = enter(client, "0000-0000")
            pages.append(
                (
                    asked.status_code,
                    asked["Location"],
                    *(without_what_differs(text_of(each), email) for each in (page, wrong)),
                )
            )

        assert pages[0] == pages[1]

    def test_both_get_the_same_mail(self, owner: User) -> None:
        for email in (owner.email, NOBODY):
            ask(Client(), email)

        known, unknown = (re.sub(r"\d{4}-\d{4}", "", str(m.body) + m.subject) for m in mail.outbox)
        assert known == unknown

    def test_asking_makes_nobody(self, client: Client) -> None:
        ask(client, NOBODY)

        assert not User.objects.filter(email=NOBODY).exists()

    def test_proving_the_address_makes_somebody_without_a_password(self, client: Client) -> None:
        ask(client, NOBODY)

        landed = enter(client, newest_code())

        new = User.objects.get(email=NOBODY)
        assert whoever_is_in(client) == new
        assert not new.has_usable_password()
        assert landed["Location"] == "/wallet/"

    def test_a_newcomer_can_have_another_code_too(self, client: Client) -> None:
        ask(client, NOBODY)

        client.post("/login/code/", {"action": "resend"})

        assert len(mail.outbox) == 2
        enter(client, newest_code())
        assert whoever_is_in(client) is not None

    def test_a_closed_account_gets_the_same_page_and_no_code(self, client: Client, owner: User) -> None:
        User.objects.update(is_active=False)

        asked = ask(client, owner.email)

        assert asked["Location"] == "/login/code/"
        assert client.get("/login/code/").status_code == 200
        assert not mail.outbox

    def test_an_account_that_is_closed_meanwhile_does_not_open(self, client: Client, owner: User) -> None:
        ask(client, owner.email)
        User.objects.update(is_active=False)

        entered = enter(client, newest_code())

        assert entered["Location"] == "/login/closed/"
        assert "This account is closed" in text_of(client.get("/login/closed/"))
        assert whoever_is_in(client) is None

    @pytest.mark.parametrize(
        "email", ["", "nobody", "x@y", "fan@example.org\x00", "a" * 300 + "@example.org"]
    )
    def test_what_is_no_address_is_told(self, client: Client, email: str) -> None:
        response = ask(client, email)

        assert response.status_code == 200
        assert "field__error" in text_of(response)
        assert not mail.outbox


class TestAPurchaser:
    def test_buying_is_all_the_signing_up_there_is(self, client: Client) -> None:
        order = a_paid_order(a_show(), email=FAN)

        ask(client, FAN)
        landed = enter(client, newest_code())

        assert landed["Location"] == "/wallet/"
        assert order.token in text_of(client.get("/wallet/"))

    def test_nobody_sees_the_tickets_before_the_address_is_proved(self, client: Client) -> None:
        order = a_paid_order(a_show(), email=FAN)

        ask(client, FAN)

        assert client.get("/wallet/").status_code == 302
        assert order.token not in text_of(client.get("/wallet/", follow=True))

    def test_buying_with_somebody_elses_address_opens_nothing(self, client: Client) -> None:
        theirs = a_paid_order(a_show(), email=FAN)

        client.post(f"/e/{a_show().slug}/buy/", {"email": FAN})

        assert whoever_is_in(client) is None
        assert theirs.token not in text_of(client.get("/wallet/", follow=True))

    @pytest.mark.parametrize("password", ["", " ", "!", "None"])
    def test_there_is_no_password_to_guess(self, client: Client, password: str) -> None:
        a_paid_order(a_show(), email=FAN)

        client.post("/login/password/", {"login": FAN, "password": password})

        assert whoever_is_in(client) is None

    @pytest.mark.parametrize(
        "path",
        ["/signup/", "/password/reset/", "/account/password/set/", "/account/email/", "/accounts/login/"],
    )
    def test_there_is_no_page_that_gives_an_unproved_account_away(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 404

    def test_somebody_elses_proof_is_of_their_own_address(self, client: Client) -> None:
        a_paid_order(a_show(), email=FAN)

        ask(client, NOBODY)
        client.post("/login/code/", {"code": newest_code(), "email": FAN})

        person = whoever_is_in(client)
        assert person is not None
        assert person.email == NOBODY


class TestByPassword:
    def test_whoever_has_one_may_use_it(self, client: Client, owner: User, venue: Venue) -> None:
        response = client.post("/login/password/", {"login": " Robin@Example.org ", "password": PASSWORD})

        assert (response.status_code, response["Location"]) == (302, f"/venue/{venue.slug}/")
        assert whoever_is_in(client) == owner

    @pytest.mark.parametrize(
        "form",
        [{}, {"login": "robin@example.org", "password": "wrong"}, {"login": "\x00", "password": "x"}],
    )
    @pytest.mark.usefixtures("owner")
    def test_wrong_words_open_nothing(self, client: Client, form: dict[str, str]) -> None:
        response = client.post("/login/password/", form)

        assert response.status_code == 200
        assert whoever_is_in(client) is None

    def test_after_five_wrong_passwords_the_right_one_waits(self, owner: User) -> None:
        for _ in range(5):
            Client().post("/login/password/", {"login": owner.email, "password": "wrong"})
        client = Client()

        response = client.post("/login/password/", {"login": owner.email, "password": PASSWORD})

        assert "Too many tries" in text_of(response)
        assert whoever_is_in(client) is None

    def test_thirty_attempts_a_minute_from_one_place_are_enough(self, client: Client) -> None:
        statuses = [
            client.post("/login/password/", {"login": f"{n}@example.org"}).status_code for n in range(31)
        ]

        assert statuses[-2:] == [200, 429]
        assert "Too many tries" in text_of(client.post("/login/password/", {}))

    def test_the_session_gets_a_new_key(self, client: Client, owner: User) -> None:
        ask(client, NOBODY)
        client.post("/logout/", {"next": "/login/"})
        planted = client.session.session_key

        client.post("/login/password/", {"login": owner.email, "password": PASSWORD})

        assert whoever_is_in(client) == owner
        assert client.session.session_key != planted


class TestWhereItLeads:
    def test_next_leads_back_to_where_one_was_stopped(self, client: Client, owner: User) -> None:
        stopped = client.get("/venue/x/")["Location"]

        asked = client.post(stopped, {"email": owner.email})
        entered = client.post(asked["Location"], {"code": newest_code()})

        assert stopped == "/login/?next=/venue/x/"
        assert entered["Location"] == "/venue/x/"

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "http://localhost/",
            "http://127.0.0.1:8100/",
            "http:///evil.example",
            "javascript:alert(1)",
            "wallet/",
        ],
    )
    def test_next_never_leads_away(self, client: Client, owner: User, venue: Venue, elsewhere: str) -> None:
        form = {"login": owner.email, "password": PASSWORD, "next": elsewhere}

        by_password = client.post("/login/password/", form)
        other = Client()
        ask(other, owner.email, next=elsewhere)
        by_code = enter(other, newest_code(), next=elsewhere)

        assert by_password["Location"] == by_code["Location"] == f"/venue/{venue.slug}/"

    def test_a_fan_lands_at_the_tickets(self, client: Client) -> None:
        User.objects.create_user(FAN, PASSWORD)

        response = client.post("/login/password/", {"login": FAN, "password": PASSWORD})

        assert response["Location"] == "/wallet/"

    def test_who_is_signed_in_already_is_led_on(self, client: Client, owner: User, venue: Venue) -> None:
        client.force_login(owner)

        assert client.get("/login/")["Location"] == f"/venue/{venue.slug}/"
        assert client.get("/login/?next=/wallet/")["Location"] == "/wallet/"

    def test_signing_out_is_a_form_and_not_a_link(self, client: Client, owner: User) -> None:
        client.force_login(owner)

        assert client.get("/logout/").status_code == 405
        assert client.post("/logout/")["Location"] == "/"
        assert whoever_is_in(client) is None

    @pytest.mark.parametrize("path", ["/account/", "/account/authenticator/", "/account/recovery-codes/"])
    def test_pages_of_the_account_ask_to_sign_in(self, client: Client, path: str) -> None:
        response = client.get(path)

        assert response.status_code == 302
        assert response["Location"].startswith("/login/?next=")

    @pytest.mark.parametrize("path", ["/login/", "/login/password/", "/login/closed/", "/account/"])
    def test_none_of_these_pages_is_for_search_engines(self, client: Client, path: str) -> None:
        if path == "/account/":
            client.force_login(a_user())

        page = text_of(client.get(path))

        assert '<meta name="robots" content="noindex">' in page
        assert len(re.findall(r"<h1[ >]", page)) == 1


def test_the_demo_says_where_its_mail_is(client: Client, settings: Settings) -> None:
    settings.EMAIL_FILE_PATH = str(settings.BASE_DIR / "var" / "mail")
    assert "var/mail" not in text_of(client.get("/login/"))

    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base="http://127.0.0.1:8100")

    assert '<code class="path">var/mail</code>' in text_of(client.get("/login/"))
