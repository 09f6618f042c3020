"""How often strangers' addresses, and strangers' names, are taken for each other: the tables of docs/guides/lists.md.

    .venv/bin/python bench/look_alikes.py [FOLDER]

FOLDER holds `tags/tags_risk_and_exchanges.csv.gz` and `ofac/` (see tests/real_data.py); without it only random
addresses are measured. The dice have one seed, so the tables come out the same.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from tidegate.codec import base58, bech32, evm_address, tron_address
from tidegate.codec.bech32 import Witness
from tidegate.policy.screening_numbers import LookAlike
from tidegate.screening.address import judge
from tidegate.screening.lookalike import KEY_LENGTH, agreement, body, chance, keys
from tidegate.screening.names import alike

SHIPPED = LookAlike(lead=3, tail=3, score=6, one_end=7)
RANDOM = 100_000
KINDS = {
    "EVM": (16, lambda raw: evm_address.checksum(raw)),
    "Bitcoin bc1q": (32, lambda raw: bech32.encode_witness(Witness("bc", 0, raw))),
    "Bitcoin 1…": (32.3, lambda raw: base58.encode(b"\0" + raw)),
    "Bitcoin 3…": (32.3, lambda raw: base58.encode(b"\5" + raw)),
    "Tron": (32.3, lambda raw: tron_address.text_of(raw)),
}
"""Each kind, and among how many letters a pair of them agrees by chance. In base58 without case a letter agrees with
a share of (9 + 23 * 4 + 3) / 58^2 = 1/32.3: nine digits, 23 letters of two cases, three of one."""


def main(folder: Path | None) -> None:
    dice = random.Random(2026)
    print("kind | addresses | pairs | confusable | expected | per pair")
    for kind, (letters, spell) in KINDS.items():
        show(f"{kind}, random", [spell(dice.randbytes(20)) for _ in range(RANDOM)], letters)
    if folder is None:
        return
    real: dict[str, set[str]] = defaultdict(set)
    for text in tags(folder):
        for network in ("ethereum", "bitcoin", "tron"):
            judged = judge(network, text)
            if judged.payable and judged.normalised is not None:
                real[kind_of(judged.normalised)].add(judged.normalised)
    for kind, found in sorted(real.items()):
        if kind in KINDS and len(found) > 100:
            show(f"{kind}, tag packs", found, KINDS[kind][0])
    names(folder)


def show(title: str, found: Iterable[str], letters: float) -> None:
    found = sorted(found)
    pairs = len(found) * (len(found) - 1) // 2
    confusable = list(alikes(found))
    expected = pairs * chance(letters, SHIPPED)
    print(f"{title} | {len(found)} | {pairs:.2e} | {len(confusable)} | {expected:.1f} | {len(confusable) / pairs:.1e}")
    if "tag" in title:
        plain = [pair for pair in confusable if not body(pair[0]).startswith("000")]
        print(f"    without addresses mined for leading zeros: {len(plain)}")
        for one, other in sorted(plain, key=lambda pair: -sum(agreement(*pair)))[:6]:
            print("   ", one, other, agreement(one, other))


def alikes(found: list[str]) -> Iterator[tuple[str, str]]:
    """Every confusable pair, found by its ends as the database finds it."""
    seen: set[tuple[str, str]] = set()
    for end in (0, 1):
        by_end: dict[str, list[str]] = defaultdict(list)
        for address in found:
            by_end[keys(address)[end]].append(address)
        for group in by_end.values():
            yield from _within(group, end, seen)


def _within(group: list[str], end: int, seen: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Pairs of a group that shares one end: those that share the other as well, or more of this one."""
    for part in (
        lambda address: keys(address)[1 - end],
        lambda address: body(address)[: SHIPPED.one_end] if end == 0 else body(address)[-SHIPPED.one_end :],
    ):
        inner: dict[str, list[str]] = defaultdict(list)
        for address in group:
            inner[part(address)].append(address)
        for few in inner.values():
            for pair in itertools.combinations(few, 2):
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def kind_of(address: str) -> str:
    if address.startswith("0x"):
        return "EVM"
    if address.startswith("bc1q") and len(address) == 42:
        return "Bitcoin bc1q"
    return {"1": "Bitcoin 1…", "3": "Bitcoin 3…", "T": "Tron"}.get(address[0], "other")


def tags(folder: Path) -> Iterator[str]:
    with gzip.open(folder / "tags" / "tags_risk_and_exchanges.csv.gz", "rt") as lines:
        yield from (row["address"] for row in csv.DictReader(lines))


GIVEN = """
    James Mary Wei Maria Mohammed Anna Ivan Fatima John Li Olga Kim Hans Yuki Pedro Aisha David Elena Chen Sara
    Omar Julia Min Carlos Nina Ali Emma Sergei Laura Hassan
"""
FAMILY = """
    Smith Zhang Garcia Khan Müller Ivanov Nguyen Kim Silva Chen Rossi Ali Johnson Wang Petrov Sato Lopez Hansen
    Kowalski Haddad Brown Li Novak Singh Costa Ahmed Dubois Park Schmidt Popov
"""


def names(folder: Path) -> None:
    """Nine hundred common names against every name of OFAC's Ethereum addresses."""
    with (folder / "ofac" / "ofac_eth_list_events.csv").open() as lines:
        listed = sorted({row["name"] for row in csv.DictReader(lines) if row["name"] and "," in row["name"]})
    scores = Counter[str]()
    pairs = list(itertools.product(GIVEN.split(), FAMILY.split()))
    for given, family in pairs:
        best = max(alike(f"{given} {family}", name) for name in listed)
        scores["hit" if best >= Decimal("0.70") else "show" if best >= Decimal("0.50") else "none"] += 1
    print(f"names: {len(pairs)} common ones against {len(listed)} listed: {dict(scores)}")


if __name__ == "__main__":
    assert KEY_LENGTH == SHIPPED.lead == SHIPPED.tail
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
