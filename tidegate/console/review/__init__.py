"""Withdrawals and the cases about them: where analysts spend their day."""
