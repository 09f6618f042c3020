"""Calls about how a merchant stands, measures, exemptions, and the rating seen from outside."""
