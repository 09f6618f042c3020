"""A month's rating on paper: how it stands, each merchant's line with what it stands on, and the month's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tidegate.rating.governance.figures import Frozen, Override, Precision, text
from tidegate.rating.tiers import Tier
from tidegate.reports.papers.paper import Paper, Part, Words, instant

NONE = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a month that holds. None = nobody decided it, or it has not been told."""

    line_id: str
    subject_id: str
    name: str
    conduct: str
    consequence: str
    computed: str
    basis: str
    clauses: list[str]
    readings: list[str]
    effective_before: str
    proposed: str
    rule: str | None
    decided: str | None
    code: str | None
    reason: str | None
    decided_by: list[str] | None
    told_at: datetime | None
    after: str | None
    measures: list[str]  # "<measure>", or "<measure> <value>"


@dataclass(frozen=True, slots=True)
class Month:
    """Everything that a month's paper tells."""

    run_id: str
    month: str
    start_at: datetime
    as_of: datetime
    deadline: datetime
    calendar: str
    calendar_hash: str
    readings_hash: str
    policy_version: int
    made_at: datetime
    published_at: datetime | None
    lines: Sequence[Line]
    matrix: Mapping[str, Mapping[str, int]]
    stability: Decimal | None
    band: str | None
    overrides: Sequence[Override]
    precision: Sequence[Precision]
    frozen: Sequence[Frozen]
    rises: bool | None


def paper(month: Month, names: Mapping[str, str], say: Words) -> Paper:
    """The month as staff read it. `names` are people's by their keys."""
    told = sum(line.told_at is not None for line in month.lines)
    return Paper(
        language=say.language,
        title=f"{say('paper_month')} {month.month}",
        lead=[say("paper_month_lead")],
        parts=[
            Part(
                say("paper_run"),
                [
                    (say("id"), month.run_id),
                    (say("paper_span"), f"{instant(month.start_at)} – {instant(month.as_of)}"),
                    (say("deadline"), instant(month.deadline)),
                    (say("told_at"), NONE if month.published_at is None else instant(month.published_at)),
                    (say("progress"), f"{told} / {len(month.lines)}"),
                    (say("policy"), str(month.policy_version)),
                    (say("paper_calendar"), f"{month.calendar} {month.calendar_hash}"),
                    (say("paper_readings"), month.readings_hash),
                ],
            ),
            _lines(month.lines, say),
            _decisions(month.lines, names, say),
            _matrix(month, say),
            _overrides(month.overrides, names, say),
            _precision(month.precision, say),
            _frozen(month, say),
        ],
        foot=f"{month.run_id} · {month.month} · {instant(_newest(month))}",
        at=_newest(month),
        wide=True,
    )


def _newest(month: Month) -> datetime:
    """The newest thing that the paper tells."""
    return max([month.made_at, *(line.told_at for line in month.lines if line.told_at is not None)])


def _lines(lines: Sequence[Line], say: Words) -> Part:
    return Part(
        say("lines"),
        [
            (
                f"{line.name}\n{line.subject_id}",
                _move(line, say),
                say.code("basis", line.basis),
                f"{line.conduct} {say.code('conduct', line.conduct)}\n"
                f"{line.consequence} {say.code('consequence', line.consequence)}",
                ", ".join([*map(say.clause, line.clauses), *line.readings]) or NONE,
                "\n".join(_measure(measure, say) for measure in line.measures) or NONE,
                NONE if line.told_at is None else instant(line.told_at),
            )
            for line in lines
        ],
        heads=(
            say("merchant"), say("before_proposed"), say("basis"), say("axes"), say("clauses"), say("measures"),
            say("told_at"),
        ),
        widths=(5, 4, 2, 5, 3, 5, 3),
        empty=say("lines_none"),
    )  # fmt: skip


def _move(line: Line, say: Words) -> str:
    """From the tier that held to the one that was told, decided or proposed, and by which rule."""
    to = line.after or line.decided or line.proposed
    said = _tier(line.effective_before, say)
    moved = said if to == line.effective_before else f"{said} → {_tier(to, say)}"
    return moved if line.rule is None else f"{moved} ({line.rule})"


def _tier(tier: str, say: Words) -> str:
    return say.code("tier", tier)


def _measure(measure: str, say: Words) -> str:
    name, _, value = measure.partition(" ")
    return f"{say.code('taken', name)} {value}".strip()


def _decisions(lines: Sequence[Line], names: Mapping[str, str], say: Words) -> Part:
    return Part(
        say("paper_decisions"),
        [
            (
                line.name,
                f"{_tier(line.computed, say)} → {_tier(line.decided, say)}",
                say.code("reason", line.code or ""),
                line.reason or NONE,
                ", ".join(names.get(person, person) for person in line.decided_by or ()),
            )
            for line in lines
            if line.decided is not None
        ],
        heads=(say("merchant"), say("paper_computed_decided"), say("paper_ground"), say("paper_reason"), say("who")),
        widths=(4, 4, 4, 9, 4),
        empty=say("overrides_none"),
    )


def _matrix(month: Month, say: Words) -> Part:
    index = NONE if month.stability is None else str(month.stability)
    band = "" if month.band is None else f" ({say.code('band', month.band)})"
    return Part(
        say("matrix"),
        [[_tier(b, say), *(str(month.matrix[b][a]) for a in Tier)] for b in Tier],
        heads=["", *(_tier(a, say) for a in Tier)],
        widths=(2, 1, 1, 1, 1),
        note=f"{say('stability')}: {index}{band}",
    )


def _overrides(overrides: Sequence[Override], names: Mapping[str, str], say: Words) -> Part:
    return Part(
        say("overrides"),
        [
            (names.get(o.reviewer, o.reviewer), str(o.decided), str(o.up), str(o.down), text(o.rate) or NONE)
            for o in overrides
        ],
        heads=(
            say("who"), say("override_decided"), say("override_up"), say("override_down"), say("override_rate"),
        ),
        widths=(4, 1, 1, 1, 1),
        empty=say("overrides_none"),
    )  # fmt: skip


def _precision(precision: Sequence[Precision], say: Words) -> Part:
    return Part(
        say("precision"),
        [(p.indicator, str(p.confirmed), str(p.false), str(p.open), text(p.share) or NONE) for p in precision],
        heads=(
            say("fact_indicator"), say.code("disposition", "confirmed"), say.code("disposition", "false_positive"),
            say("precision_open"), say("precision_share"),
        ),
        widths=(4, 1, 1, 1, 1),
        empty=say("precision_none"),
    )  # fmt: skip


def _frozen(month: Month, say: Words) -> Part:
    rises = "" if month.rises is None else say("frozen_rises") if month.rises else say("frozen_falls")
    return Part(
        say("frozen_share"),
        [(_tier(f.tier, say), str(f.merchants), str(f.frozen), text(f.share) or NONE) for f in month.frozen],
        heads=(say("tier"), say("frozen_merchants"), say("frozen_frozen"), say("override_rate")),
        widths=(4, 1, 1, 1),
        note=rises,
    )
