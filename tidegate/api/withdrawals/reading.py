"""Reading what several bodies say in the same way."""

from __future__ import annotations

from typing import Any

from tidegate.api.shapes import In
from tidegate.api.withdrawals.shapes import Confirmation
from tidegate.base.refusals import Malformed

_PARTS = ("beneficiary", "counterparty", "originator")


def confirmation(body: Confirmation) -> tuple[str, dict[str, Any] | None]:
    """The code of an app, or a passkey's credential; None = a code. Raises Malformed `confirmation_incomplete`."""
    wanted, other = ("code", "credential") if body.factor == "totp" else ("credential", "code")
    if getattr(body, wanted) is None or getattr(body, other) is not None:
        raise Malformed("confirmation_incomplete", f"{body.factor} needs {wanted} and no {other}.", field=wanted)
    return body.code or "", body.credential


def stated(body: In) -> dict[str, Any] | None:
    """What a body says of the receiver and the customer; None where it says nothing."""
    given = {part: getattr(body, part, None) for part in _PARTS}
    return {part: said.model_dump() for part, said in given.items() if said is not None} or None
