"""What a valid customer is, what is known of them, and what may be ordered about them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tidegate.base.mail import mail_address
from tidegate.base.refusals import Malformed
from tidegate.base.times import rfc3339
from tidegate.parties.countries import COUNTRIES

_WHOLE = re.compile(r"[1-9][0-9]{0,11}")
LANGUAGES = ("en", "zh")
EVENT_LEAD = timedelta(minutes=5)
"""How far ahead of ours the platform's clock may run."""


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as stored. `level` None = nobody has said who they are yet."""

    id: str  # "cus_…"
    kind: str  # "customer", "merchant"
    external_id: str  # the platform's own id
    country: str  # ISO 3166-1 alpha-2
    name: str
    email: str
    level: int | None  # identity level, 0 to 3
    verified_name: str | None
    date_of_birth: date | None
    provider: str | None  # who verified
    reference: str | None  # their file
    version: int  # rises with every change
    created_at: datetime
    language: str = "en"  # of what we write to them: "en", "zh"
    identified_at: datetime | None = None  # when somebody last verified who they are


@dataclass(frozen=True, slots=True)
class Verified:
    """What somebody verified about a customer; None = they did not say. `country` None leaves it as it is."""

    level: int
    verified_name: str | None = None
    date_of_birth: date | None = None
    country: str | None = None
    provider: str | None = None
    reference: str | None = None


class EventType(StrEnum):
    """What the platform tells us about a customer's account."""

    LOGIN = "login"
    PASSWORD_CHANGED = "password_changed"
    MFA_CHANGED = "mfa_changed"
    EMAIL_CHANGED = "email_changed"
    PHONE_CHANGED = "phone_changed"
    FIAT_DEPOSIT = "fiat_deposit"  # money that a state issues arrived; some places let coins leave only later
    PURCHASE = "purchase"  # coins were bought or swapped


class RestrictionKind(StrEnum):
    """Overlays on a party: they block moves and never rewrite a status (rulebook section 1)."""

    FREEZE = "freeze"  # nothing leaves
    STEP_UP = "step_up"  # the strongest factor is asked
    WITHDRAWAL_DELAY = "withdrawal_delay"  # value: whole hours
    WITHDRAWAL_LIMIT = "withdrawal_limit"  # value: whole USD in 24 hours
    WITHDRAWAL_BLOCK = "withdrawal_block"  # no withdrawal leaves
    TRADE_LIMIT = "trade_limit"  # value: whole USD
    TRADE_BLOCK = "trade_block"
    WATCH = "watch"  # blocks nothing: people look closer
    BAN = "ban"  # the relation has ended


_VALUED = {
    RestrictionKind.WITHDRAWAL_DELAY: ("whole hours", 24 * 365),
    RestrictionKind.WITHDRAWAL_LIMIT: ("whole USD", 10**12 - 1),
    RestrictionKind.TRADE_LIMIT: ("whole USD", 10**12 - 1),
}


@dataclass(frozen=True, slots=True)
class Restriction:
    """An order about a party. In force until it is lifted or its time is over."""

    id: str  # "res_…"
    party_id: str
    kind: str
    until: datetime | None  # None = until lifted
    value: str | None  # hours of a delay, USD of a limit
    reason: str
    created_by: str
    created_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: str | None

    @property
    def is_own_freeze(self) -> bool:
        """Whether the customer ordered it themself: then lifting it takes more than a reason."""
        return self.kind == RestrictionKind.FREEZE and self.created_by == self.party_id

    def in_force(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.until is None or now < self.until)


def check_customer(external_id: str, country: str, name: str, email: str) -> None:
    """Raises Malformed naming the field that cannot be right."""
    _printable("external_id", external_id, 128)
    check_country(country)
    _printable("name", name, 200)
    mail_address(email)


def check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise Malformed(
            "language_unknown",
            f"{language[:20]!r} is no language that we write in; use {' or '.join(LANGUAGES)}",
            field="language",
        )


