"""Calls about what places ask for, and who is exempt."""
