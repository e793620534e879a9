"""How good a plan can be at best: bounds, and proofs that a plan is optimal."""
