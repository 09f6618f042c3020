"""Merchant accounts that people found to be one person's (R20), and links that were wrong."""
