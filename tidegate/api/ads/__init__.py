"""Calls about ads: the book, and what a merchant puts into it."""
