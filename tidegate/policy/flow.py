"""Agreeing on numbers: propose, approve by somebody else, put in force. Switching things off at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib import resources

import structlog

from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, FieldError, Malformed, NotFound, Unavailable
from tidegate.base.times import hours, rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.ledger import store as ledger
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.policy import exemption as exemptions
from tidegate.policy import jurisdictions, rules, store, what_if
from tidegate.policy import switch as kill_switch
from tidegate.policy.breaker import Breaker, Reset, Trip, enough
from tidegate.policy.diff import Difference, difference, loosening
from tidegate.policy.exemption import Exemption
from tidegate.policy.language import Catalogue
from tidegate.policy.pack import Policy, faults, from_json, misfits, parse
from tidegate.policy.reading import Reader
from tidegate.policy.rules import NO_FACTS, RuleBook
from tidegate.policy.store import Version
from tidegate.policy.switch import Switch
from tidegate.policy.what_if import WhatIf
from tidegate.policy.yaml_pack import to_yaml

log = structlog.get_logger("policy")

_parsed: dict[tuple[int, str], Policy] = {}
"""Versions never change, so each is parsed once per process. The hash tells two databases apart."""

_MOST_FAULTS = 10
"""A refusal names so many; `check` names all."""


def shipped(name: str) -> dict[str, object]:
    """A pack that comes with the product: "default" (rulebook section 10, with what places ask for) or "demo"."""
    packs = resources.files("tidegate.policy").joinpath("packs")
    pack = from_json(packs.joinpath(f"{name}.json").read_text())
    places = packs.joinpath(f"{name}.places.json")  # a file of its own: it is made from two tables, not by hand
    return {**pack, "places": from_json(places.read_text())} if places.is_file() else pack


def check(pack: Mapping[str, object], assets: Iterable[Asset], catalogue: Catalogue = NO_FACTS) -> list[FieldError]:
    """Everything that is wrong with a pack: its shape, its rules over these facts, its amounts for these assets."""
    wrong = faults(pack, catalogue)
    return wrong or misfits(parse(pack), assets)


def propose(
    conn: Conn,
    pack: Mapping[str, object],
    actor: str,
    now: datetime,
    catalogue: Catalogue = NO_FACTS,
    restores: int | None = None,
) -> Version:
    """Keep a pack as a draft; what is in force stays in force.

    Raises Malformed `pack_invalid` naming each path that is wrong, or the code of the language where one of its rules
    is (`catalogue`: the facts that rules may name).
    """
    wrong = check(pack, ledger.assets(conn), catalogue)
    if wrong:
        words = "; ".join(f"{fault.field}: {fault.message}" for fault in wrong[:_MOST_FAULTS])
        more = f"; and {len(wrong) - _MOST_FAULTS} more" if len(wrong) > _MOST_FAULTS else ""
        raise Malformed(wrong[0].code, f"The pack is not a policy: {words}{more}", field=wrong[0].field)
    body = canonical(pack)
    with act(conn, actor, now) as tx:
        version = store.add(conn, body, hashlib.sha256(body.encode()).hexdigest(), actor, now, restores)
        again = {} if restores is None else {"restores": restores}
        tx.note("policy.proposed", subject_of(version.version), {"hash": version.hash, **again})
        return version


def draft_rules(lines: object, catalogue: Catalogue) -> RuleBook:
    """Rules that are not in any pack yet. Raises Malformed: `pack_invalid`, or the code of the language."""
    reader = Reader()
    book = rules.read(reader, "rules", lines)
    wrong = [*reader.faults, *rules.faults(book, catalogue)]
    if wrong:
        raise Malformed(wrong[0].code, f"{wrong[0].field}: {wrong[0].message}", field=wrong[0].field)
    return book


def roll_back(conn: Conn, version: int, actor: str, now: datetime, catalogue: Catalogue = NO_FACTS) -> Version:
    """Propose an earlier pack again, as a new version: it needs its own second person, and what it loosens waits.

    Raises NotFound; Conflict: `policy_never_active` for one that nobody has lived with, `policy_in_force` for the
    one that is in force already; Malformed where the pack would not be accepted today.
    """
    earlier = get(conn, version)
    if earlier.active_from is None or earlier.active_from > now:
        raise Conflict("policy_never_active", f"Policy version {version} was never in force; approve and activate it.")
    if active(conn, now).version == version:
        raise Conflict("policy_in_force", f"Policy version {version} is in force; there is nothing to go back to.")
    return propose(conn, from_json(earlier.body), actor, now, catalogue, restores=version)


def approve(conn: Conn, version: int, actor: str, now: datetime) -> Version:
    """A second person agrees, and where numbers of the rating change they have seen who would move.

    Raises Conflict: `approver_is_author`, `policy_already_approved`, `what_if_missing`, `what_if_outdated`.
    """
    with act(conn, actor, now) as tx:
        draft = store.lock(conn, version)
        if draft is None:
            raise _unknown(version)
        if parties.same_person(conn, draft.created_by, actor):
            raise Conflict(
                "approver_is_author",
                f'Policy version {version} needs a second person; "{actor}" wrote it and cannot approve it.',
            )
        if draft.approved_by is not None:
            raise Conflict(
                "policy_already_approved", f'Policy version {version} was approved by "{draft.approved_by}" already.'
            )
        if moves_ratings(conn, version, now):
            what_if.check(version, store.what_if(conn, version), now)
        store.approve(conn, version, actor, now)
        tx.note("policy.approved", subject_of(version), {"hash": draft.hash, "author": draft.created_by})
        return get(conn, version)


def moves_ratings(conn: Conn, version: int, now: datetime) -> bool:
    """Whether a version rates with other numbers than the one in force, or has other thresholds for its indicators."""
    current, draft = active_or_none(conn, now), at_version(conn, version)
    return current is not None and (draft.rating, draft.indicators) != (current.rating, current.indicators)


def keep_what_if(tx: Tx, made: WhatIf, moved: int) -> None:
    """Somebody asked who would move under a version: the newest answer is what the second person looks at."""
    store.add_what_if(tx.conn, made)
    said = {"hash": get(tx.conn, made.version).hash, "months": made.months, "rated": made.rated, "moved": moved}
    tx.note("policy.what_if", subject_of(made.version), said)


def looked_ahead(conn: Conn, version: int) -> WhatIf | None:
    """Who would move under a version, as it was asked last; None = nobody has asked."""
    return store.what_if(conn, version)


def activate(
    conn: Conn,
    version: int,
    actor: str,
    now: datetime,
    active_from: datetime | None = None,
    catalogue: Catalogue = NO_FACTS,
) -> Version:
    """Put an approved version in force: now, at a time to come, or, where it loosens anything, once it has waited.

    A tightening acts at once. A loosening starts `loosening_hours` after the second person agreed, as the policy says
    that it loosens; without `active_from` that time is taken. Raises Conflict: `policy_not_approved`,
    `policy_already_active`, `loosening_locked` naming what loosens and from when; Malformed `active_from_past`.
    """
    if active_from is not None and active_from < now:
        raise Malformed(
            "active_from_past",
            f"{rfc3339(active_from)} is past; decisions that were made stay made. Name now or a later time.",
            field="active_from",
        )
    with act(conn, actor, now) as tx:
        store.lock_order(conn)
        agreed = store.lock(conn, version)
        if agreed is None:
            raise _unknown(version)
        if agreed.approved_by is None:
            raise Conflict(
                "policy_not_approved",
                f'Policy version {version} needs a second approver; so far only "{agreed.created_by}" stands for it.',
            )
        if agreed.active_from is not None:
            raise Conflict(
                "policy_already_active",
                f"Policy version {version} is in force from {rfc3339(agreed.active_from)}; propose a new version.",
            )
        start = active_from or now
        looser, earliest = _loosens(conn, agreed, now, start, catalogue)
        while looser and start < earliest:
            if active_from is not None:
                raise Conflict(
                    "loosening_locked",
                    f"Policy version {version} loosens {_listed(looser)}; it may start from {rfc3339(earliest)} on.",
                    field="active_from",
                )
            # What comes into force until then is compared with as well, so it is looked at once more.
            start = earliest
            looser, earliest = _loosens(conn, agreed, now, start, catalogue)
        store.activate(conn, version, start)
        _take_off(tx, agreed, start, catalogue)
        said = {"hash": agreed.hash, "active_from": start, "loosens": [one.path for one in looser]}
        tx.note("policy.activated", subject_of(version), said)
        return get(conn, version)


def _take_off(tx: Tx, agreed: Version, start: datetime, catalogue: Catalogue) -> None:
    """What was to start later and would loosen what starts now was agreed to without knowing of it: it loses its time,
    and has to be put in force again under the same law."""
    for later in store.scheduled(tx.conn, start):
        undone = loosening(difference(from_json(agreed.body), from_json(later.body), catalogue))
        if undone:
            store.take_off(tx.conn, later.version)
            said = {"by": agreed.version, "active_from": later.active_from, "loosens": [one.path for one in undone]}
            tx.note("policy.taken_off", subject_of(later.version), said)


def _loosens(
    conn: Conn, agreed: Version, now: datetime, start: datetime, catalogue: Catalogue
) -> tuple[list[Difference], datetime]:
    """What a version loosens against anything that is in force before it starts, and from when on it may start: its
    wait begins with the second person's word, or with what it loosens where that came into force later."""
    assert agreed.approved_at is not None  # the schema says so of everything that was approved
    looser: dict[str, Difference] = {}
    earliest = agreed.approved_at
    for other in store.standing(conn, now, start):
        found = loosening(difference(from_json(other.body), from_json(agreed.body), catalogue))
        looser.update({one.path: one for one in found})
        assert other.active_from is not None  # it is in force, or will be
        came_later = bool(found) and agreed.approved_at < other.active_from <= now
        since = other.active_from if came_later else agreed.approved_at
        earliest = max(earliest, since + hours(_parse(other).loosening_hours))
    return list(looser.values()), earliest


