"""What Stripe still wants of a venue, and why it does not pay, in words that a venue's owner acts on. Pure."""

from __future__ import annotations

from collections.abc import Iterable

_WHOSE = {
    "individual": "your",
    "company": "the company's",
    "representative": "the representative's",
    "person": "a responsible person's",
    "directors": "the directors'",
    "executives": "the executives'",
    "owners": "the owners'",
    "business_profile": "the business's",
}
_WHAT = {
    "business_type": "what kind of business you are",
    "external_account": "a bank account for your payouts",
    "tos_acceptance": "your yes to Stripe's terms",
    "business_profile.mcc": "what line of business you are in",
    "business_profile.url": "your website",
    "business_profile.product_description": "what you sell, in a sentence",
    "business_profile.support_phone": "a phone number for your customers",
    "business_profile.support_email": "an email address for your customers",
    "business_profile.support_url": "a help page for your customers",
    "settings.payments.statement_descriptor": "the name that bank statements show",
    "company.name": "the company's legal name",
    "company.tax_id": "the company's tax number",
    "company.registration_number": "the company's registration number",
    "company.structure": "the company's legal form",
    "company.owners_provided": "a list of the company's owners",
    "company.directors_provided": "a list of the company's directors",
    "company.executives_provided": "a list of the company's executives",
}
_PARTS = {
    "verification.document": "proof of identity: a picture of a document",
    "verification.additional_document": "a second document, for the address",
    "verification.proof_of_liveness": "a picture of the face, taken live",
    "dob": "date of birth",
    "address": "address",
    "first_name": "legal name",
    "last_name": "legal name",
    "full_name_aliases": "other names",
    "email": "email address",
    "phone": "phone number",
    "id_number": "national identity number",
    "ssn_last_4": "last four digits of the Social Security number",
    "nationality": "nationality",
    "political_exposure": "word on holding public office",
    "relationship": "part in the company",
    "documents": "documents",
}
_DISABLED = {
    "requirements.past_due": "Stripe waited for what is missing below, and has stopped payments until it is there.",
    "requirements.pending_verification": "Stripe is checking what you gave. This can take a few days; nothing to do.",
    "action_required.requested_capabilities": "Stripe needs one more answer before it lets you take payments.",
    "pending.onboarding": "The sign-up at Stripe is not finished.",
    "listed": "Stripe is comparing your account with lists of persons that it may not pay. It will write to you.",
    "under_review": "Stripe is looking at your account. It will write to you.",
    "platform_paused": "NGN has paused your payments. Please write to us.",
    "disconnected": "You disconnected NGN at Stripe.",
    "rejected.fraud": "Stripe closed the account because it suspects fraud. Please write to Stripe.",
    "rejected.incomplete_verification": "Stripe closed the account: what it asked for never came. Write to Stripe.",
    "rejected.listed": "Stripe closed the account: it may not do business with you. Please write to Stripe.",
    "rejected.other": "Stripe closed the account. Please write to Stripe.",
    "rejected.platform_fraud": "NGN closed the account. Please write to us.",
    "rejected.platform_other": "NGN closed the account. Please write to us.",
    "rejected.platform_terms_of_service": "NGN closed the account. Please write to us.",
    "rejected.terms_of_service": "Stripe closed the account: it found its terms broken. Please write to Stripe.",
}


def needs(names: Iterable[str]) -> list[str]:
    """Stripe's names of what it wants, each said once: several fields of one address are one thing to give."""
    return list(dict.fromkeys(need(name) for name in names))


def need(name: str) -> str:
    """`individual.verification.document` as `your proof of identity: a picture of a document`."""
    pieces = name.split(".")
    if known := _longest(_WHAT, pieces):
        return known
    # A person's id stands where others have a word: person_1MqjB62eZvKYlo2C.dob.day
    who = "person" if pieces[0].startswith("person_") else pieces[0]
    part = _longest(_PARTS, pieces[1:])
    if who in _WHOSE and part:
        return f"{_WHOSE[who]} {part}"
    return _spelled(pieces)


def disabled(reason: str) -> str:
    """Why Stripe does not pay; empty when it does."""
    if not reason:
        return ""
    return _DISABLED.get(reason, f"Stripe has stopped payments: {_spelled(reason.split('.'))}.")


def _longest(table: dict[str, str], pieces: list[str]) -> str:
    """The words for as much of a name as the table knows."""
    known = (table.get(".".join(pieces[:length])) for length in range(len(pieces), 0, -1))
    return next((words for words in known if words), "")


def _spelled(pieces: list[str]) -> str:
    """A name that is new to us, made readable."""
    whose = _WHOSE.get(pieces[0], "") if len(pieces) > 1 else ""
    rest = pieces[1:] if whose else pieces
    words = ", ".join(piece.replace("_", " ") for piece in rest)
    return f"{whose} {words}".strip()
