"""Calls about withdrawals, from the request to the appeal."""
