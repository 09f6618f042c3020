"""Compliance's pages: lists, addresses, places and their rules, exemptions, restrictions, the travel rule."""
