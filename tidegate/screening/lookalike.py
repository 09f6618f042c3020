"""Would a person take one address for another? Poisoning: a thief makes an address that begins and ends like a
known one, lets it appear in the victim's history, and waits for the copy.

People look at the first and the last four to six characters and trust the middle. So two addresses are
confusable when both ends agree far enough, or one end agrees very far, and the middle differs. How far is a
number of the policy; how often strangers agree by chance is in `docs/guides/lists.md`, measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.policy.screening_numbers import LookAlike
from tidegate.screening import address as addresses

KEY_LENGTH = 3
"""Characters of each end in the index. An agreement at neither end of at least so many is never looked at."""

# What every address of a kind begins with tells nothing: 0x, the human-readable part with the witness version,
# the first character of base58 (1, 3, m, n, 2, T).
_PREFIX = re.compile("0x|(?:bcrt|bc|tb)1.|.")


@dataclass(frozen=True, slots=True)
class Known:
    """An address that the customer may mean: one they use, or one of ours that they have seen."""

    network: str
    address: str
    whose: str  # "customer", "hot", "deposit"


@dataclass(frozen=True, slots=True)
class Likeness:
    """A destination resembles a known address."""

    known: Known
    lead: int  # characters that agree at the beginning, after the constant prefix
    tail: int  # characters that agree at the end

    @property
    def score(self) -> int:
        return self.lead + self.tail


def body(address: str) -> str:
    """What people compare of a canonical address: without its constant prefix, in small letters.

    Case is dropped everywhere. In hex it is only a checksum; in base58 it names another address, but nobody
    notices, and a thief who need not match the case pays a thousandth of the work.
    """
    return address[_end(_PREFIX.match(address)) :].lower()


def keys(address: str) -> tuple[str, str]:
    """The two ends by which the index finds candidates."""
    own = body(address)
    return own[:KEY_LENGTH], own[-KEY_LENGTH:]


def agreement(one: str, other: str) -> tuple[int, int]:
    """How many characters two canonical addresses share at the beginning and, beyond those, at the end."""
    a, b = body(one), body(other)
    room = min(len(a), len(b))
    lead = next((n for n in range(room) if a[n] != b[n]), room)
    tail = next((n for n in range(room - lead) if a[-1 - n] != b[-1 - n]), room - lead)
    return lead, tail


def likeness(network: str, address: str, known: Known, numbers: LookAlike) -> Likeness | None:
    """Whether this destination could be taken for the known address. The same address is no look-alike of itself,
    nor is an address of another family, which no wallet would accept in its place."""
    family = addresses.family(network)
    if family != addresses.family(known.network) or body(address) == body(known.address):
        return None
    lead, tail = agreement(address, known.address)
    both = lead >= numbers.lead and tail >= numbers.tail and lead + tail >= numbers.score
    return Likeness(known, lead, tail) if both or max(lead, tail) >= numbers.one_end else None


def closest(network: str, address: str, known: Iterable[Known], numbers: LookAlike) -> Likeness | None:
    """The known address that this destination resembles most, if it resembles any."""
    found = [like for item in known if (like := likeness(network, address, item, numbers)) is not None]
    return max(found, key=lambda like: (like.score, like.known.address), default=None)


def chance(letters: float, numbers: LookAlike) -> float:
    """How likely two strangers' addresses are confusable, when each character is one of so many, equally likely.

    Both ends reach `a` and `b` and `s` together with q^s (1 + (s - a - b)(1 - q)), q = 1/letters; one end reaches
    `e` with 2 q^e; both at once is counted twice and is far rarer. A book of N gives N times as many.
    """
    q = 1 / letters
    score = max(numbers.score, numbers.lead + numbers.tail)
    both = q**score * (1 + (score - numbers.lead - numbers.tail) * (1 - q))
    return both + 2 * q**numbers.one_end


def _end(match: re.Match[str] | None) -> int:
    return 0 if match is None else match.end()
