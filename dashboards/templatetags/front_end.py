"""`{% load front_end %}{% entry "event" %}`: the built stylesheets and script of one page."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from realtime import front_end

register = template.Library()


@register.simple_tag
def entry(name: str) -> SafeString:
    """The tags that load an entry of the front end."""
    return front_end.entry_tags(name)


@register.simple_tag
def entry_if_built(name: str) -> SafeString:
    """The same for error pages, which must answer even when the front end is what is broken."""
    try:
        return front_end.entry_tags(name)
    except front_end.FrontEndNotBuiltError:
        return SafeString("")
