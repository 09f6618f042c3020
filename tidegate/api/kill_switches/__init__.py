"""Calls about kill switches."""
