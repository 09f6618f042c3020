"""The payout path in a world of its own, from one seed: a chain, a clock, faults, deaths, and an auditor."""
