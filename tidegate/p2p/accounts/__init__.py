"""Payment accounts: whose they are, and whether somebody else uses the same one (S2 Art. 5.2d)."""
