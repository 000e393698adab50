"""Venues and artists, and who acts for them; the platform's default fee."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ticketing.admin.rows import MembersInline, Rows
from ticketing.models import Artist, ArtistMembership, PlatformFees, Venue, VenueMembership

_OURS = (
    "name",
    "slug",
    "city",
    "country",
    "time_zone",
    "currency",
    "fee_fixed",
    "fee_basis_points",
    "fee_minimum",
    "fee_maximum",
    "refunds_return_fee",
)
_STRIPES = (
    "stripe_account_id",
    "onboarding_complete",
    "charge_mode",
    "requirements_due",
    "disabled_reason",
    "deauthorised_at",
)


class VenueForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """A venue's row."""

    class Meta:
        model = Venue
        fields = _OURS

    def clean_time_zone(self) -> str:
        """One that every page can show times in."""
        name = str(self.cleaned_data["time_zone"])
        if name not in available_timezones():
            raise forms.ValidationError("Not the name of a time zone, such as America/Los_Angeles.")
        return ZoneInfo(name).key


class MembersOfVenue(MembersInline):
    """Who acts for the venue."""

    model = VenueMembership


class MembersOfArtist(MembersInline):
    """Who acts for the artist."""

    model = ArtistMembership


@admin.register(Venue)
class Venues(Rows):
    """Houses. What Stripe says of their accounts is read only; it comes by itself."""

    form = VenueForm
    list_display = ("name", "city", "currency", "onboarding_complete", "deauthorised_at")
    list_filter = ("onboarding_complete", "currency", "country", "charge_mode")
    search_fields = ("name", "city", "slug", "stripe_account_id")
    inlines = (MembersOfVenue,)

    def get_fields(self, request: HttpRequest, obj: Venue | None = None) -> list[Any]:
        """What NGN says, then what Stripe says; before there is a venue, Stripe says nothing."""
        return [*_OURS, *_STRIPES] if obj else [*_OURS]

    def get_readonly_fields(self, request: HttpRequest, obj: Venue | None = None) -> tuple[str, ...]:
        """Orders are in the currency, and addresses hold the slug: both stay as they began."""
        return (*_STRIPES, "currency", "slug") if obj else _STRIPES

    def get_prepopulated_fields(self, request: HttpRequest, obj: Venue | None = None) -> dict[str, Any]:
        """Only where the slug may be written."""
        return {} if obj else {"slug": ("name",)}


@admin.register(Artist)
class Artists(Rows):
    """Those whom people come to see."""

    list_display = ("name", "slug")
    search_fields = ("name", "slug")
    fields = ("name", "slug")
    inlines = (MembersOfArtist,)

    def get_readonly_fields(self, request: HttpRequest, obj: Artist | None = None) -> tuple[str, ...]:
        """The slug is in the page's address."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Artist | None = None) -> dict[str, Any]:
        """Only where the slug may be written."""
        return {} if obj else {"slug": ("name",)}


@admin.register(PlatformFees)
class Fees(Rows):
    """What NGN adds to a price where the venue has no word of its own. There is one row."""

    list_display = ("__str__", "fixed", "basis_points", "minimum", "maximum")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Once."""
        return not PlatformFees.objects.exists() and super().has_add_permission(request)
