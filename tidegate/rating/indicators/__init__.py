"""What orders, coins, accounts and logins say of a merchant: one portable SQL text per indicator, for every engine.

None of them sets a tier. `catalogue.py` lists them, `texts/` holds them, `evaluation.py` runs them.
"""
