"""The part of Stripe's HTTP API that is simulated: one module per resource, one table of endpoints."""
