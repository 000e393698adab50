"""A small stateful stand-in for Stripe with Connect. Its own process: the product never imports it (see README.md)."""
