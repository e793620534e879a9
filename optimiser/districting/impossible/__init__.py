"""No plan can exist: contradictions seen before any search, proofs, and their causes in words."""
