"""SQL of lists and address books. Look-ups are set-based: one statement per batch, however many requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.screening.allow_list import AllowList
from tidegate.screening.lists import Listed, Quarantined
from tidegate.screening.ownership import Challenge, Proof
from tidegate.screening.warning import Insistence, ListedWarning, Warned


@dataclass(frozen=True, slots=True)
class SavedAddress:
    """An entry of a customer's address book."""

    id: str  # "adr_…"
    party_id: str
    network: str
    address: str  # canonical spelling
    memo: str
    label: str
    ownership: str
    saved_at: datetime  # when this customer first named it
    paid_at: datetime | None  # first settled withdrawal to it
    booked_at: datetime | None = None  # when the customer put it into the book; None = only ever paid to


@dataclass(frozen=True, slots=True)
class HitRow:
    family: str
    address: str
    list: str
    entry: str
    category: str
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list and its newest good import."""

    name: str
    max_age_hours: int
    imported_at: datetime | None
    entries: int


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Closed:
    removed: int  # the file no longer names them
    changed: int  # it says something else of them


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """An address of this platform."""

    network: str  # where deposits to it are seen
    address: str
    kind: str  # "hot", "deposit"
    party_id: str | None  # whose deposits it receives; None = the platform's


@dataclass(frozen=True, slots=True)
class OwnRow:
    place: int  # which of those asked for
    network: str
    address: str
    kind: str
    party_id: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that shares an end with a destination."""

    place: int  # which of those asked for
    network: str
    address: str
    whose: str  # "customer", "hot", "deposit"
    since: datetime | None  # when the customer first named it; None = one of ours
    paid: bool  # a withdrawal arrived there


def by_ids(conn: Conn, party_ids: Sequence[str], ids: Sequence[str]) -> list[SavedAddress]:
    """Entries by their owner and id."""
    return rows(
        conn,
        SavedAddress,
        """
        SELECT s.id, s.party_id, s.network, s.address, s.memo, s.label, s.ownership, s.saved_at, s.paid_at,
               s.booked_at
          FROM unnest(%(parties)s::text[], %(ids)s::text[]) AS asked (party_id, id)
          JOIN saved_address s ON s.id = asked.id AND s.party_id = asked.party_id
        """,
        {"parties": list(party_ids), "ids": list(ids)},
    )


def by_places(
    conn: Conn, party_ids: Sequence[str], networks: Sequence[str], addresses: Sequence[str], memos: Sequence[str]
) -> list[SavedAddress]:
    """Entries by their owner and destination."""
    return rows(
        conn,
        SavedAddress,
        """
        SELECT s.id, s.party_id, s.network, s.address, s.memo, s.label, s.ownership, s.saved_at, s.paid_at,
               s.booked_at
          FROM unnest(%(parties)s::text[], %(networks)s::text[], %(addresses)s::text[], %(memos)s::text[])
               AS asked (party_id, network, address, memo)
          JOIN saved_address s USING (party_id, network, address, memo)
        """,
        {"parties": list(party_ids), "networks": list(networks), "addresses": list(addresses), "memos": list(memos)},
    )


def of_party(conn: Conn, party_id: str) -> list[SavedAddress]:
    """A customer's address book, newest first."""
    return rows(
        conn,
        SavedAddress,
        """
        SELECT id, party_id, network, address, memo, label, ownership, saved_at, paid_at, booked_at
          FROM saved_address WHERE party_id = %(party)s ORDER BY id DESC
        """,
        {"party": party_id},
    )


