"""The numbers of factors: what a step-up asks for, how long a link, a challenge and a freeze last.

A part of the policy pack (`factors`). A pack from before has none: then the rulebook's section 10 holds (`DEFAULTS`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.policy.reading import Reader

OWN = ("passkey", "totp")
"""Factors that a customer enrols, strongest first. The link in a mail is no factor of its own: it only comes second."""

MAIL = "mail"
_FACTOR = re.compile("passkey|totp|mail")


@dataclass(frozen=True, slots=True)
class FactorNumbers:
    """One version of them."""

    step_up: Mapping[str, tuple[str, ...]]  # strongest factor the customer has -> every factor that is asked
    link_hours: int  # the link in a mail confirms so long
    resend_seconds: int  # at least so long between two mails about one withdrawal
    challenge_minutes: int  # an authenticator has so long to sign
    freeze_link_days: int  # the link in a mail freezes so long
    unfreeze_hours: int  # a customer's own freeze goes on so long after its lifting was agreed


DEFAULTS = FactorNumbers({"passkey": ("passkey",), "totp": ("totp", "mail")}, 24, 60, 5, 30, 24)


def read(reader: Reader, value: object) -> FactorNumbers:
    """The section `factors` of a pack; faults go to the reader."""
    top = reader.section(
        "factors",
        value,
        "step_up",
        "link_hours",
        "resend_seconds",
        "challenge_minutes",
        "freeze_link_days",
        "unfreeze_hours",
    )
    asked = reader.section("factors.step_up", top["step_up"], *OWN)
    return FactorNumbers(
        step_up={own: _asked(reader, f"factors.step_up.{own}", own, asked[own]) for own in OWN},
        link_hours=reader.whole("factors.link_hours", top["link_hours"], 1, 24 * 7),
        # Section 10 says at least a minute; a pack may ask for more, not for less.
        resend_seconds=reader.whole("factors.resend_seconds", top["resend_seconds"], 60, 3600),
        challenge_minutes=reader.whole("factors.challenge_minutes", top["challenge_minutes"], 1, 15),
        freeze_link_days=reader.whole("factors.freeze_link_days", top["freeze_link_days"], 1, 365),
        unfreeze_hours=reader.whole("factors.unfreeze_hours", top["unfreeze_hours"], 1, 24 * 30),
    )


def _asked(reader: Reader, path: str, own: str, value: object) -> tuple[str, ...]:
    """The customer's strongest factor, alone or followed by the link in a mail."""
    names = reader.names(path, value, _FACTOR, "passkey, totp or mail")
    if names not in ((own,), (own, MAIL)):
        reader.fault(path, f'must be ["{own}"] or ["{own}", "{MAIL}"]: the strongest factor they have comes first')
        return (own, MAIL)
    return names
