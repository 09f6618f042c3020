"""A month's rating: one line per person in scope, decided, and told before a deadline."""