def save(conn: Conn, entries: Sequence[SavedAddress]) -> int:
    """Write entries that are not there yet; how many were new."""
    return run(
        conn,
        """
        INSERT INTO saved_address (id, party_id, network, address, memo, label, ownership, saved_at)
        SELECT * FROM unnest(%(ids)s::text[], %(parties)s::text[], %(networks)s::text[], %(addresses)s::text[],
                             %(memos)s::text[], %(labels)s::text[], %(ownerships)s::text[], %(ats)s::timestamptz[])
        ON CONFLICT (party_id, network, address, memo) DO NOTHING
        """,
        {
            "ids": [e.id for e in entries],
            "parties": [e.party_id for e in entries],
            "networks": [e.network for e in entries],
            "addresses": [e.address for e in entries],
            "memos": [e.memo for e in entries],
            "labels": [e.label for e in entries],
            "ownerships": [e.ownership for e in entries],
            "ats": [e.saved_at for e in entries],
        },
    )


def relabel(conn: Conn, id: str, label: str, ownership: str, now: datetime) -> None:
    """What the customer calls it and whose it is; from now on it is in the book."""
    run(
        conn,
        """
        UPDATE saved_address SET label = %(label)s, ownership = %(ownership)s, booked_at = coalesce(booked_at, %(now)s)
         WHERE id = %(id)s
        """,
        {"id": id, "label": label, "ownership": ownership, "now": now},
    )


def by_id(conn: Conn, id: str) -> SavedAddress | None:
    """An entry, whosever it is."""
    return row(
        conn,
        SavedAddress,
        """
        SELECT id, party_id, network, address, memo, label, ownership, saved_at, paid_at, booked_at
          FROM saved_address WHERE id = %(id)s
        """,
        {"id": id},
    )


def unbook(conn: Conn, id: str) -> int:
    """It is in the book no more; 0 when it was not."""
    return run(
        conn, "UPDATE saved_address SET booked_at = NULL WHERE id = %(id)s AND booked_at IS NOT NULL", {"id": id}
    )


def paid(conn: Conn, id: str, now: datetime) -> None:
    """Remember the first payment that arrived there."""
    run(
        conn,
        "UPDATE saved_address SET paid_at = coalesce(paid_at, %(now)s) WHERE id = %(id)s",
        {"id": id, "now": now},
    )


def hits(conn: Conn, families: Sequence[str], addresses: Sequence[str], as_of: datetime) -> list[HitRow]:
    """Entries in force at that time that name one of the keys."""
    return rows(
        conn,
        HitRow,
        """
        SELECT e.family, e.address, e.list, e.entry, e.category, e.valid_from
          FROM unnest(%(families)s::text[], %(addresses)s::text[]) AS asked (family, address)
          JOIN list_entry e USING (family, address)
         WHERE e.valid_from <= %(as_of)s AND (e.valid_until IS NULL OR e.valid_until > %(as_of)s)
         ORDER BY e.list, e.address
        """,
        {"families": list(families), "addresses": list(addresses), "as_of": as_of},
    )


def lists(conn: Conn) -> list[ListRow]:
    """Every list with the number of its entries in force."""
    return rows(
        conn,
        ListRow,
        """
        SELECT l.name, l.max_age_hours, l.imported_at,
               (SELECT count(*) FROM list_entry e WHERE e.list = l.name AND e.valid_until IS NULL)::int AS entries
          FROM screening_list l ORDER BY l.name
        """,
        {},
    )


def named(conn: Conn, names: Sequence[str]) -> list[ListRow]:
    """Some lists, without counting their entries."""
    return rows(
        conn,
        ListRow,
        "SELECT name, max_age_hours, imported_at, 0 AS entries FROM screening_list WHERE name = ANY(%(names)s)",
        {"names": list(names)},
    )


def ensure_list(conn: Conn, name: str, max_age_hours: int) -> None:
    """Make the list known, and lock its row: two imports of one list take turns."""
    run(
        conn,
        """
        INSERT INTO screening_list (name, max_age_hours) VALUES (%(name)s, %(age)s)
        ON CONFLICT (name) DO UPDATE SET max_age_hours = screening_list.max_age_hours
        """,
        {"name": name, "age": max_age_hours},
    )


