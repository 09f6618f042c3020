"""Setting up, confirming, pausing and running standing withdrawals: one transaction per step.

| to read about | open |
|---|---|
| a customer drafts or changes one | `setting_up.py` |
| they confirm it | `confirming.py` |
| it stops, goes on, ends | `pausing.py` |
| it runs | `running.py` |
| what all of them stand on | `looking.py` |

Lock order: the party, its instructions by id, then as in `withdrawals/flow`.
"""

from __future__ import annotations

from tidegate.withdrawals.standing.flow.confirming import confirm, expire_draft
from tidegate.withdrawals.standing.flow.looking import get, views
from tidegate.withdrawals.standing.flow.pausing import alarmed, delete, pause, resume
from tidegate.withdrawals.standing.flow.running import run, set_aside
from tidegate.withdrawals.standing.flow.setting_up import create, edit

__all__ = [
    "alarmed",
    "confirm",
    "create",
    "delete",
    "edit",
    "expire_draft",
    "get",
    "pause",
    "resume",
    "run",
    "set_aside",
    "views",
]
