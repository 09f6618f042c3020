"""Telling people, in their language."""
