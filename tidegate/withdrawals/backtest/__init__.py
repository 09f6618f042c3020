"""What rules would have done: the analysts' rules over the facts of stored decisions, as one set-based statement."""
