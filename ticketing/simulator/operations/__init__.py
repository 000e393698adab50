"""What can happen at Stripe, one verb per function. Each is called inside the caller's one store transaction."""
