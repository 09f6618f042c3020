"""Who is rated, and from when to when (S2 Art. 2)."""
