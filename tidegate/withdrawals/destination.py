"""What stands at the destination on its chain (section 4, address): coins sent to a token's contract are lost.

Any other contract may be paid: wallets of several people and the accounts of many exchanges are contracts.
"""

from __future__ import annotations

from tidegate.base.findings import Outcome
from tidegate.base.outside import Opinion

DELEGATED = bytes.fromhex("ef0100")
"""How the code of a person's own account begins that lends itself another one's (EIP-7702); an address follows."""


def is_contract(code: bytes) -> bool:
    """Whether a contract stands there, and not a person's account."""
    return bool(code) and not (len(code) == len(DELEGATED) + 20 and code.startswith(DELEGATED))


def judge(code: bytes, token: bool) -> Opinion:
    """What the node's answer asks for. `token`: whether it keeps balances as tokens do."""
    if not is_contract(code):
        return Opinion(Outcome.ALLOW, "No contract stands there.")
    if token:
        return Opinion(Outcome.DECLINE, "The contract of a token stands there; coins sent to it are lost.")
    return Opinion(Outcome.ALLOW, f"A contract of {len(code)} bytes stands there, and no token.")
