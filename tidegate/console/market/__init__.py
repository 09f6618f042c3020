"""How restless markets are, what that leaves of limits, and why."""
