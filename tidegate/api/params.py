"""What several calls take in their query, and what they refuse alike."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
Before = Annotated[str | None, Query(pattern=r"^[a-z]+_[0-9a-z]{26}$", description="`next` of the page before.")]
After = Annotated[str, Query(pattern=r"^[0-9]{1,18}\.(-1|[0-9]{1,9})$", description="Place in the journal.")]
Text = Annotated[str | None, Query(max_length=200)]

UNKNOWN = (404,)
"""What is named is not there, or is not the caller's."""

UNFIT = (404, 409)
"""It is not there, or its state does not allow it."""
