"""A case on paper: the withdrawal, what was found, who said what, what happened, the facts, and where the journal holds
it. It tells what the sealed file of `withdrawals.bundle` tells, and names that file by its hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tidegate.base.canonical import digest
from tidegate.base.money import Asset, to_text
from tidegate.base.times import from_rfc3339
from tidegate.notifications.templates import why_asked
from tidegate.reports.papers.paper import Paper, Part, Words, instant
from tidegate.withdrawals import seen

NONE = "–"

Row = Mapping[str, Any]
"""A row of the bundle: plain values."""


def paper(bundle: Row, assets: Mapping[int, Asset], names: Mapping[str, str], say: Words) -> Paper:
    """The bundle as staff and auditors read it. `names` are people's by their keys."""
    case, withdrawal = bundle["case"], bundle["withdrawal"]
    hash, entries = digest(bundle), _about(bundle)
    parts = [_case(case, hash, names, say)]
    if withdrawal is not None:
        parts.append(_withdrawal(withdrawal, assets[withdrawal["asset_id"]], say))
    parts += [_decision(decision, say) for decision in bundle["decisions"]]
    parts.append(_voices(bundle, names, say))
    if bundle["questions"]:
        parts.append(_questions(bundle["questions"], names, say))
    parts.append(_timeline(entries, names, say))
    if withdrawal is not None and bundle["decisions"]:
        parts.append(_facts(bundle["decisions"][-1], assets[withdrawal["asset_id"]], say))
    parts.append(_proof(bundle["journal"], say))
    return Paper(
        language=say.language,
        title=f"{say.case_kind(case['kind'])} {case['id']}",
        lead=[say("paper_case_lead")],
        parts=parts,
        foot=f"{case['id']} · SHA-256 {hash}",
        at=_newest(case, entries),
    )


def _newest(case: Row, entries: Sequence[tuple[int, Sequence[str]]]) -> datetime:
    return max([from_rfc3339(case["opened_at"]), *(from_rfc3339(entry[0]) for _, entry in entries)])


def _about(bundle: Row) -> list[tuple[int, Sequence[str]]]:
    """The entries about the case and its subject, each with its link; a link holds others' entries as well."""
    own = {bundle["case"]["id"], bundle["case"]["subject"]}
    return [(link["link"], entry) for link in bundle["journal"] for entry in link["entries"] if entry[3] in own]


def _case(case: Row, hash: str, names: Mapping[str, str], say: Words) -> Part:
    return Part(
        say("case"),
        [
            (say("id"), case["id"]),
            (say("paper_subject"), case["subject"]),
            (say("status"), say.case(case["status"])),
            (
                say("reasons"),
                "\n".join(f"{say.pick(why_asked(code).both())} ({code})" for code in case["reasons"]) or NONE,
            ),
            (say("quorum"), str(case["quorum"])),
            (say("paper_opened"), _at(case["opened_at"])),
            (say("due"), _at(case["due_at"])),
            (say("paper_closed"), _at(case["closed_at"])),
            (say("paper_file_hash"), hash),
        ],
    )


def _withdrawal(w: Row, asset: Asset, say: Words) -> Part:
    def money(units: str) -> str:
        return f"{to_text(int(units), asset.decimals)} {asset.symbol}"

    return Part(
        say("withdrawal"),
        [
            (say("id"), w["id"]),
            (say("customer"), w["party_id"]),
            (say("status"), say.status(w["status"])),
            (say("amount"), money(w["units"])),
            (say("fee"), money(w["fee_units"])),
            (say("net_amount"), money(str(int(w["units"]) - int(w["fee_units"])))),
            (say("network"), w["network"]),
            (say("address"), w["address"]),
            (say("memo"), w["memo"] or NONE),
            (say("paper_purpose"), w["description"] or NONE),
            (say("asked_at"), _at(w["created_at"])),
            (say("paper_payload"), w["payload_hash"]),
            (say("transaction"), w["tx"] or NONE),
        ],
    )


