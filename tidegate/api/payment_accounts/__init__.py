"""Calls about payment accounts."""
