"""The mail that tells somebody that a venue has made them a member. Sent by the worker, asked for with the membership.

A worker that is killed between the mail server's word and its own note sends it twice: it says the same both times.
"""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django_tasks import task

from ticketing import background, mail
from ticketing.models import Role, VenueMembership


def enqueue(membership: VenueMembership) -> None:
    """Ask for the mail, in the transaction that makes the member."""
    background.enqueue(deliver, membership.pk)


@task
def deliver(membership_pk: int) -> None:
    """What the worker runs. Who was removed meanwhile is told nothing."""
    membership = VenueMembership.objects.select_related("venue", "user").filter(pk=membership_pk).first()
    if membership is not None:
        mail.send(_message_of(membership))


def _message_of(membership: VenueMembership) -> EmailMultiAlternatives:
    # One line: a line break in a name would be another header in the subject.
    venue = " ".join(membership.venue.name.split())
    says = {
        "venue": venue,
        "role": Role(membership.role).label.lower(),
        "email": membership.user.email,
        "link": f"{settings.ENV.origin}/venue/{membership.venue.slug}/",
    }
    return EmailMultiAlternatives(
        subject=f"You are in the team of {venue}",
        body=render_to_string("ticketing/mail/invitation.txt", says),
        to=[membership.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
