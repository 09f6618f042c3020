"""Calls about screening lists and their imports."""
