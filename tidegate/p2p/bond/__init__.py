"""What a merchant locks as security, and every movement of it (S2 Art. 7, 8)."""
