"""Whether it is really them: what happened to the account lately."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import hours, rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts


def credentials_changed(f: Facts, p: Policy) -> Iterator[Finding]:
    """Sections 4 and 10, session: a pause after the password, a factor, e-mail or phone was changed."""
    for what, at in f.changed:
        ends = at + hours(p.credential_hold_hours(what))
        if f.now < ends:
            yield Finding(
                "credentials_changed",
                Outcome.DELAY,
                "W4 session",
                f"{what} at {rfc3339(at)}; the pause ends {rfc3339(ends)}.",
                ends_at=rfc3339(ends),
                data={"event": what},
            )
