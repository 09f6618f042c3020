"""Calls about prices told and regimes shown."""
