"""How an address or a transaction looks in bytes: pure, the same bytes always give the same answer.

Beside `base`, which is all it imports, and open to everybody: the gate, the integrations and the signer read the
same bytes in the same way, because a thief lives in the gap between two readers.
"""
