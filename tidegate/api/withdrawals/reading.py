"""Reading what several bodies say in the same way."""

from __future__ import annotations

from typing import Any

from tidegate.api.shapes import In

_PARTS = ("beneficiary", "counterparty", "originator")


def stated(body: In) -> dict[str, Any] | None:
    """What a body says of the receiver and the customer; None where it says nothing."""
    given = {part: getattr(body, part, None) for part in _PARTS}
    return {part: said.model_dump() for part, said in given.items() if said is not None} or None