def _listed(looser: Sequence[Difference]) -> str:
    words = "; ".join(str(one) for one in looser[:_MOST_FAULTS])
    return words + (f"; and {len(looser) - _MOST_FAULTS} more" if len(looser) > _MOST_FAULTS else "")


def compare(conn: Conn, a: int, b: int, catalogue: Catalogue) -> list[Difference]:
    """What version `b` means beside version `a`. Raises NotFound `policy_unknown`."""
    return difference(from_json(get(conn, a).body), from_json(get(conn, b).body), catalogue)


def export(conn: Conn, version: int) -> str:
    """A version as YAML, with who stands for it above: it reads back as the same pack."""
    stored = get(conn, version)
    head = [
        f"# Tidegate policy version {stored.version}",
        f"# sha256 {stored.hash} of the pack's canonical JSON",
        f"# written by {stored.created_by} at {rfc3339(stored.created_at)}",
        "# approved by nobody yet"
        if stored.approved_at is None
        else f"# approved by {stored.approved_by} at {rfc3339(stored.approved_at)}",
        "# in force from " + ("no time yet" if stored.active_from is None else rfc3339(stored.active_from)),
    ]
    return "\n".join(head) + "\n" + to_yaml(from_json(stored.body))


def active(conn: Conn, now: datetime) -> Policy:
    """The policy in force. Raises Unavailable `no_policy` where none is: then nothing is decided."""
    found = active_or_none(conn, now)
    if found is None:
        raise Unavailable(
            "no_policy", "No policy is in force: propose one, approve it by a second person, activate it."
        )
    return found


