"""Calls about years of working days, imported and confirmed."""