def set_max_age(conn: Conn, name: str, max_age_hours: int) -> None:
    """How old the list may be."""
    run(
        conn,
        "UPDATE screening_list SET max_age_hours = %(age)s WHERE name = %(name)s",
        {"name": name, "age": max_age_hours},
    )


def count(conn: Conn, name: str) -> int:
    """Entries of a list in force."""
    found = conn.execute(
        "SELECT count(*) FROM list_entry WHERE list = %(name)s AND valid_until IS NULL", {"name": name}
    ).fetchone()
    return int(found[0]) if found else 0


def stage(conn: Conn, import_id: str, items: Iterable[Listed]) -> None:
    """Let a file's entries flow into the waiting room, however many there are."""
    with (
        conn.cursor() as cursor,
        cursor.copy(
            "COPY list_staging (import_id, line, family, address, category, entry, rank, valid_from, valid_until)"
            " FROM STDIN"
        ) as copy,
    ):
        for item in items:
            e, span = item.entry, (item.valid_from, item.valid_until)
            copy.write_row((import_id, item.line, e.family, e.address, e.category, e.entry, item.rank, *span))
    conn.execute("ANALYZE list_staging")  # or the comparison below is planned for an empty table


def settle_stage(conn: Conn, import_id: str) -> int:
    """Of several rows about one address keep the one that counts; how many are left."""
    run(
        conn,
        """
        DELETE FROM list_staging s USING (
            SELECT ctid, row_number() OVER (PARTITION BY family, address, valid_from ORDER BY rank, line) AS place
              FROM list_staging WHERE import_id = %(id)s
        ) AS seen WHERE s.ctid = seen.ctid AND seen.place > 1
        """,
        {"id": import_id},
    )
    found = conn.execute("SELECT count(*) FROM list_staging WHERE import_id = %(id)s", {"id": import_id}).fetchone()
    return int(found[0]) if found else 0


def clear_stage(conn: Conn, import_id: str) -> None:
    """Leave the waiting room."""
    run(conn, "DELETE FROM list_staging WHERE import_id = %(id)s", {"id": import_id})


def close(conn: Conn, name: str, import_id: str, now: datetime) -> Closed:
    """End the entries that the file no longer names, and those of which it now says something else."""
    closed = row(
        conn,
        Closed,
        """
        WITH closed AS (
            UPDATE list_entry e SET valid_until = greatest(%(now)s, e.valid_from)
              FROM list_entry old
              LEFT JOIN list_staging s
                     ON s.import_id = %(id)s AND s.family = old.family AND s.address = old.address
             WHERE e.id = old.id AND old.list = %(name)s AND old.valid_until IS NULL
               AND (s.category, s.entry) IS DISTINCT FROM (old.category, old.entry)
            RETURNING s.address IS NULL AS gone
        )
        SELECT count(*) FILTER (WHERE gone)::int AS removed, count(*) FILTER (WHERE NOT gone)::int AS changed
          FROM closed
        """,
        {"name": name, "id": import_id, "now": now},
    )
    assert closed is not None  # an aggregate has one row
    return closed


def open_entries(conn: Conn, name: str, import_id: str, now: datetime) -> int:
    """List whom the file names and the list does not; how many."""
    return run(
        conn,
        """
        INSERT INTO list_entry (list, family, address, category, entry, valid_from)
        SELECT %(name)s, s.family, s.address, s.category, s.entry, %(now)s
          FROM list_staging s WHERE s.import_id = %(id)s
        ON CONFLICT (family, address, list) WHERE valid_until IS NULL DO NOTHING
        """,
        {"name": name, "id": import_id, "now": now},
    )


def rewritten(conn: Conn, name: str, import_id: str) -> int:
    """Entries of a list that a history does not know, or ends at another time than it ended."""
    found = conn.execute(
        """
        SELECT count(*) FROM list_entry e
          LEFT JOIN list_staging s ON s.import_id = %(id)s AND s.family = e.family AND s.address = e.address
                                  AND s.valid_from = e.valid_from
         WHERE e.list = %(name)s AND (s.address IS NULL AND e.valid_until IS NULL
                                      OR e.valid_until IS NOT NULL AND s.valid_until IS DISTINCT FROM e.valid_until)
        """,
        {"name": name, "id": import_id},
    ).fetchone()
    return int(found[0]) if found else 0


