"""Lists and address books: who is listed, how old the knowledge is, since when a customer knows an address."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO

from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.base.times import hours
from tidegate.db import Conn, Tx, act
from tidegate.notifications import templates
from tidegate.parties import flow as parties
from tidegate.policy.screening_numbers import LookAlike, ScreeningNumbers
from tidegate.screening import address as addresses
from tidegate.screening import allow_list, lists, lookalike, ownership, store, warning
from tidegate.screening.allow_list import AllowList
from tidegate.screening.lists import Quarantined
from tidegate.screening.lookalike import Known, Likeness
from tidegate.screening.ownership import Challenge, Proof
from tidegate.screening.store import HitRow, ListRow, OwnAddress, QuarantineRow, SavedAddress
from tidegate.screening.warning import Insistence, ListedWarning, Warned

__all__ = ["AllowList", "HitRow", "Likeness", "ListRow", "OwnAddress", "QuarantineRow", "SavedAddress", "Warned"]

MAX_AGE_HOURS = 48
"""How old a list may be unless its import says otherwise: authorities publish on working days."""

Place = tuple[str, str, str, str]
"""Party, network, canonical address, memo."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    imported: int  # entries now in force that the file named
    removed: int  # entries the file no longer names
    quarantined: tuple[Quarantined, ...]


def import_list(
    conn: Conn,
    name: str,
    text: str | Iterable[str],
    actor: str,
    now: datetime,
    *,
    format: str = "csv",
    force: bool = False,
    max_age_hours: int | None = None,
) -> Imported:
    """Replace a list by a file, given whole or line by line (see `lists.read`), or extend it by a history of events.

    Raises Malformed; a refused file changes nothing, and the last good version stays in force. Lines are read as
    they come: a file of any length needs little memory.
    """
    digest = hashlib.sha256()
    lines = _digested(StringIO(text, newline="") if isinstance(text, str) else text, digest.update)
    tally = lists.Tally()
    with act(conn, actor, now) as tx:
        store.ensure_list(conn, name, max_age_hours or MAX_AGE_HOURS)
        if max_age_hours is not None:
            store.set_max_age(conn, name, max_age_hours)
        id = new_id("imp")
        store.stage(conn, id, tally.pick(lists.read(name, format, lines, now)))
        lists.check_file(name, tally)
        named = store.settle_stage(conn, id)
        before = store.count(conn, name)
        take = _take_history if format == "events" else _take_list
        added, removed = take(conn, name, id, now, before, force)
        store.clear_stage(conn, id)
        in_force = store.count(conn, name) if format == "events" else named
        store.imported(conn, id, name, actor, digest.hexdigest(), in_force, removed, tally.quarantined, tally.kept, now)
        tx.note(
            "list.imported",
            name,
            {
                "import": id,
                "format": format,
                "sha256": digest.hexdigest(),
                "imported": in_force,
                "added": added,
                "removed": removed,
                "quarantined": tally.quarantined,
                "forced": force,
            },
        )
    return Imported(in_force, removed, tuple(tally.kept))


def _take_list(conn: Conn, name: str, id: str, now: datetime, before: int, force: bool) -> tuple[int, int]:
    """The file says who is listed now; how many were added and removed."""
    closed = store.close(conn, name, id, now)
    if not force:
        lists.check_shrink(name, before, closed.removed)
    return store.open_entries(conn, name, id, now) - closed.changed, closed.removed


def _take_history(conn: Conn, name: str, id: str, now: datetime, before: int, force: bool) -> tuple[int, int]:
    """The file says who was listed when; how many spans were added and how many ended."""
    if not force:
        lists.check_rewritten(name, store.rewritten(conn, name, id))
    ended = store.end_by_history(conn, name, id, now)
    if not force:
        lists.check_shrink(name, before, ended)
    return store.add_history(conn, name, id), ended


def _digested(lines: Iterable[str], update: Callable[[bytes], None]) -> Iterator[str]:
    for line in lines:
        update(line.encode())
        yield line


def freshness(conn: Conn, names: Collection[str], now: datetime) -> dict[str, str]:
    """Each named list: "fresh", "stale" (older than it may be) or "missing" (never imported)."""
    found = {item.name: item for item in store.named(conn, list(names))}
    return {name: _age(found.get(name), now) for name in names}


