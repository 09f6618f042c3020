"""Calls about status, assets and metrics: what everybody may know."""
