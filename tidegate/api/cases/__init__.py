"""Calls about questions for people."""
