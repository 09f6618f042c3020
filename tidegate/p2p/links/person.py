"""Which merchant accounts are one person's: those of one customer, and those that links join (R20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tidegate.base.refusals import Conflict, Forbidden


def persons(parties: Mapping[str, str], links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Account -> the person, named after their first account. `parties`: account -> customer; ids sort by time."""
    groups: dict[str, set[str]] = {}
    for account, party in parties.items():
        groups.setdefault(party, set()).add(account)
    together = [*groups.values(), *({one, other} for one, other in links)]
    person = {account: account for account in parties}
    for group in together:
        joined = {person[account] for account in group}
        person = {account: min(joined) if named in joined else named for account, named in person.items()}
    return person


def check_undo(link_id: str, undone: bool, linked_by: str, actor: str, names: Mapping[str, str]) -> None:
    """Another person looks again. Raises Conflict `link_undone`; Forbidden `link_own`."""
    if undone:
        raise Conflict("link_undone", f"{link_id} was undone already.")
    if names[linked_by] == names[actor]:
        raise Forbidden("link_own", f"You made {link_id}; another person must say that it was wrong.")
