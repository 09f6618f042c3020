"""Calls about keys of machines."""
