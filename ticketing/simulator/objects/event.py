"""Webhook events."""

from typing import Literal

from msgspec import UNSET, UnsetType

from ticketing.simulator.objects.base import Json, Resource
from ticketing.simulator.settings import API_VERSION


class Event(Resource, frozen=True, kw_only=True):
    """`account` is present only in events of connected accounts, as Stripe does."""

    type: str
    data: Json
    request: Json
    pending_webhooks: int = 0
    account: str | UnsetType = UNSET
    context: str | UnsetType = UNSET
    api_version: str = API_VERSION
    livemode: bool = False
    object: Literal["event"] = "event"
