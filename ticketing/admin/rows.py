"""How rows are shown: those that may be changed, and facts, which only the services write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from ticketing import money
from ticketing.models import User

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    # Generic for the type checker only.
    _Admin, _Inline = admin.ModelAdmin, admin.TabularInline


class Rows(_Admin):
    """Rows that may be changed where the class says so, and are never deleted: others refer to them."""

    show_full_result_count = False
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class Facts(Rows):
    """Rows that say what happened. They are looked at; no form of the staff site writes one."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class FactsInline(_Inline):
    """Facts within the page of what they belong to."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class MembersInline(_Inline):
    """Who acts for a venue or an artist: put in, given another role, taken out."""

    extra = 0
    autocomplete_fields = ("user",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """People by their addresses."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.related_model is User:
            field.label_from_instance = _address_of  # type: ignore[assignment, method-assign]
        return field


def _address_of(person: User) -> str:
    return person.email


def amount(value: int, currency: str) -> str:
    """Minor units as people read them."""
    return money.display(value, currency)
