"""Lines: what the facts amount to for one person, what people decide about it, and what is told."""
