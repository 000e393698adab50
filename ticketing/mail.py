"""Mail leaves here, by the backend that the settings name."""

from __future__ import annotations

import smtplib
from email.encoders import encode_base64
from email.mime.base import MIMEBase

from django.core.mail import EmailMultiAlternatives

from ticketing.background import Hopeless


def send(message: EmailMultiAlternatives) -> None:
    """Hand a message to the mail server. Raises Hopeless when it refuses this very message or reader for good.

    Whatever else it says (busy, unknown password, sender refused) can be mended there: another attempt may do.
    """
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _ in refusal.recipients.values()]
        if all(code >= 500 for code in codes):
            raise Hopeless(f"the reader's address is refused: {codes}") from refusal
        raise
    except smtplib.SMTPDataError as refusal:
        if refusal.smtp_code >= 500:
            raise Hopeless(f"the message is refused: {refusal.smtp_code}") from refusal
        raise


def attached(content: bytes, *, name: str, media_type: str, method: str) -> MIMEBase:
    """A file to attach as it is: Django would take text apart into lines and put them together in its own way."""
    kind, _, subtype = media_type.partition("/")
    part = MIMEBase(kind, subtype, charset="utf-8", method=method)
    part.set_payload(content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part
