"""Trade between customers against money of a state: ads, orders, escrow, bonds, and how long bought coins stay."""
