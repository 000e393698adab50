"""People, artists, venues, and who may act for which."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import MaxValueValidator
from django.db import models

from ticketing import money
from ticketing.models.fees import PlatformFees


def new_secret() -> bytes:
    """32 random bytes: the `user_secret` that salts a fan's QR codes."""
    return secrets.token_bytes(32)


class UserManager(BaseUserManager["User"]):
    """Makes users by email, which is kept in lower case so that it is one person's only once."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user; without a password, one who cannot sign in by password."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """NGN staff with every right, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person: fan, venue owner, artist, NGN staff."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    secret = models.BinaryField(max_length=32, default=new_secret, editable=False)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "cdm_users"

    def __str__(self) -> str:
        return self.name or f"user {self.id}"


class Role(models.TextChoices):
    """What a member may do: owners everything, managers all but money settings, door people the door."""

    OWNER = "owner"
    MANAGER = "manager"
    DOOR = "door"


class Artist(models.Model):
    """Somebody people come to see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    members = models.ManyToManyField(User, through="ArtistMembership", related_name="artists")

    class Meta:
        db_table = "cdm_artists"

    def __str__(self) -> str:
        return self.name


class ArtistMembership(models.Model):
    """A person who acts for an artist."""

    artist = models.ForeignKey(Artist, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="artist_memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        db_table = "cdm_artist_memberships"
        constraints = [models.UniqueConstraint(fields=["artist", "user"], name="artist_member_once")]


class ChargeMode(models.TextChoices):
    """Whose charge a sale is: the platform's with a destination (Express), or the venue's own (Standard)."""

    DESTINATION = "destination"
    DIRECT = "direct"


class Venue(models.Model):
    """A house with a door. Sells only while `onboarding_complete`, which Stripe's account decides."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    city = models.CharField(max_length=80)
    country = models.CharField(max_length=2, default="US", help_text="ISO 3166, as Stripe wants it")
    time_zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3, choices=[(c, c) for c in money.DECIMALS])
    stripe_account_id = models.CharField(max_length=64, unique=True, null=True, blank=True)
    onboarding_complete = models.BooleanField(default=False)
    charge_mode = models.CharField(max_length=12, choices=ChargeMode.choices, default=ChargeMode.DESTINATION)
    requirements_due = models.JSONField(
        default=list, blank=True, help_text="what Stripe still wants, its own words"
    )
    disabled_reason = models.CharField(
        max_length=80, blank=True, help_text="why Stripe does not pay, its own word"
    )
    deauthorised_at = models.DateTimeField(null=True, blank=True)
    fee_fixed = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="minor units per ticket; empty is the platform's default, as in each field",
    )
    fee_basis_points = models.PositiveIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(10_000)]
    )
    fee_minimum = models.PositiveIntegerField(null=True, blank=True)
    fee_maximum = models.PositiveIntegerField(null=True, blank=True)
    refunds_return_fee = models.BooleanField(
        default=True, help_text="whether a refund gives NGN's fee back too"
    )
    members = models.ManyToManyField(User, through="VenueMembership", related_name="venues")

    class Meta:
        db_table = "cdm_venues"

    def __str__(self) -> str:
        return self.name

    @property
    def fee_policy(self) -> money.FeePolicy:
        """What NGN adds to this venue's prices: its own word where it has one, else the platform's."""
        default = PlatformFees.objects.filter(pk=1).first() or PlatformFees()
        own = money.FeeOverride(
            fixed=self.fee_fixed,
            basis_points=self.fee_basis_points,
            minimum=self.fee_minimum,
            maximum=self.fee_maximum,
        )
        return own.over(default.policy)


class VenueMembership(models.Model):
    """A person who acts for a venue."""

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="venue_memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        db_table = "cdm_venue_memberships"
        constraints = [models.UniqueConstraint(fields=["venue", "user"], name="venue_member_once")]
