"""Wallets, deposits and payouts: the only room where coins move. Nothing here decides who may be paid."""
