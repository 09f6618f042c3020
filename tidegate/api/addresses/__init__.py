"""Calls about the address book, proofs of ownership, allow-lists."""
