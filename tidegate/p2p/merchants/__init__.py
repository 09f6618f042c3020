"""A merchant's life: application, consent, certification, exit, dismissal (S2 Art. 2)."""