def check_country(country: str) -> None:
    if country not in COUNTRIES:
        raise Malformed(
            "country_unknown",
            f"{country[:20]!r} is not an assigned ISO 3166-1 code of two capital letters, like DE or GB",
            field="country",
        )


def check_verified(verified: Verified, now: datetime) -> None:
    """Raises Malformed naming the field that cannot be right."""
    if verified.level not in (0, 1, 2, 3):
        raise Malformed("level_unknown", f"{verified.level} is not an identity level; levels are 0 to 3", field="level")
    if verified.country is not None:
        check_country(verified.country)
    born = verified.date_of_birth
    if born is not None and not date(1900, 1, 1) <= born <= now.date():
        raise Malformed("date_of_birth_invalid", f"{born} is no birthday of anyone alive", field="date_of_birth")
    for field, text in (
        ("verified_name", verified.verified_name),
        ("provider", verified.provider),
        ("reference", verified.reference),
    ):
        if text is not None:
            _printable(field, text, 200)


def check_event(
    type: str, at: datetime, device_id: str | None, ip: str | None, country: str | None, now: datetime
) -> EventType:
    """The type of the event; raises Malformed for one that cannot be, or is in the future beyond five minutes."""
    if type not in set(EventType):
        raise Malformed("event_unknown", f"{type[:40]!r} is not an event; known are {_listed(EventType)}", field="type")
    if at > now + EVENT_LEAD:
        raise Malformed(
            "event_in_future",
            f"{rfc3339(at)} lies ahead of our clock, {rfc3339(now)}, by more than 5 minutes",
            field="at",
        )
    if device_id is not None:
        _printable("device_id", device_id, 200)
    if country is not None:
        check_country(country)
    if ip is not None:
        try:
            ipaddress.ip_address(ip)
        except ValueError as bad:
            raise Malformed("ip_invalid", f"{ip[:60]!r} is not an IPv4 or IPv6 address", field="ip") from bad
    return EventType(type)


def network_of(ip: str | None) -> str | None:
    """The neighbourhood of an address, as networks are handed out to providers: its /24, or its /48 of IPv6."""
    if ip is None:
        return None
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.IPv6Address(int(address))  # without the zone of one machine
    length = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


def check_restriction(
    kind: str, until: datetime | None, reason: str, value: str | None, now: datetime
) -> RestrictionKind:
    """The kind of the order; raises Malformed for one that would do nothing or cannot be read later."""
    if kind not in set(RestrictionKind):
        raise Malformed(
            "restriction_unknown",
            f"{kind[:40]!r} is not a restriction; known are {_listed(RestrictionKind)}",
            field="kind",
        )
    if until is not None and until <= now:
        raise Malformed("until_past", f"{rfc3339(until)} is over already; name a later time or none", field="until")
    check_reason(reason)
    valued = _VALUED.get(RestrictionKind(kind))
    if valued is None and value is not None:
        raise Malformed("value_unexpected", f"{kind} takes no value; leave out {value[:40]!r}", field="value")
    if valued is not None and (value is None or not _WHOLE.fullmatch(value) or int(value) > valued[1]):
        raise Malformed(
            "value_invalid",
            f"{kind} needs {valued[0]} from 1 to {valued[1]} as its value, not {value!r}",
            field="value",
        )
    return RestrictionKind(kind)


def check_reason(reason: str, field: str = "reason") -> None:
    """A person's words for the record: 1 to 500 characters that can be read, line breaks allowed."""
    readable = all(letter.isprintable() or letter in "\n\r\t" for letter in reason)
    if not reason.strip() or len(reason) > 500 or not readable:
        raise Malformed(f"{field}_invalid", "Say why, in 1 to 500 readable characters", field=field)


def _printable(field: str, text: str, most: int) -> None:
    if not 1 <= len(text) <= most or not text.isprintable() or text != text.strip():
        raise Malformed(
            f"{field}_invalid",
            f"{field} is {text[:40]!r}; it must be 1 to {most} printable characters without spaces around them",
            field=field,
        )


def _listed(kinds: type[StrEnum]) -> str:
    return ", ".join(kind.value for kind in kinds)