def _decision(decision: Row, say: Words) -> Part:
    """One decision with its findings, in the order in which they were stored."""
    return Part(
        f"{say('decision')} · {say.outcome(decision['outcome'])}",
        [
            (
                say.outcome(f["outcome"]),
                f["code"],
                say.clause(f["clause"]),
                say.detail(f["code"], f["detail"]) or f["detail"],
            )
            for f in json.loads(decision["findings"])
        ],
        heads=(say("outcome"), say("finding"), say("clause"), say("detail")),
        widths=(2, 4, 4, 8),
        empty=say("no_findings"),
        note=f"{_at(decision['at'])} · {decision['id']} · {say('policy')} {decision['policy_version']}\n"
        f"{say('paper_facts_hash')} {decision['facts_hash']}",
    )


def _voices(bundle: Row, names: Mapping[str, str], say: Words) -> Part:
    said = [(a["at"], a["person"], say(a["answer"]), a["reason"]) for a in bundle["answers"]]
    noted = [(e["at"], e["person"], say("evidence"), e["note"]) for e in bundle["evidence"]]
    return Part(
        say("paper_voices"),
        [(_at(at), _who(person, names), what, text) for at, person, what, text in sorted([*said, *noted])],
        heads=(say("paper_when"), say("who"), say("what"), say("reason")),
        widths=(4, 4, 2, 8),
        empty=say("paper_voices_none"),
    )


def _questions(questions: Sequence[Row], names: Mapping[str, str], say: Words) -> Part:
    return Part(
        say("asked_customer"),
        [
            (
                _at(q["asked_at"]),
                _who(q["asked_by"], names),
                say.code("portal_inform", q["what"]),
                q["text"] or say("no_answer_yet"),
            )
            for q in questions
        ],
        heads=(say("paper_when"), say("who"), say("what"), say("paper_answer")),
        widths=(4, 4, 3, 7),
    )


def _timeline(entries: Sequence[tuple[int, Sequence[str]]], names: Mapping[str, str], say: Words) -> Part:
    return Part(
        say("timeline"),
        [
            (_at(at), _who(actor, names), f"{say.kind(kind)}\n{kind}", f"{link}")
            for link, (at, actor, kind, _, _) in entries
        ],
        heads=(say("paper_when"), say("who"), say("what"), say("paper_link")),
        widths=(4, 4, 8, 2),
        empty=say("timeline_empty"),
    )


def _facts(decision: Row, asset: Asset, say: Words) -> Part:
    return Part(
        say("facts"),
        [
            (say.pick(line.said), _value(line, say), say.clause(line.clause) or NONE)
            for line in seen.read(decision["facts"], asset)
        ],
        heads=(say("fact"), say("value"), say("clause")),
        widths=(8, 6, 4),
        note=decision["id"],
    )


def _value(line: seen.Line, say: Words) -> str:
    if line.value is None:
        return say("unknown")
    if isinstance(line.value, bool):
        return say("yes") if line.value else say("no")
    return f"{say.code(f'seen_{line.name}', line.value)} {say.code('measured', line.unit)}".strip()


def _proof(links: Sequence[Row], say: Words) -> Part:
    """Where the journal's chain holds all this: whoever has a later tip can check that nothing was changed."""
    return Part(
        say("paper_proof"),
        [(str(link["link"]), link["root"], link["tip"]) for link in links],
        heads=(say("paper_link"), say("paper_root"), say("paper_tip")),
        widths=(2, 8, 8),
        empty=say("timeline_empty"),
        note=say("paper_proof_note"),
    )


def _at(moment: str | None) -> str:
    return NONE if moment is None else instant(from_rfc3339(moment))


def _who(person: str, names: Mapping[str, str]) -> str:
    """The label of a person's key, and the key, which alone is never given to another."""
    return f"{names[person]}\n{person}" if person in names else person
