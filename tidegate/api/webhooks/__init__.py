"""Calls about webhooks: who is told what happens, and what became of it."""
