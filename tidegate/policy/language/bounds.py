"""How large a rule may be. Each bound has its reason; together they keep any line under a few milliseconds."""

from __future__ import annotations

MAX_CHARACTERS = 10_000
"""A set of two hundred addresses still fits; nobody reviews a longer line, and two people must."""

MAX_TOKENS = 600
"""Words, numbers and signs. Python's parser needs under 1 ms for so many, and a set of 250 countries fits."""

MAX_DEPTH = 32
"""Brackets, prefixes and operators inside one another. Far below every recursion limit that is met on the way:
Python's parser (200 brackets), its compiler, and PostgreSQL's stack."""

MAX_NAME = 64
"""Characters of a fact's or a rule's name: what PostgreSQL keeps of a column's name, plus one nobody needs."""

MAX_TEXT = 200
"""Characters between quotes: the longest address or memo is shorter."""

MAX_WHOLE_DIGITS = 78
"""Digits before the point: 2**256 - 1 has 78, and so does a NUMERIC(78,0) column."""

MAX_DECIMALS = 18
"""Digits after the point: as fine as wei."""

MAX_DIGITS = 400
"""Digits that a calculation may reach. Four facts of 2**256 may be multiplied; a chain of products that
grows for ever is refused before it is ever computed."""

MAX_DELAY_HOURS = 24 * 30
"""A delay of more than thirty days is no time to think; it is a refusal, and then it should say so."""

MAX_RULES = 200
"""Rules of one pack. The largest pack possible compiles in seconds, the usual one in some 10 ms."""
