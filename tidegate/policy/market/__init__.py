"""How restless the market is, per asset: calm, nervous or stormy, and what that leaves of a limit."""
