"""Stripe's objects as the pinned API version shows them, frozen; what is stored is what is shown."""
