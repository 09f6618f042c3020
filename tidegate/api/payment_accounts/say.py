"""How answers speak of payment accounts: never the number, and to no customer who else uses it."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.db import Conn
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.accounts.account import Account
from tidegate.p2p.accounts.store import Attested


def accounts_of(conn: Conn, party_id: str, staff: bool) -> list[Said]:
    """Every payment account of a person, oldest first."""
    attested = accounts.attestations(conn, party_id)
    shared = accounts.shared(conn, party_id) if staff else None
    return [
        account(
            own,
            [one for one in attested if one.account_id == own.id],
            None if shared is None else [one.party_id for one in shared if one.account_id == own.id],
        )
        for own in accounts.of_party(conn, party_id)
    ]


def account(a: Account, attested: Sequence[Attested], shared_with: list[str] | None) -> Said:
    return {
        "id": a.id,
        "customer": a.party_id,
        "method": a.method,
        "institution": a.institution,
        "ending": a.ending,
        "holder_name": a.holder_name,
        "verified": a.verified,
        "attested_elsewhere": a.attested_elsewhere,
        "attestations": [
            {
                "platform": one.platform,
                "source": one.source,
                "since": None if one.since is None else one.since.isoformat(),
                "reference": one.reference,
                "at": rfc3339(one.at),
            }
            for one in attested
        ],
        "shared_with": shared_with,
        "first_at": rfc3339(a.first_at),
        "last_at": rfc3339(a.last_at),
        "retired_at": at(a.retired_at),
    }
