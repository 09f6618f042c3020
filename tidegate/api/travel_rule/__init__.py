"""Calls of counterparties and about what they write: the travel rule, both ways."""
