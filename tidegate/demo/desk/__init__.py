"""A believable desk from one seed: merchants of two dozen kinds, their orders, coins, logins and what came of them.

It exists so that a rating run has something to say on a fresh machine, and so that each indicator can be tried on
conduct that somebody planted and on conduct that only looks like it. The truth is kept apart, in an oracle. What a
good score on it does *not* prove is in docs/simulator.md.
"""
