"""The pages that Stripe would host: checkout, onboarding, dashboard. Plain HTML, no script, always SIMULATED."""
