"""After EXTREME: whose own coins wait to leave through people (S2 Art. 7, R14)."""
