"""Calls about standing withdrawals."""