def editions(conn: Conn) -> str:
    """All lists as they are now, in one hash: another one where a file with other contents was imported since."""
    return hashlib.sha256(canonical(store.editions(conn)).encode()).hexdigest()


def is_fresh(item: ListRow, now: datetime) -> bool:
    """Whether the list is as new as it must be."""
    return _age(item, now) == "fresh"


def _age(item: ListRow | None, now: datetime) -> str:
    if item is None or item.imported_at is None:
        return "missing"
    return "fresh" if now < item.imported_at + timedelta(hours=item.max_age_hours) else "stale"


def hits(conn: Conn, places: Iterable[tuple[str, str]], as_of: datetime) -> dict[tuple[str, str], list[HitRow]]:
    """What lists said of each (network, address) at that time. An EVM address is listed on every EVM network (W4
    lists). The past can be asked as well as the present: entries keep since when and until when they counted."""
    keys: dict[tuple[str, str], tuple[str, str]] = {}
    for network, text in places:
        key = addresses.list_key(network, text)
        if key is not None:
            keys[network, text] = (addresses.family(network), key)
    wanted = sorted(set(keys.values()))
    by_key: dict[tuple[str, str], list[HitRow]] = {}
    if wanted:
        for hit in store.hits(conn, [family for family, _ in wanted], [key for _, key in wanted], as_of):
            by_key.setdefault((hit.family, hit.address), []).append(hit)
    return {place: by_key.get(key, []) for place, key in keys.items()}


def all_lists(conn: Conn) -> list[ListRow]:
    """Every list."""
    return store.lists(conn)


def quarantine(conn: Conn, name: str) -> list[QuarantineRow]:
    """What the newest import of a list could not read."""
    return store.quarantine(conn, name)


# Address books.


def entries_by_id(conn: Conn, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SavedAddress]:
    """Entries by (party, id); another customer's entry is absent like one that does not exist."""
    if not asked:
        return {}
    found = store.by_ids(conn, [party for party, _ in asked], [id for _, id in asked])
    return {(entry.party_id, entry.id): entry for entry in found}


def entries_for(conn: Conn, places: Sequence[Place], now: datetime) -> tuple[dict[Place, SavedAddress], set[str]]:
    """The entry of each place, and the ids of those that are new and not written yet (see `keep`).

    The caller holds the parties' row locks, so nobody else names the same place meanwhile.
    """
    if not places:
        return {}, set()
    wanted = sorted(set(places))
    party_ids, networks, texts, memos = (list(column) for column in zip(*wanted, strict=True))
    found = {
        (entry.party_id, entry.network, entry.address, entry.memo): entry
        for entry in store.by_places(conn, party_ids, networks, texts, memos)
    }
    new = {
        place: SavedAddress(new_id("adr"), *place, "", "unknown", now, None) for place in wanted if place not in found
    }
    return {**found, **new}, {entry.id for entry in new.values()}


def keep(tx: Tx, entries: Sequence[SavedAddress]) -> None:
    """Write down places that customers named for the first time."""
    if entries:
        store.save(tx.conn, entries)


def save(
    tx: Tx, party_id: str, network: str, address: str, memo: str, label: str, ownership: str
) -> tuple[SavedAddress, bool]:
    """Put a place into a customer's book, or rename the entry that is there; whether it is new.

    Its waiting time counts from when the customer first named it, whichever way. The caller holds the party's lock.
    """
    place = (party_id, network, address, memo)
    entries, new = entries_for(tx.conn, [place], tx.now)
    entry = entries[place]
    keep(tx, [entry] if new else [])
    store.relabel(tx.conn, entry.id, label, ownership, tx.now)
    tx.note(
        "address.saved" if new else "address.renamed",
        party_id,
        {"address": entry.id, "network": network, "ownership": ownership},
    )
    booked_at = entry.booked_at or tx.now
    return SavedAddress(entry.id, *place, label, ownership, entry.saved_at, entry.paid_at, booked_at), bool(new)


