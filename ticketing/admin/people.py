"""People. Their secrets, passwords and the seeds of their second factors are shown to nobody."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ticketing import people, standing
from ticketing.admin.rows import Facts, MembersInline, Rows
from ticketing.models import ArtistMembership, User, VenueMembership

_NGN_ONLY = ("is_staff", "is_superuser", "groups")


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """A person's row. The address opens the account, so it is kept as every other address is."""

    class Meta:
        model = User
        fields = ("email", "name", "is_active", *_NGN_ONLY)

    def clean_email(self) -> str:
        """The address as it is kept."""
        address = people.address_of(self.cleaned_data["email"])
        if address is None:
            raise forms.ValidationError("That does not look like an email address.")
        return address


class VenuesOfPerson(MembersInline):
    """The venues that a person acts for."""

    model = VenueMembership
    autocomplete_fields = ("venue",)


class ArtistsOfPerson(MembersInline):
    """The artists that a person acts for."""

    model = ArtistMembership
    autocomplete_fields = ("artist",)


@admin.register(User)
class People(Rows):
    """Fans, members, NGN's own."""

    form = PersonForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "created_at")
    list_filter = ("is_active", "is_staff", "created_at")
    search_fields = ("email", "name")
    ordering = ("-created_at",)
    fields = ("email", "name", "is_active", *_NGN_ONLY, "second_factor", "last_login", "created_at")
    readonly_fields = ("second_factor", "last_login", "created_at")
    filter_horizontal = ("groups",)
    inlines = (VenuesOfPerson, ArtistsOfPerson)

    @admin.display(boolean=True)
    def second_factor(self, person: User) -> bool:
        """Whether there is one."""
        return Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Who may only change people must not make themselves, or anybody, NGN; nor take over a colleague's account."""
        if _is_chief(request):
            return self.readonly_fields
        colleague = obj is not None and obj.is_staff
        return (*self.readonly_fields, *_NGN_ONLY, *(("email", "is_active") if colleague else ()))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new person has no password: the code that is mailed to the address is the way in."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        standing.lessened(obj.pk)  # closed, perhaps, or of fewer venues


def _is_chief(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


admin.site.unregister(
    EmailAddress
)  # always empty here: a person has one address, and it stands in the person's row
admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class SecondFactors(Facts):
    """Second factors, without what is in them. Taking one away lets a colleague who lost the phone set up another."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__email",)
    fields = ("user", "type", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers: the door that it opens leads everywhere."""
        return _is_chief(request)