def end_by_history(conn: Conn, name: str, import_id: str, now: datetime) -> int:
    """End open entries when the history says, or now where it does not know them; how many ended."""
    return run(
        conn,
        """
        UPDATE list_entry e SET valid_until = greatest(coalesce(s.valid_until, %(now)s), e.valid_from)
          FROM list_entry old
          LEFT JOIN list_staging s ON s.import_id = %(id)s AND s.family = old.family AND s.address = old.address
                                  AND s.valid_from = old.valid_from
         WHERE e.id = old.id AND old.list = %(name)s AND old.valid_until IS NULL
           AND (s.address IS NULL OR s.valid_until IS NOT NULL)
        """,
        {"name": name, "id": import_id, "now": now},
    )


def add_history(conn: Conn, name: str, import_id: str) -> int:
    """Write the spans of a history that the list does not have yet; how many."""
    return run(
        conn,
        """
        INSERT INTO list_entry (list, family, address, category, entry, valid_from, valid_until)
        SELECT %(name)s, s.family, s.address, s.category, s.entry, s.valid_from, s.valid_until
          FROM list_staging s
         WHERE s.import_id = %(id)s
           AND NOT EXISTS (SELECT FROM list_entry e WHERE e.list = %(name)s AND e.family = s.family
                              AND e.address = s.address AND e.valid_from = s.valid_from)
        """,
        {"name": name, "id": import_id},
    )


def imported(
    conn: Conn,
    id: str,
    name: str,
    by: str,
    sha256: str,
    count: int,
    removed: int,
    quarantined: int,
    kept: Sequence[Quarantined],
    now: datetime,
) -> None:
    """Keep what an import did, and what it could not read."""
    run(
        conn,
        """
        INSERT INTO list_import (id, list, at, by, sha256, imported, removed, quarantined)
        VALUES (%(id)s, %(name)s, %(now)s, %(by)s, %(sha)s, %(imported)s, %(removed)s, %(quarantined)s)
        """,
        {
            "id": id,
            "name": name,
            "now": now,
            "by": by,
            "sha": sha256,
            "imported": count,
            "removed": removed,
            "quarantined": quarantined,
        },
    )
    run(
        conn,
        """
        INSERT INTO list_quarantine (import_id, line, reason, text)
        SELECT %(id)s, * FROM unnest(%(lines)s::int[], %(reasons)s::text[], %(texts)s::text[])
        ON CONFLICT (import_id, line) DO NOTHING
        """,
        {
            "id": id,
            "lines": [q.line for q in kept],
            "reasons": [q.reason for q in kept],
            "texts": [q.text for q in kept],
        },
    )
    run(
        conn,
        "UPDATE screening_list SET imported_at = %(now)s, sha256 = %(sha)s WHERE name = %(name)s",
        {"name": name, "now": now, "sha": sha256},
    )


def quarantine(conn: Conn, name: str) -> list[QuarantineRow]:
    """What the newest import of a list could not read."""
    return rows(
        conn,
        QuarantineRow,
        """
        SELECT q.line, q.reason, q.text FROM list_quarantine q
         WHERE q.import_id = (SELECT id FROM list_import WHERE list = %(name)s ORDER BY at DESC, id DESC LIMIT 1)
         ORDER BY q.line
        """,
        {"name": name},
    )


# What is ours, and what looks like something known.