def book_since(tx: Tx, party_id: str, network: str, address: str, label: str, since: datetime) -> SavedAddress:
    """Put a place into a customer's book that they named at `since` by naming the key that it comes from.

    An entry that is there already keeps its own times and its name. The caller holds the party's lock.
    """
    place = (party_id, network, address, "")
    entries, new = entries_for(tx.conn, [place], since)
    entry = entries[place]
    if not new:
        return entry
    keep(tx, [entry])
    store.relabel(tx.conn, entry.id, label, "self_hosted", since)
    tx.note("address.saved", party_id, {"address": entry.id, "network": network, "ownership": "self_hosted"})
    return replace(entry, label=label, ownership="self_hosted", booked_at=since)


def unbook(conn: Conn, id: str, party_id: str | None, actor: str, now: datetime) -> SavedAddress:
    """Take an entry out of its customer's book; doing so again changes nothing.

    `party_id` is the customer who asks (None = somebody for them). Raises NotFound `address_unknown`, also for another
    customer's entry.
    """
    with act(conn, actor, now) as tx:
        entry = store.by_id(conn, id)
        if entry is None or party_id not in (None, entry.party_id):
            raise NotFound("address_unknown", f"There is no saved address {id}.")
        parties.lock(conn, [entry.party_id])
        if store.unbook(conn, id):
            tx.note("address.removed", entry.party_id, {"address": id, "network": entry.network})
        return replace(entry, booked_at=None)


def book(conn: Conn, party_id: str) -> list[SavedAddress]:
    """A customer's address book, newest first."""
    return store.of_party(conn, party_id)


def mark_paid(tx: Tx, saved_address_id: str) -> None:
    """A withdrawal arrived there."""
    store.paid(tx.conn, saved_address_id, tx.now)


# What is ours, and what looks like something known.


def keep_own(tx: Tx, items: Sequence[OwnAddress]) -> None:
    """Custody has a new address: from now on it is known as ours."""
    store.add_own(tx.conn, items, [addresses.family(item.network) for item in items])


def own(conn: Conn, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[OwnAddress]]:
    """Which of the (network, canonical address) are ours; those that are nobody's here are absent.

    One on the same network is an internal transfer, or the platform's wallet. One on another network of the family
    is ours too, but nobody watches it there: coins sent to it would arrive and be credited to nobody.
    """
    wanted = sorted(set(places))
    found: dict[tuple[str, str], list[OwnAddress]] = {}
    if wanted:
        families = [addresses.family(network) for network, _ in wanted]
        for r in store.own(conn, families, [address for _, address in wanted]):
            item = OwnAddress(r.network, r.address, r.kind, r.party_id)
            found.setdefault(wanted[r.place - 1], []).append(item)
    return found


def look_alikes(
    conn: Conn, entries: Iterable[SavedAddress], numbers: LookAlike
) -> dict[tuple[str, str, str], Likeness]:
    """Destinations that could be taken for another address their customer knows, by (party, network, address).

    Known is what the customer named earlier or was paid out to before, their own deposit addresses and our hot
    wallets. An address that only ever sent something to a deposit address is not among them: that is how poison is
    laid. A destination to which a withdrawal has arrived is trusted; one that merely stands in the book is not, for
    people copy poison into their books too.
    """
    doubtful = {(e.party_id, e.network, e.address): e for e in entries if e.paid_at is None}
    asked = list(doubtful)
    if not asked:
        return {}
    ends = [lookalike.keys(address) for _, _, address in asked]
    found = store.candidates(conn, [p for p, _, _ in asked], [head for head, _ in ends], [tail for _, tail in ends])
    known: dict[tuple[str, str, str], list[Known]] = {}
    for c in found:
        place = asked[c.place - 1]
        if c.since is None or c.paid or c.since <= doubtful[place].saved_at:
            known.setdefault(place, []).append(Known(c.network, c.address, c.whose))
    likes = {place: lookalike.closest(place[1], place[2], items, numbers) for place, items in known.items()}
    return {place: like for place, like in likes.items() if like is not None}


# Warnings about addresses on our own blocklist.


