"""What the lake holds: the published views with the same columns, less those that no indicator reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_TEXT, _AT, _FLAG, _SMALL, _WHOLE = "VARCHAR", "TIMESTAMPTZ", "BOOLEAN", "SMALLINT", "INTEGER"
_UNITS = _VALUE = "DECIMAL(38,0)"
_PRICE = "DECIMAL(38,8)"


@dataclass(frozen=True, slots=True)
class Table:
    """One view. Rows of an `event` table never change once `known` lies in a closed day, and each day has its own; a
    `state` is written down as a whole, once with the newest closed day of an export."""

    name: str
    columns: Mapping[str, str]  # name -> type; the same words in PostgreSQL and DuckDB
    order: tuple[str, ...]  # what tells rows apart: files are in this order
    known: str | None = None  # events: SQL of the instant from which a row counts; NULL = not yet

    @property
    def view(self) -> str:
        return f"{self.name}_v"

    @property
    def sums(self) -> tuple[str, ...]:
        """The columns whose totals a manifest says."""
        return tuple(name for name, kind in self.columns.items() if kind == _UNITS)


TABLES = (
    Table(
        "p2p_orders",
        {
            "order_id": _TEXT,
            "ad_id": _TEXT,
            "merchant_id": _TEXT,
            "subject_id": _TEXT,
            "taker_id": _TEXT,
            "side": _TEXT,
            "asset_id": _WHOLE,
            "units": _UNITS,
            "value": _VALUE,
            "fiat": _TEXT,
            "fiat_amount": _PRICE,
            "price": _PRICE,
            "reference_price": _PRICE,
            "method": _TEXT,
            "payer_hash": _TEXT,
            "payee_hash": _TEXT,
            "payer_similarity": _SMALL,
            "has_conditions": _FLAG,
            "taker_level": _SMALL,
            "taker_since": _AT,
            "taker_orders_before": _WHOLE,
            "device_id": _TEXT,
            "ip_net": _TEXT,
            "agent": _TEXT,
            "status": _TEXT,
            "created_at": _AT,
            "paid_at": _AT,
            "released_at": _AT,
            "ended_at": _AT,
            "cancelled_by": _TEXT,
            "dispute_reason": _TEXT,
            "dispute_lost_by": _TEXT,
            "known_at": _AT,
        },
        ("order_id",),
        "CASE WHEN ended_at > known_at THEN ended_at WHEN ended_at IS NOT NULL THEN known_at END",
    ),
    Table(
        "coin_flows",
        {
            "party_id": _TEXT,
            "direction": _TEXT,
            "ref": _TEXT,
            "asset_id": _WHOLE,
            "units": _UNITS,
            "value": _VALUE,
            "at": _AT,
            "known_at": _AT,
            "counterpart": _TEXT,
            "address": _TEXT,
        },
        ("ref",),
        'CASE WHEN "at" > known_at THEN "at" ELSE known_at END',
    ),
    Table("p2p_merchants", {"merchant_id": _TEXT, "subject_id": _TEXT, "party_id": _TEXT}, ("merchant_id",)),
    Table(
        "p2p_scope",
        {"subject_id": _TEXT, "from_at": _AT, "until_at": _AT, "ground": _TEXT},
        ("subject_id", "from_at", "ground"),
    ),
    Table(
        "p2p_bonds",
        {"merchant_id": _TEXT, "asset_id": _WHOLE, "required": _UNITS, "locked": _UNITS, "owed": _UNITS},
        ("merchant_id", "asset_id"),
    ),
    Table(
        "p2p_bond_movements",
        {
            "movement_id": _TEXT,
            "merchant_id": _TEXT,
            "asset_id": _WHOLE,
            "kind": _TEXT,
            "units": _UNITS,
            "value": _VALUE,
            "at": _AT,
            "known_at": _AT,
        },
        ("movement_id",),
        'CASE WHEN "at" > known_at THEN "at" ELSE known_at END',
    ),
    Table(
        "p2p_accounts",
        {
            "account_hash": _TEXT,
            "party_id": _TEXT,
            "method": _TEXT,
            "verified": _FLAG,
            "attested_elsewhere": _FLAG,
            "first_at": _AT,
            "last_at": _AT,
        },
        ("account_hash", "party_id", "method"),
    ),
    Table(
        "rating_facts",
        {
            "fact_id": _TEXT,
            "subject_id": _TEXT,
            "fact": _TEXT,
            "at": _AT,
            "known_at": _AT,
            "disposition": _TEXT,
            "counterparty_id": _TEXT,
            "order_id": _TEXT,
            "evidence_level": _TEXT,
            "attributed": _FLAG,
        },
        ("fact_id",),
    ),
    Table(
        "listed_warnings",
        {
            "id": _TEXT,
            "party_id": _TEXT,
            "listed_since": _AT,
            "shown_at": _AT,
            "acknowledged_at": _AT,
            "insisted_withdrawal_id": _TEXT,
            "insisted_at": _AT,
        },
        ("id", "insisted_withdrawal_id"),
    ),
    Table(
        "account_signs",
        {"party_id": _TEXT, "sign": _TEXT, "ref": _TEXT, "at": _AT, "known_at": _AT},
        ("party_id", "sign", "ref"),
    ),
    Table(
        "counterfeits",
        {"deposit_id": _TEXT, "party_id": _TEXT, "asset_id": _WHOLE, "claimed": _UNITS, "at": _AT, "known_at": _AT},
        ("deposit_id",),
    ),
)
