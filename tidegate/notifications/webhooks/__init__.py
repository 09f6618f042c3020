"""Telling the platform's own machines what happened: signed, at least once, with a number that shows a gap."""