def warn(
    tx: Tx, party_id: str, withdrawal_id: str, network: str, hit: HitRow, language: str, evidence: Mapping[str, str]
) -> ListedWarning:
    """Write down that the customer was shown the warning about this hit. Again for the same withdrawal and list
    gives the first warning: it was shown once, then."""
    shown = ListedWarning(
        id=new_id("lwn"),
        party_id=party_id,
        withdrawal_id=withdrawal_id,
        network=network,
        family=hit.family,
        address=hit.address,
        list=hit.list,
        category=hit.category,
        entry=hit.entry,
        listed_since=hit.valid_from,
        text_version=templates.WARNING_VERSION,
        language=language,
        shown_at=tx.now,
        shown_evidence=canonical(dict(evidence)),
    )
    if store.add_warning(tx.conn, shown):
        body = {"warning": shown.id, "party": party_id, "list": hit.list, "text": shown.text_version}
        tx.note("warning.shown", withdrawal_id, body)
        return shown
    return next(w for w in store.warnings_of(tx.conn, withdrawal_id) if w.list == hit.list)


def acknowledge(
    conn: Conn, warning_id: str, party_id: str, evidence: Mapping[str, str], actor: str, now: datetime
) -> ListedWarning:
    """The customer has read the warning. Doing so again changes nothing: the first time and its evidence stand.

    Raises NotFound `warning_unknown`, also for another customer's warning.
    """
    with act(conn, actor, now) as tx:
        found = _warning(conn, warning_id, party_id)
        if store.acknowledge(conn, warning_id, actor, canonical(dict(evidence)), now):
            tx.note("warning.acknowledged", found.withdrawal_id, {"warning": found.id, "party": party_id})
        return _warning(conn, warning_id, party_id)


def insist(
    tx: Tx,
    warning_id: str,
    party_id: str,
    withdrawal_id: str,
    place: tuple[str, str],
    evidence: Mapping[str, str],
    numbers: ScreeningNumbers,
) -> Insistence:
    """After an acknowledged warning the customer wants this withdrawal to (network, address) all the same: the warned
    one, or a later one. Again for the same withdrawal gives the first insistence.

    Raises NotFound `warning_unknown`; Conflict as `warning.check_insist` says.
    """
    found = _warning(tx.conn, warning_id, party_id)
    before = store.insistence(tx.conn, warning_id, withdrawal_id)
    if before is not None:
        return before
    network, address = place
    key = addresses.list_key(network, address) or address
    warning.check_insist(found, party_id, addresses.family(network), key, tx.now, numbers.insist_hours)
    made = Insistence(warning_id, withdrawal_id, tx.now, tx.actor, canonical(dict(evidence)))
    store.add_insistence(tx.conn, made)
    tx.note("warning.insisted", withdrawal_id, {"warning": warning_id, "party": party_id})
    return made


def warned(
    conn: Conn, places: Iterable[tuple[str, str, str]], numbers: ScreeningNumbers, now: datetime
) -> dict[tuple[str, str, str], list[Warned]]:
    """How far the warnings about each (party, network, address) have come, one per list; those too old to insist on
    are absent, so that the customer is warned again."""
    asked = sorted(set(places))
    if not asked:
        return {}
    found: dict[tuple[str, str, str], list[Warned]] = {}
    for item in store.warned(
        conn,
        [party for party, _, _ in asked],
        [addresses.family(network) for _, network, _ in asked],
        [addresses.list_key(network, address) or address for _, network, address in asked],
        now - hours(numbers.insist_hours),
    ):
        found.setdefault(asked[item.place - 1], []).append(item)
    return found


def warnings_of(conn: Conn, withdrawal_id: str) -> list[ListedWarning]:
    """The warnings that were shown for a withdrawal."""
    return store.warnings_of(conn, withdrawal_id)


def _warning(conn: Conn, id: str, party_id: str) -> ListedWarning:
    found = store.warning(conn, id)
    if found is None or found.party_id != party_id:
        raise NotFound("warning_unknown", f"There is no warning {id}.")
    return found


# Allow-lists.


def allow_lists(conn: Conn, party_ids: Collection[str], now: datetime) -> dict[str, AllowList]:
    """The allow-lists in force, by party; a customer without one may pay anywhere."""
    found = store.allow_lists(conn, sorted(party_ids)) if party_ids else []
    return {item.party_id: item for item in found if item.is_on(now)}


def get_allow_list(conn: Conn, party_id: str) -> AllowList | None:
    """The customer's newest choice, in force or not; None = they never made one."""
    return next(iter(store.allow_lists(conn, [party_id])), None)


