"""People judge the rating itself.

| to read about | open |
|---|---|
| how a month moved, who overrode what, how right the indicators were | `looking_back.py` |
| who would move under other numbers and thresholds | `looking_ahead.py` |
"""

from __future__ import annotations

from tidegate.rating.governance.flow.looking_ahead import Numbers, WhatIf, WouldMove, draft, look_ahead, what_if
from tidegate.rating.governance.flow.looking_back import Figures, of_run

__all__ = ["Figures", "Numbers", "WhatIf", "WouldMove", "draft", "look_ahead", "of_run", "what_if"]
