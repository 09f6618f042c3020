"""The merchants' monthly tier: what counts, how it is judged, what follows, and how one leaves it again."""