def active_or_none(conn: Conn, now: datetime) -> Policy | None:
    """The policy in force; None where none is yet, for what can wait until there is one."""
    current = store.in_force(conn, now)
    if current is None:
        return None
    known = _parsed.get((current.version, current.hash))
    return known or _parse(get(conn, current.version))


def at_version(conn: Conn, version: int) -> Policy:
    """The policy of a version, in force or not: for replaying a decision, and for looking at a draft."""
    return _parse(get(conn, version))


def get(conn: Conn, version: int) -> Version:
    """One version as stored; NotFound `policy_unknown`."""
    found = store.get(conn, version)
    if found is None:
        raise _unknown(version)
    return found


def versions(conn: Conn) -> list[Version]:
    """Every version, newest first."""
    return store.versions(conn)


def switch_on(conn: Conn, scope: str, subject: str, reason: str, actor: str, now: datetime) -> Switch:
    """Stop withdrawals of an asset, a network or everything, at once. Conflict `switch_already_on`."""
    kill_switch.check(scope, subject, reason, ledger.assets(conn))
    with act(conn, actor, now) as tx:
        switch = store.add_switch(conn, new_id("swi"), scope, subject, reason, actor, now)
        if switch is None:
            raise Conflict("switch_already_on", f"The switch for {scope} {subject} is on already.")
        tx.note("switch.on", switch.id, {"scope": scope, "subject": subject, "reason": reason})
        return switch


