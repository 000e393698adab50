"""How allauth behaves here: where people land, what is shown to them, which codes are mailed to whom."""

from __future__ import annotations

import base64
import logging
import smtplib
import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

from dashboards import reads
from ticketing import people, standing
from ticketing.models import User

MailFailed = (OSError, smtplib.SMTPException)
"""What a mail server that is down, slow or unwilling raises."""
_LOGGER = logging.getLogger(__name__)
_FRESH_SECONDS = 300
_NO_ADDRESS = "Type an email address, such as you@example.com."


def url_with_next(name: str, then: str) -> str:
    """A page of ours that goes on to `then`, which it judges itself before it follows it."""
    return f"{reverse(name)}?{urlencode({'next': then})}" if then else reverse(name)


def is_ours(url: str) -> bool:
    """Whether an address that came with a request is a path of this site, and safe to follow."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


def used_second_factor(request: HttpRequest, *, within_seconds: float) -> bool:
    """Whether this session has shown its person's second factor lately."""
    records = get_authentication_records(request, _person(request))
    return any(r["method"] == "mfa" and time.time() - r["at"] < within_seconds for r in records)


def note_second_factor(request: HttpRequest) -> None:
    """Keep that this session has just shown its person's second factor: setting it up takes a right code of it."""
    record_authentication(request, _person(request), "mfa", type="totp", reauthenticated=True)


def begin_by_code(request: HttpRequest, *, person: User | None, address: str) -> None:
    """Mail a code and wait for it in this session. Raises one of MailFailed, and then waits for nothing.

    An address that is nobody's yet gets its code like any other; the person is made when the code comes back.
    """
    process = LoginCodeVerificationProcess.initiate(request=request, user=person, email=address)
    if person is None:
        try:
            mail_to_newcomer(process)
        except MailFailed:
            process.abort()
            raise


def mail_to_newcomer(process: LoginCodeVerificationProcess) -> None:
    """The code of somebody whom allauth does not know; of an account that is closed there is none."""
    if process.user is None and not people.is_closed(process.state["email"]):
        context = {"request": process.request, "code": process.generate_code()}
        Accounts(process.request).send_mail("account/email/login_code", process.state["email"], context)
        process.persist()


def settle_person(process: LoginCodeVerificationProcess) -> None:
    """The code was right, so the address is theirs: from here on there is a person with it."""
    if process.user is None:
        process.state["user_id"] = str(people.person_at(process.state["email"]).pk)


class Accounts(DefaultAccountAdapter):
    """Accounts as this product keeps them."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "That email and password do not belong together. Mind capitals in the password.",
        "incorrect_code": "That is not the code. Look at the newest mail; dashes and spaces do not matter.",
        "incorrect_password": "That is not your password.",
        "too_many_login_attempts": "Too many tries. Wait a few minutes, then ask for a new code.",
        "rate_limited": "Too many tries. Wait a few minutes.",
    }

    def is_safe_url(self, url: str) -> bool:
        """Where `next` may lead: to a path of this site, never to an address of any other, nor to another port."""
        return is_ours(url)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Members land where they work, NGN's people at the staff site, fans at their tickets."""
        person = _person(request)
        places = reads.places_of(person.pk) if person else ()
        if places:
            return reverse(f"dashboards:{places[0].kind}", kwargs={"slug": places[0].slug})
        return reverse("admin:index" if person and person.is_staff else "dashboards:wallet")

    def logout(self, request: HttpRequest) -> None:
        """Out: the session ends, and with it the connections that it has opened."""
        person = _person(request)
        super().logout(request)
        if person:
            standing.lessened(person.pk)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Only what went wrong: that something went well shows by itself."""
        if level >= messages.WARNING:
            super().add_message(request, level, *args, **kwargs)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether to ask again who this is, before the second factor is touched: not right after signing in."""
        records = get_authentication_records(self.request, _person(self.request))
        if records and time.time() - records[-1]["at"] < _FRESH_SECONDS:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell of a change to the account. What was changed stays changed when mail is down."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except MailFailed:
            _LOGGER.exception("a note of a changed account was not mailed")


class SecondFactor(DefaultMFAAdapter):
    """Seeds of second factors are kept encrypted: a copy of the database alone makes no codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That is not the code of this moment. It changes every 30 seconds.",
    }

    def encrypt(self, text: str) -> str:
        """As it is stored."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """As it was given."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


@cache
def _cipher() -> Fernet:
    key = salted_hmac(
        "dashboards.sign_in.SecondFactor", "seeds", secret=settings.SECRET_KEY, algorithm="sha256"
    )
    return Fernet(base64.urlsafe_b64encode(key.digest()))


def _person(request: HttpRequest) -> User | None:
    user: User | AnonymousUser = request.user
    return user if isinstance(user, User) else None


class EmailForm(RequestLoginCodeForm):
    """Where to mail the code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {
            "class": "input",
            "autocomplete": "email",
            "autofocus": True,
            "placeholder": "you@example.com",
        }
        self.fields["email"].error_messages = {"required": _NO_ADDRESS, "invalid": _NO_ADDRESS}
        self.fields["email"].widget = forms.EmailInput(attrs=attributes)

    @property
    def person(self) -> User | None:
        """Whose the address is; nobody's, or a closed account's, it has none."""
        return self._user if isinstance(self._user, User) else None

    def clean_email(self) -> str:
        """The address as it is kept."""
        address = people.address_of(self.cleaned_data["email"])
        if address is None:
            raise forms.ValidationError(_NO_ADDRESS)
        self.cleaned_data["email"] = address
        return str(super().clean_email())


class CodeForm(ConfirmLoginCodeForm):
    """The code from the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget = code_input(placeholder="1234-5678")


class PasswordForm(LoginForm):
    """Email and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget = forms.EmailInput(
            attrs={"class": "input", "autocomplete": "username", "autofocus": True}
        )
        self.fields["password"].widget = password_input()


def code_input(*, placeholder: str = "") -> forms.TextInput:
    """A field for a code of digits that phones fill in by themselves."""
    return forms.TextInput(
        attrs={
            "class": "input input--code",
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "autofocus": True,
            "maxlength": 16,
            "placeholder": placeholder,
        }
    )


def password_input() -> forms.PasswordInput:
    """A field for a password that is there already."""
    return forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"})
