"""Calls about appeals against ratings."""
