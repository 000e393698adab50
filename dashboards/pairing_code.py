"""The pairing link as a picture that a phone's camera reads."""

from __future__ import annotations

import qrcode
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathImage


def pairing_link(code: str) -> str:
    """Where a phone opens Bouncer Mode with the code. After the `#`, so that no server and no log sees it."""
    return f"{settings.ENV.origin}/door/#pair={code}"


def svg_of(text: str) -> SafeString:
    """A QR code as inline SVG, with its quiet zone."""
    symbol = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    symbol.add_data(text)
    image = symbol.make_image(image_factory=SvgPathImage)
    return mark_safe(image.to_string(encoding="unicode"))  # noqa: S308 - a drawing of squares, no text in it
