"""Calls about assets that the desk lets go."""
