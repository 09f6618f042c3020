"""What staff propose to take from a bond, and the people who must agree (S2 Art. 7)."""
