"""The public status: how long withdrawals take, how many are held, and what is paused or slow just now."""
