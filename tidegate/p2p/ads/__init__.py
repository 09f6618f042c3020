"""Offers of merchants: what they say, who may take them, in which order they stand."""
