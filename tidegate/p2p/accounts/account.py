"""A payment account: one spelling for one account, and a keyed hash that says "the same" without saying which.

Two people who use one account are what S2 Art. 5.2d and indicator I-03 look for, so the spelling must not hide it: full
width, spaces, dashes, case, and the bank's name beside a number that is unique by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from tidegate.base.refusals import Conflict, Forbidden, Malformed
from tidegate.screening.names import alike

Method = Literal["bank", "wallet", "cash"]
METHODS: tuple[Method, ...] = ("bank", "wallet", "cash")
ATTESTED_BY = ("own_statement", "document", "other_platform")
"""How it is known that an account is used at another platform as well."""

FIRST_DAY = date(2009, 1, 3)
"""Of the first coin. What claims to be older is a sentinel such as 1900-01-01, not a date."""

_GAPS = re.compile(r"[\s\-.·]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DIGITS = re.compile(r"[0-9]{5,34}")
_NUMBER = re.compile(r"[A-Z0-9]{5,34}")
_MAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_HANDLE = re.compile(r"[^\s@+]{3,64}")


@dataclass(frozen=True, slots=True)
class Account:
    """A payment account as stored; its number is sealed."""

    id: str  # "pac_…"
    party_id: str
    method: str  # of METHODS
    institution: str  # the bank, the wallet, or where cash changes hands
    hash: str | None  # None = cash: a place is nobody's account
    sealed: bytes | None  # the number
    ending: str | None  # its last four characters
    holder_name: str
    name_score: int | None  # 0-100 against the verified name; None = nobody has verified a name
    verified: bool  # the names agree
    attested_elsewhere: bool
    first_at: datetime
    last_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attestation:
    """That an account is used at another platform as well."""

    platform: str
    source: str  # of ATTESTED_BY
    since: date | None
    reference: str | None


def normalised(method: str, institution: str, number: str | None) -> str | None:
    """The one spelling of an account; None for cash. `institution` counts where the number alone is not unique.

    Raises Malformed `method_unknown`, `institution_invalid`, `number_missing`, `number_unexpected`, `number_invalid`,
    `number_checksum`, `number_without_country`.
    """
    if method not in METHODS:
        raise Malformed("method_unknown", f"{method[:40]!r} is none of {', '.join(METHODS)}", field="method")
    place = _place(institution)
    if method == "cash":
        if number is not None:
            raise Malformed("number_unexpected", "Cash has no account number; leave it out.", field="number")
        return None
    if number is None:
        raise Malformed("number_missing", f"Name the {method} account's number.", field="number")
    return _bank(place, number) if method == "bank" else _wallet(place, number)


def _place(institution: str) -> str:
    text = unicodedata.normalize("NFKC", institution)
    if not 1 <= len(text) <= 80 or not text.isprintable() or not (key := "".join(filter(str.isalnum, text))):
        raise Malformed(
            "institution_invalid", "Name the bank, wallet or place in 1 to 80 printable characters", field="institution"
        )
    return key.casefold()


def _bank(place: str, number: str) -> str:
    text = _GAPS.sub("", unicodedata.normalize("NFKC", number)).upper()
    if _IBAN.fullmatch(text):
        if int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 != 1:
            raise Malformed("number_checksum", f"The IBAN ending in {text[-4:]} has a typing error.", field="number")
        return f"iban:{text}"
    if not _NUMBER.fullmatch(text):
        raise Malformed("number_invalid", "A bank account has 5 to 34 letters and digits", field="number")
    if _DIGITS.fullmatch(text) and len(text) in range(16, 20) and _luhn(text):
        return f"card:{text}"  # unique by itself, however the bank's name is written
    return f"bank:{place}:{text}"


def _luhn(digits: str) -> bool:
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _wallet(place: str, number: str) -> str:
    text = unicodedata.normalize("NFKC", number).strip().casefold()
    if _MAIL.fullmatch(text):
        return f"wallet:{place}:{text}"
    packed = _GAPS.sub("", text).replace("(", "").replace(")", "")
    if _PHONE.fullmatch(packed):
        return f"wallet:{place}:{packed}"
    if packed.isdigit() and len(packed) < 16:
        # 138 0000 0000 and +86 138 0000 0000 would be two accounts. Nobody guesses a country.
        raise Malformed(
            "number_without_country", "Write a phone number with its country, like +86 138 0000 0000", field="number"
        )
    if not _HANDLE.fullmatch(packed):
        raise Malformed(
            "number_invalid", "A wallet account is a mail address, a phone number like +86… or a name", field="number"
        )
    return f"wallet:{place}:{packed}"


def number_in(spelling: str) -> str:
    """The number alone, as somebody who pays needs it: without its kind, and without the bank or wallet before it."""
    kind, _, rest = spelling.partition(":")
    return rest if kind in ("iban", "card") else rest.partition(":")[2]


def hash_of(data_key: bytes, spelling: str) -> str:
    """The keyed hash of a normalised account, hex. Without the key nobody can try numbers against it."""
    own = hmac.digest(data_key, b"tidegate payment account 1", hashlib.sha256)
    return hmac.digest(own, spelling.encode(), hashlib.sha256).hex()


def hashed(data_key: bytes, method: str, institution: str, number: str | None) -> str | None:
    """`hash_of` the account's one spelling; None for cash. Raises as `normalised`."""
    spelling = normalised(method, institution, number)
    return None if spelling is None else hash_of(data_key, spelling)


def name_score(holder: str, verified: str | None) -> int | None:
    """How much the holder's name is like the verified one, 0-100; None = nobody has verified a name."""
    return None if verified is None else int(alike(holder, verified) * Decimal(100))


def is_verified(score: int | None, least: int) -> bool:
    return score is not None and score >= least


def check_holder(holder: str) -> None:
    """Raises Malformed `holder_name_invalid`."""
    if not 1 <= len(holder) <= 200 or not holder.isprintable() or holder != holder.strip():
        raise Malformed("holder_name_invalid", "Write the holder's name as the bank does", field="holder_name")


def check_attests(source: str, own: bool) -> None:
    """A customer speaks for themself and is no document. Raises Forbidden `attestation_not_yours`."""
    if own and source != "own_statement":
        raise Forbidden("attestation_not_yours", f"You can make an own_statement; staff has to see: {source[:40]}.")


def check_attestation(said: Attestation, now: datetime) -> None:
    """Raises Malformed `platform_invalid`, `source_unknown`, `since_impossible`, `reference_missing`."""
    if not 1 <= len(said.platform.strip()) <= 100 or not said.platform.isprintable():
        raise Malformed("platform_invalid", "Name the other platform in 1 to 100 characters", field="platform")
    if said.source not in ATTESTED_BY:
        raise Malformed("source_unknown", f"{said.source[:40]!r} is none of {', '.join(ATTESTED_BY)}", field="source")
    if said.since is not None and not FIRST_DAY <= said.since <= now.date():
        raise Malformed(
            "since_impossible",
            f"{said.since} is no day between {FIRST_DAY}, when the first coin was made, and today; leave it out where "
            "nobody knows",
            field="since",
        )
    if said.source != "own_statement" and not (said.reference or "").strip():
        raise Malformed("reference_missing", f"Say where the {said.source} can be found.", field="reference")
    if said.reference is not None and (len(said.reference) > 200 or not said.reference.isprintable()):
        raise Malformed("reference_invalid", "A reference has 1 to 200 printable characters", field="reference")


def check_open(account: Account) -> None:
    """Raises Conflict `account_retired`."""
    if account.retired_at is not None:
        raise Conflict("account_retired", f"{account.id} is not in use any more.")
