"""Calls about which staff are told what."""