def switch_off(conn: Conn, id: str, actor: str, now: datetime) -> None:
    """Let them go on. Raises NotFound `switch_unknown`, Conflict `switch_already_off`."""
    with act(conn, actor, now) as tx:
        switch = store.end_switch(conn, id, actor, now)
        if switch is None:
            known = store.switch(conn, id)
            if known is None:
                raise NotFound("switch_unknown", f"There is no kill switch {id}.")
            raise Conflict(
                "switch_already_off", f'The switch for {known.subject} was taken off by "{known.off_by}" already.'
            )
        tx.note("switch.off", id, {"scope": switch.scope, "subject": switch.subject})


def switches(conn: Conn) -> list[Switch]:
    """The kill switches that are on, oldest first."""
    return store.switches(conn)


def propose_exemption(
    conn: Conn, place: str, party_id: str, until: datetime, reason: str, actor: str, now: datetime
) -> Exemption:
    """Ask that a place's delays do not hold a customer, until a day. A second person must agree.

    Raises NotFound `customer_unknown`; Malformed: `place_unknown`, `until_invalid`, `reason_invalid`; Conflict
    `exemption_exists`.
    """
    if place not in active(conn, now).places:
        raise Malformed("place_unknown", f"The policy in force says nothing about {place[:20]!r}.", field="place")
    exemptions.check_until(until, now)
    check_reason(reason)
    with act(conn, actor, now) as tx:
        if party_id not in parties.lock(conn, [party_id]):
            raise NotFound("customer_unknown", f"There is no customer {party_id}.", field="customer")
        store.end_expired(conn, place, party_id, now)
        made = Exemption(new_id("exm"), place, party_id, reason, until, actor, now, None, None, None, None)
        if store.add_exemption(conn, made) != 1:
            raise Conflict("exemption_exists", f"{party_id} has an exemption in {place} already; end that one first.")
        tx.note("exemption.proposed", made.id, {"party": party_id, "place": place, "until": until, "reason": reason})
        return made


def approve_exemption(conn: Conn, id: str, actor: str, now: datetime) -> Exemption:
    """A second person agrees, while the place's share of exempt customers is not used up.

    Raises NotFound `exemption_unknown`; Conflict: `approver_is_author`, `exemption_not_open`, `exemption_share_full`.
    """
    with act(conn, actor, now) as tx:
        found = store.lock_exemption(conn, id)
        if found is None:
            raise NotFound("exemption_unknown", f"There is no exemption {id}.")
        exemptions.check_approval(found, parties.same_person(conn, found.proposed_by, actor), now)
        store.lock_place(conn, found.place)
        held = jurisdictions.law(active(conn, now).places, [found.place], now.date())
        taken = store.share(conn, found.place, jurisdictions.countries_of(found.place), now)
        percent = jurisdictions.exempt_share(held, found.place)
        exemptions.check_share(taken.in_force, taken.customers, percent, found.place)
        store.approve_exemption(conn, id, actor, now)
        tx.note("exemption.approved", id, {"party": found.party_id, "place": found.place, "until": found.until})
    return _exemption(conn, id)


def end_exemption(conn: Conn, id: str, actor: str, now: datetime) -> Exemption:
    """Let the place's delays hold the customer again, at once. Raises NotFound; Conflict `exemption_not_open`."""
    with act(conn, actor, now) as tx:
        found = store.lock_exemption(conn, id)
        if found is None:
            raise NotFound("exemption_unknown", f"There is no exemption {id}.")
        if store.end_exemption(conn, id, actor, now) != 1:
            raise Conflict("exemption_not_open", f"{id} is {found.status(now)} already.")
        tx.note("exemption.ended", id, {"party": found.party_id, "place": found.place})
    return _exemption(conn, id)


