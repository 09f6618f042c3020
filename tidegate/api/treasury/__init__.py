"""Calls about what pays, what hangs, and the egress breaker."""
