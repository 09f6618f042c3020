"""Calls about restrictions ordered and lifted."""
