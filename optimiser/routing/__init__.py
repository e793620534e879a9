"""Weekly visit plans: search, bounds, explanations and checks."""
