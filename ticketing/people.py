"""People by their addresses. An address is one person's; who proves it (by a mailed code) is that person."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ticketing.models import User

EMAIL_LENGTH = 254


def address_of(text: str) -> str | None:
    """What somebody typed, as addresses are kept; None when it cannot be one."""
    address = text.strip().lower()
    # Django's validator lets pass what no column holds: 320 characters, and half a surrogate pair.
    if len(address) > EMAIL_LENGTH or not address.isprintable():
        return None
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address


def person_at(address: str) -> User:
    """The person at an address, made if need be: without a password, so that only its mail opens the account."""
    person, _ = User.objects.get_or_create(email=address, defaults={"password": make_password(None)})
    return person


def is_closed(address: str) -> bool:
    """Whether the address belongs to an account that NGN has closed."""
    return User.objects.filter(email=address, is_active=False).exists()
