"""Slots to offer a resident."""
