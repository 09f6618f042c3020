"""Ordering measures and ending them; everything is one transaction with what decided it.

| to read about | open |
|---|---|
| a line orders measures | `ordering.py` |
| they end, or are taken back because the line was wrong | `ending.py` |
| before any rating, for hours | `interim.py` |
| two people had been taken for one | `parting.py` |
| time is over | `due.py` |
| somebody reads | `reading.py` |

Where a function takes a `Tx`, its caller has locked the person's parties.
"""

from __future__ import annotations

from tidegate.rating.measures.flow.due import carry_out_due, expire
from tidegate.rating.measures.flow.ending import end_all, lift, reverse
from tidegate.rating.measures.flow.interim import ground_gone, interim, prolong, settle_interim, taken_over
from tidegate.rating.measures.flow.ordering import Ground, hand_over, order
from tidegate.rating.measures.flow.parting import part
from tidegate.rating.measures.flow.reading import get, of_subject, steps

__all__ = [
    "Ground",
    "carry_out_due",
    "end_all",
    "expire",
    "get",
    "ground_gone",
    "hand_over",
    "interim",
    "lift",
    "of_subject",
    "order",
    "part",
    "prolong",
    "reverse",
    "settle_interim",
    "steps",
    "taken_over",
]
