"""Calls about a month's rating: drawn, decided, told; and about lines between months."""