def add_own(conn: Conn, items: Sequence[OwnAddress], families: Sequence[str]) -> int:
    """Write down addresses of ours; how many were new."""
    return run(
        conn,
        """
        INSERT INTO own_address (network, family, address, kind, party_id)
        SELECT * FROM unnest(%(networks)s::text[], %(families)s::text[], %(addresses)s::text[], %(kinds)s::text[],
                             %(parties)s::text[])
        ON CONFLICT (network, address) DO NOTHING
        """,
        {
            "networks": [item.network for item in items],
            "families": list(families),
            "addresses": [item.address for item in items],
            "kinds": [item.kind for item in items],
            "parties": [item.party_id for item in items],
        },
    )


def own(conn: Conn, families: Sequence[str], addresses: Sequence[str]) -> list[OwnRow]:
    """Which of the addresses are ours, on whatever network of the family."""
    return rows(
        conn,
        OwnRow,
        """
        SELECT asked.place::int, o.network, o.address, o.kind, o.party_id
          FROM unnest(%(families)s::text[], %(addresses)s::text[]) WITH ORDINALITY AS asked (family, address, place)
         CROSS JOIN LATERAL (SELECT * FROM own_address k WHERE (k.family, k.address) = (asked.family, asked.address)
                              OFFSET 0) AS o  -- or a batch of 128 reads a table of 20,000 whole
        """,
        {"families": list(families), "addresses": list(addresses)},
    )


def candidates(conn: Conn, party_ids: Sequence[str], heads: Sequence[str], tails: Sequence[str]) -> list[Candidate]:
    """Addresses that a party knows and that share an end of three characters with a destination: one statement by
    (party, end) for the whole batch. The hot wallets are known to everybody."""
    return rows(
        conn,
        Candidate,
        """
        SELECT asked.place::int, k.network, k.address, k.whose, k.since, k.paid
          FROM unnest(%(parties)s::text[], %(heads)s::text[], %(tails)s::text[])
               WITH ORDINALITY AS asked (party_id, head, tail, place)
         CROSS JOIN LATERAL (
            SELECT s.network, s.address, 'customer' AS whose, s.saved_at AS since, s.paid_at IS NOT NULL AS paid
              FROM saved_address s WHERE s.party_id = asked.party_id AND s.head = asked.head
             UNION
            SELECT s.network, s.address, 'customer', s.saved_at, s.paid_at IS NOT NULL
              FROM saved_address s WHERE s.party_id = asked.party_id AND s.tail = asked.tail
             UNION
            SELECT o.network, o.address, o.kind, NULL, false
              FROM own_address o WHERE o.whose = ANY(ARRAY[asked.party_id, '']) AND o.head = asked.head
             UNION
            SELECT o.network, o.address, o.kind, NULL, false
              FROM own_address o WHERE o.whose = ANY(ARRAY[asked.party_id, '']) AND o.tail = asked.tail
         ) AS k
         ORDER BY asked.place, k.address
        """,
        {"parties": list(party_ids), "heads": list(heads), "tails": list(tails)},
    )


# Warnings about addresses on our own blocklist.


def add_warning(conn: Conn, w: ListedWarning) -> int:
    """Write a warning down; 0 when this withdrawal was warned by this list before."""
    return run(
        conn,
        """
        INSERT INTO listed_warning (id, party_id, withdrawal_id, network, family, address, list, category, entry,
                                    listed_since, text_version, language, shown_at, shown_evidence)
        VALUES (%(id)s, %(party)s, %(withdrawal)s, %(network)s, %(family)s, %(address)s, %(list)s, %(category)s,
                %(entry)s, %(since)s, %(version)s, %(language)s, %(at)s, %(evidence)s)
        ON CONFLICT (withdrawal_id, list) DO NOTHING
        """,
        {
            "id": w.id,
            "party": w.party_id,
            "withdrawal": w.withdrawal_id,
            "network": w.network,
            "family": w.family,
            "address": w.address,
            "list": w.list,
            "category": w.category,
            "entry": w.entry,
            "since": w.listed_since,
            "version": w.text_version,
            "language": w.language,
            "at": w.shown_at,
            "evidence": w.shown_evidence,
        },
    )


