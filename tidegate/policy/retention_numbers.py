"""How long personal data is kept that nothing needs any more, read from the section `retention` of a policy pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tidegate.policy.reading import Reader


@dataclass(frozen=True, slots=True)
class RetentionNumbers:
    """One version of them."""

    mail_days: int  # a mail that was sent or given up, and its link, after it was ordered
    challenge_days: int  # what a passkey had to sign, after it expired
    session_days: int  # a sign-in of staff at the console, after it was last used

    @property
    def mails(self) -> timedelta:
        return timedelta(days=self.mail_days)

    @property
    def challenges(self) -> timedelta:
        return timedelta(days=self.challenge_days)

    @property
    def sessions(self) -> timedelta:
        return timedelta(days=self.session_days)


def read(reader: Reader, value: object) -> RetentionNumbers:
    """The section `retention` of a pack; faults go to the reader."""
    top = reader.section("retention", value, "mail_days", "challenge_days", "session_days")
    return RetentionNumbers(
        reader.whole("retention.mail_days", top["mail_days"], 7, 3660),
        reader.whole("retention.challenge_days", top["challenge_days"], 1, 3660),
        reader.whole("retention.session_days", top["session_days"], 7, 3660),
    )
