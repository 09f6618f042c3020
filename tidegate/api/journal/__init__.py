"""Calls about the journal and its feed."""