def warning(conn: Conn, id: str) -> ListedWarning | None:
    """A warning, its row locked until the transaction ends."""
    return row(
        conn,
        ListedWarning,
        """
        SELECT id, party_id, withdrawal_id, network, family, address, list, category, entry, listed_since, text_version,
               language, shown_at, shown_evidence, acknowledged_at, acknowledged_by, acknowledged_evidence
          FROM listed_warning WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def warnings_of(conn: Conn, withdrawal_id: str) -> list[ListedWarning]:
    """The warnings that were shown for a withdrawal."""
    return rows(
        conn,
        ListedWarning,
        """
        SELECT id, party_id, withdrawal_id, network, family, address, list, category, entry, listed_since, text_version,
               language, shown_at, shown_evidence, acknowledged_at, acknowledged_by, acknowledged_evidence
          FROM listed_warning WHERE withdrawal_id = %(withdrawal)s ORDER BY list
        """,
        {"withdrawal": withdrawal_id},
    )


def acknowledge(conn: Conn, id: str, by: str, evidence: str, now: datetime) -> int:
    """The customer has read it; 0 when they had before."""
    return run(
        conn,
        """
        UPDATE listed_warning
           SET acknowledged_at = %(now)s, acknowledged_by = %(by)s, acknowledged_evidence = %(evidence)s
         WHERE id = %(id)s AND acknowledged_at IS NULL
        """,
        {"id": id, "by": by, "evidence": evidence, "now": now},
    )


def add_insistence(conn: Conn, i: Insistence) -> int:
    """The customer insists; 0 when this withdrawal did before."""
    return run(
        conn,
        """
        INSERT INTO listed_insistence (warning_id, withdrawal_id, at, by, evidence)
        VALUES (%(warning)s, %(withdrawal)s, %(at)s, %(by)s, %(evidence)s)
        ON CONFLICT (warning_id, withdrawal_id) DO NOTHING
        """,
        {"warning": i.warning_id, "withdrawal": i.withdrawal_id, "at": i.at, "by": i.by, "evidence": i.evidence},
    )


def insistence(conn: Conn, warning_id: str, withdrawal_id: str) -> Insistence | None:
    """How a withdrawal insisted on a warning."""
    return row(
        conn,
        Insistence,
        """
        SELECT warning_id, withdrawal_id, at, by, evidence FROM listed_insistence
         WHERE warning_id = %(warning)s AND withdrawal_id = %(withdrawal)s
        """,
        {"warning": warning_id, "withdrawal": withdrawal_id},
    )


def warned(
    conn: Conn, party_ids: Sequence[str], families: Sequence[str], addresses: Sequence[str], since: datetime
) -> list[Warned]:
    """How far the newest warning of each list about a place has come, shown since then."""
    return rows(
        conn,
        Warned,
        """
        SELECT DISTINCT ON (asked.place, w.list) asked.place::int, w.id, w.list, w.shown_at, w.acknowledged_at,
               (SELECT array_agg(i.withdrawal_id ORDER BY i.at) FROM listed_insistence i
                 WHERE i.warning_id = w.id) AS insisted_by
          FROM unnest(%(parties)s::text[], %(families)s::text[], %(addresses)s::text[])
               WITH ORDINALITY AS asked (party_id, family, address, place)
          JOIN listed_warning w USING (party_id, family, address)
         WHERE w.shown_at >= %(since)s
         ORDER BY asked.place, w.list, w.acknowledged_at DESC NULLS LAST, w.shown_at DESC, w.id DESC
        """,
        {"parties": list(party_ids), "families": list(families), "addresses": list(addresses), "since": since},
    )


# Allow-lists.


def allow_lists(conn: Conn, party_ids: Sequence[str]) -> list[AllowList]:
    """The allow-lists of some parties, whether in force or not."""
    return rows(
        conn,
        AllowList,
        """
        SELECT party_id, since, on_by, off_asked_at, off_by, off_from FROM allow_list
         WHERE party_id = ANY(%(parties)s)
        """,
        {"parties": list(party_ids)},
    )


def put_allow_list(conn: Conn, a: AllowList) -> None:
    """Write a party's allow-list. The caller holds the party's row lock."""
    run(
        conn,
        """
        INSERT INTO allow_list (party_id, since, on_by, off_asked_at, off_by, off_from)
        VALUES (%(party)s, %(since)s, %(on_by)s, %(asked)s, %(off_by)s, %(off)s)
        ON CONFLICT (party_id) DO UPDATE SET (since, on_by, off_asked_at, off_by, off_from) =
            (excluded.since, excluded.on_by, excluded.off_asked_at, excluded.off_by, excluded.off_from)
        """,
        {
            "party": a.party_id,
            "since": a.since,
            "on_by": a.on_by,
            "asked": a.off_asked_at,
            "off_by": a.off_by,
            "off": a.off_from,
        },
    )


# Whose an address is.


def declare(conn: Conn, id: str, ownership: str) -> None:
    """Keep what the customer says of an address; whether it is in their book stays as it is."""
    run(conn, "UPDATE saved_address SET ownership = %(said)s WHERE id = %(id)s", {"id": id, "said": ownership})


def add_challenge(conn: Conn, c: Challenge) -> None:
    """Keep a text that is handed out."""
    run(
        conn,
        """
        INSERT INTO ownership_challenge (id, address_id, party_id, nonce, message, created_at, expires_at)
        VALUES (%(id)s, %(address)s, %(party)s, %(nonce)s, %(message)s, %(at)s, %(ends)s)
        """,
        {
            "id": c.id,
            "address": c.address_id,
            "party": c.party_id,
            "nonce": c.nonce,
            "message": c.message,
            "at": c.created_at,
            "ends": c.expires_at,
        },
    )


def newest_challenge(conn: Conn, address_id: str) -> Challenge | None:
    """The text that was handed out last for an address, row-locked."""
    return row(
        conn,
        Challenge,
        """
        SELECT id, address_id, party_id, nonce, message, created_at, expires_at, used_at
          FROM ownership_challenge WHERE address_id = %(address)s
         ORDER BY created_at DESC, id DESC LIMIT 1 FOR UPDATE
        """,
        {"address": address_id},
    )


def use_challenge(conn: Conn, id: str, now: datetime) -> None:
    """It has proved something."""
    run(conn, "UPDATE ownership_challenge SET used_at = %(now)s WHERE id = %(id)s", {"id": id, "now": now})


def add_proof(conn: Conn, p: Proof) -> None:
    """Keep a proof; it is never changed."""
    run(
        conn,
        """
        INSERT INTO ownership_proof (challenge_id, address_id, party_id, method, signature, proved_at)
        VALUES (%(challenge)s, %(address)s, %(party)s, %(method)s, %(signature)s, %(at)s)
        """,
        {
            "challenge": p.challenge_id,
            "address": p.address_id,
            "party": p.party_id,
            "method": p.method,
            "signature": p.signature,
            "at": p.proved_at,
        },
    )


def proof_by(conn: Conn, challenge_id: str) -> Proof | None:
    """The proof that answered a text."""
    return row(
        conn,
        Proof,
        """
        SELECT challenge_id, address_id, party_id, method, signature, proved_at
          FROM ownership_proof WHERE challenge_id = %(challenge)s
        """,
        {"challenge": challenge_id},
    )


def proofs(conn: Conn, address_ids: Sequence[str]) -> list[Proof]:
    """The newest proof of each of these addresses."""
    return rows(
        conn,
        Proof,
        """
        SELECT DISTINCT ON (address_id) challenge_id, address_id, party_id, method, signature, proved_at
          FROM ownership_proof WHERE address_id = ANY(%(addresses)s::text[])
         ORDER BY address_id, proved_at DESC, challenge_id DESC
        """,
        {"addresses": list(address_ids)},
    )
