"""The pages for staff: what waits, why, and a person's answer. Plain HTML forms; no script runs."""
