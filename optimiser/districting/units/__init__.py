"""The problem on whole units: flat arrays for compiled code, and the further rules."""