def exemption_page(
    conn: Conn, place: str | None = None, party_id: str | None = None, before: str | None = None, limit: int = 50
) -> list[Exemption]:
    """Exemptions, newest first."""
    return store.exemptions(conn, place, party_id, before, limit)


def exempt(conn: Conn, party_ids: Sequence[str], now: datetime) -> dict[str, list[str]]:
    """Party -> places whose delays do not hold it now."""
    found: dict[str, list[str]] = {}
    for item in store.exempt(conn, party_ids, now):
        found.setdefault(item.party_id, []).append(item.place)
    return found


def _exemption(conn: Conn, id: str) -> Exemption:
    found = store.lock_exemption(conn, id)
    assert found is not None  # rows are never deleted
    return found


def subject_of(version: int) -> str:
    """What the journal calls a policy version: "policy:7"."""
    return f"policy:{version}"


def _parse(stored: Version) -> Policy:
    policy = parse(from_json(stored.body), stored.version)
    _parsed[stored.version, stored.hash] = policy
    return policy


def _unknown(version: int) -> NotFound:
    return NotFound("policy_unknown", f"There is no policy version {version}.")


# The egress breaker.


def breaker(conn: Conn) -> Breaker:
    """How the egress breaker stands, and who has asked for its reset."""
    found = store.breaker(conn)
    trip = trip_of(found)
    voices = () if trip is None else tuple(store.resets(conn, trip.number))
    return Breaker(trip, voices, found.trips, found.reset_at)


def open_trip(conn: Conn) -> Trip | None:
    """The trip that holds everything just now, or None."""
    return trip_of(store.breaker(conn))


def trip_of(found: store.BreakerRow) -> Trip | None:
    """The trip in a row of `egress_v`."""
    if found.number is None:
        return None
    assert found.since is not None  # a trip has all of its fields
    assert found.line is not None
    assert found.seen is not None
    assert found.allowed is not None
    assert found.minutes is not None
    return Trip(found.number, found.since, found.line, found.seen, found.allowed, found.minutes)


def trip(tx: Tx, made: Trip) -> bool:
    """Open the breaker inside somebody's act; True where this was the first to say so. One journal row per trip."""
    if store.trip(tx.conn, made) != 1:
        return False
    tx.note(
        "egress.tripped",
        f"egress:{made.number}",
        {"line": made.line, "seen": str(made.seen), "allowed": str(made.allowed), "minutes": made.minutes},
    )
    log.error("egress breaker tripped", trip=made.number, line=made.line, seen=made.seen, allowed=made.allowed)
    return True


def reset_breaker(conn: Conn, reason: str, actor: str, now: datetime) -> Breaker:
    """Ask that payments go on. As many different people as the policy says must ask; the last one resets it.

    Raises Malformed `reason_invalid`; Conflict: `egress_not_tripped`, `egress_reset_same_person`.
    """
    check_reason(reason)
    line = None if (numbers := active(conn, now).behaviour) is None else numbers.egress
    # A policy without the breaker says nothing of people; then one suffices to end what an older one began.
    people = 1 if line is None else line.reset_people
    with act(conn, actor, now) as tx:
        trip = store.lock_trip(conn)
        if trip is None:
            raise Conflict("egress_not_tripped", "The egress breaker holds nothing; there is nothing to reset.")
        if any(parties.same_person(conn, voice.person, actor) for voice in store.resets(conn, trip.number)):
            raise Conflict(
                "egress_reset_same_person",
                f'"{actor}" has asked for this reset already; it takes {people} different people.',
            )
        store.add_reset(conn, Reset(trip.number, actor, reason, now))
        tx.note("egress.reset_asked", f"egress:{trip.number}", {"reason": reason, "people": people})
        if enough(store.resets(conn, trip.number), people):
            store.end_trip(conn, trip.number, max(now, trip.since))
            tx.note("egress.reset", f"egress:{trip.number}", {"reason": reason})
    return breaker(conn)