def set_allow_list(
    conn: Conn, party_id: str, on: bool, actor: str, numbers: ScreeningNumbers, now: datetime
) -> AllowList | None:
    """Switch a customer's allow-list on at once, or off after the wait that the policy says.

    Raises NotFound `customer_unknown`.
    """
    with act(conn, actor, now) as tx:
        if party_id not in parties.lock(conn, [party_id]):
            raise NotFound("customer_unknown", f"There is no customer {party_id}.")
        before = get_allow_list(conn, party_id)
        if on:
            after: AllowList | None = allow_list.switched_on(before, party_id, actor, now)
        else:
            after = allow_list.switched_off(before, actor, now, numbers.allow_list_off_hours)
        if after is not None and after != before:
            store.put_allow_list(conn, after)
            tx.note("allow_list.on" if on else "allow_list.off_asked", party_id, {"off_from": after.off_from})
        return after


# Whose an address is.


def challenge(conn: Conn, id: str, party_id: str | None, platform: str, actor: str, now: datetime) -> Challenge:
    """A fresh text for the owner of a saved address to sign; those handed out before stay good until they end.

    `party_id` is the customer who asks (None = somebody for them). Raises NotFound `address_unknown`; Conflict as
    `ownership.check_provable` says.
    """
    with act(conn, actor, now) as tx:
        entry = _entry(conn, id, party_id)
        ownership.check_provable(entry.network, entry.ownership)
        nonce, ends = secrets.token_hex(16), now + ownership.VALID
        text = ownership.message(platform, entry.party_id, entry.network, entry.address, nonce, ends)
        made = Challenge(new_id("och"), id, entry.party_id, nonce, text, now, ends, None)
        store.add_challenge(conn, made)
        tx.note("address.challenged", entry.party_id, {"address": id, "challenge": made.id, "expires_at": ends})
        return made


def text_to_sign(conn: Conn, id: str, now: datetime) -> Challenge | None:
    """The text that was handed out last for a saved address, while its signature would still prove something."""
    newest = store.newest_challenge(conn, id)
    return newest if newest is not None and newest.used_at is None and newest.expires_at > now else None


def prove(conn: Conn, id: str, party_id: str | None, signature: str, actor: str, now: datetime) -> Proof:
    """The newest text that was handed out for a saved address was signed with its key: the customer controls it.

    The same signature again gives the first proof. Raises NotFound `address_unknown`; Conflict `challenge_missing`,
    and what `ownership.check` says.
    """
    with act(conn, actor, now) as tx:
        entry = _entry(conn, id, party_id)
        parties.lock(conn, [entry.party_id])
        ownership.check_provable(entry.network, entry.ownership)
        newest = store.newest_challenge(conn, id, lock=True)
        if newest is None:
            raise Conflict("challenge_missing", f"Nobody asked for a text to sign for {id}; ask for one first.")
        done = store.proof_by(conn, newest.id)
        if done is not None and done.signature == signature:
            return done
        ownership.check(newest, entry.address, signature, now)
        made = Proof(newest.id, id, entry.party_id, ownership.METHOD, signature, now)
        store.use_challenge(conn, newest.id, now)
        store.add_proof(conn, made)
        store.declare(conn, id, "self_hosted")
        tx.note("address.proven", entry.party_id, {"address": id, "challenge": newest.id, "method": made.method})
        return made


def proofs(conn: Conn, address_ids: Collection[str]) -> dict[str, Proof]:
    """The newest proof of each saved address that has one."""
    found = store.proofs(conn, sorted(set(address_ids))) if address_ids else []
    return {proof.address_id: proof for proof in found}


def declare(tx: Tx, id: str, ownership_: str) -> None:
    """The customer says whose an address is. It is a word, not a proof."""
    entry = store.by_id(tx.conn, id)
    assert entry is not None  # entries are never deleted
    if entry.ownership != ownership_:
        store.declare(tx.conn, id, ownership_)
        tx.note("address.declared", entry.party_id, {"address": id, "ownership": ownership_})


def _entry(conn: Conn, id: str, party_id: str | None) -> SavedAddress:
    entry = store.by_id(conn, id)
    if entry is None or party_id not in (None, entry.party_id):
        raise NotFound("address_unknown", f"There is no saved address {id}.")
    return entry
