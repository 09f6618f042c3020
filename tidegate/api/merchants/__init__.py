"""Calls about merchants and their bonds."""
