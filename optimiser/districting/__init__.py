"""Patches: allocation, bounds, metrics and checks."""
