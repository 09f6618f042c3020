"""Calls about facts: telling them, and judging them."""
