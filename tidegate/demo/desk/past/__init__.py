"""The simulated desk as the past of a real one: a machine that just started has months to rate."""
