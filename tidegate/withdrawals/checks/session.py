"""Whether it is really them: what happened to the account lately."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import hours, rfc3339
from tidegate.policy.behaviour import Sessions as Numbers
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts
from tidegate.withdrawals.habits import Sessions


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


def new_device(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, session: a device that logged in for the first time a short while ago, whoever logged in since."""
    both = _both(f, p)
    if both is None or both[0].device_at is None:
        return
    seen, ask = both[0].device_at, both[1].new_device
    ends = seen + hours(ask.hours)
    if f.now < ends:
        yield Finding(
            "new_device",
            ask.outcome,
            "W4 session",
            f"A device logged in for the first time at {rfc3339(seen)}; it is new until {rfc3339(ends)}.",
            ends_at=rfc3339(ends),
            data={"since": rfc3339(seen)},
        )
        yield from _also("new_device", ask.step_up)


def new_network(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, session: a network (/24, /48) and a country that were both never seen until a short while ago."""
    both = _both(f, p)
    if both is None or both[0].network_at is None:
        return
    # A new network in a known country is every telephone on a train; where no login ever said a country, the
    # network has to stand for it.
    seen = min(both[0].network_at, both[0].country_at or both[0].network_at)
    ask = both[1].new_network
    ends = seen + hours(ask.hours)
    if f.now < ends:
        yield Finding(
            "new_network",
            ask.outcome,
            "W4 session",
            f"Network and country of a login were never seen before {rfc3339(seen)}; they are new until "
            f"{rfc3339(ends)}.",
            ends_at=rfc3339(ends),
            data={"since": rfc3339(seen)},
        )
        yield from _also("new_network", ask.step_up)


def impossible_travel(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, session: two logins in different countries, one sooner after the other than the policy allows."""
    both = _both(f, p)
    if both is None:
        return
    known, ask = both[0], both[1].travel
    if known.travel_at is None or known.travel_minutes is None:
        return
    ends = known.travel_at + hours(ask.look_back_hours)
    if known.travel_minutes < ask.hours * 60 and f.now < ends:
        yield Finding(
            "impossible_travel",
            ask.outcome,
            "W4 session",
            f"A login in {known.travel_to} at {rfc3339(known.travel_at)} came {known.travel_minutes} minutes after one "
            f"in {known.travel_from}; {ask.hours} hours are the least.",
            ends_at=rfc3339(ends),
            data={"at": rfc3339(known.travel_at), "minutes": str(known.travel_minutes)},
        )
        yield from _also("impossible_travel", ask.step_up)


def login_unknown(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, session: where the policy requires logins, one that nobody knows enough of needs a person."""
    both = _both(f, p)
    if both is None or not both[1].logins_required or both[0].login_complete:
        return
    known = both[0].login_at
    what = "No login is known" if known is None else f"The login of {rfc3339(known)} lacks device, address or country"
    yield Finding("login_unknown", Outcome.REVIEW, "W4 session", f"{what}.")


def _also(check: str, step_up: bool) -> Iterator[Finding]:
    """A pause keeps whoever is in the account waiting; a stronger factor as well asks whether it is them."""
    if step_up:
        detail = f"Beside the delay of {check} a stronger factor is asked for."
        yield Finding("step_up_required", Outcome.STEP_UP, "W4 session", detail, data={"check": check})


def _both(f: Facts, p: Policy) -> tuple[Sessions, Numbers] | None:
    """What is known of the logins and what the policy asks of them; None where either is not looked at."""
    numbers = None if p.behaviour is None else p.behaviour.sessions
    return None if numbers is None or f.behaviour.sessions is None else (f.behaviour.sessions, numbers)
