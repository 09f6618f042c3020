"""Calls about customers, what happened to them, their factors, balances and mails."""
