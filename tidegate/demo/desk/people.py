"""Who trades on the simulated desk: merchants with their habits, and takers who register and come again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.demo.desk.kinds import BY_NAME, KINDS, cast

Ints = NDArray[np.int64]
Table = dict[str, NDArray[Any]]
"""Columns of one length. Instants are microseconds since 1970 in UTC, money is micro-USD, names are numbers."""

MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FIATS = ("CNY", "USD", "HKD")
COUNTRIES = ("CN", "SG", "HK")
REGULARS = 40  # takers who come back to one merchant


@dataclass(slots=True)
class Takers:
    """Everybody who takes an order, in the order in which they were made up."""

    since: list[Ints] = field(default_factory=list)
    device: list[Ints] = field(default_factory=list)
    level: list[Ints] = field(default_factory=list)
    count: int = 0

    def add(self, rng: np.random.Generator, since: Ints, device: Ints | None = None) -> Ints:
        """Register one taker for each instant; without a device each has one of their own. Returns their numbers."""
        numbers = np.arange(self.count, self.count + len(since))
        self.since.append(since)
        self.device.append(numbers if device is None else device)
        self.level.append(rng.choice(np.array([1, 2, 3]), size=len(since), p=[0.3, 0.6, 0.1]))
        self.count += len(since)
        return numbers

    def table(self) -> Table:
        return {
            "since": np.concatenate(self.since),
            "device": np.concatenate(self.device),
            "level": np.concatenate(self.level),
        }


def draw_merchants(rng: np.random.Generator, many: int, start: int, end: int) -> Table:
    """Their kinds and habits. `funds` is what they brought before their first order, `size` their median order."""
    kind = rng.permutation(cast(many))
    size = np.exp(rng.normal(np.log(450e6), 0.45, many))
    of = np.array([[k.pace, k.sells, k.guarded] for k in KINDS])[kind]
    certified = start - rng.integers(5 * DAY, 700 * DAY, many)
    leaving = np.where(kind == BY_NAME["leaving"], end - rng.integers(5 * DAY, 25 * DAY, many), 0)
    required = np.full(many, 10_000 * 1_000_000, dtype=np.int64)
    funds = np.exp(rng.normal(np.log(60_000e6), 0.35, many)).astype(np.int64)
    funds[kind == BY_NAME["overreaching"]] = rng.integers(300, 900) * 1_000_000
    thin = kind == BY_NAME["thin_bond"]
    return {
        "kind": kind,
        "pace": of[:, 0] * np.exp(rng.normal(0, 0.35, many)),
        "sells": np.clip(of[:, 1] + rng.normal(0, 0.01, many), 0, 1),
        "guarded": rng.random(many) < of[:, 2],
        "size": size.astype(np.int64),
        "spread_bp": np.abs(rng.normal(35, 15, many)).astype(np.int64),
        "release_minutes": np.exp(rng.normal(np.log(3), 0.6, many)),
        "country": rng.choice(np.arange(3), size=many, p=[0.6, 0.25, 0.15]),
        "certified": np.where(kind == BY_NAME["applicant"], 0, certified),
        "applied": certified - rng.integers(DAY, 20 * DAY, many),
        "leaving": leaving,
        "required": required,
        "locked": np.where(thin, required * 7 // 10, required),
        "funds": funds,
    }
