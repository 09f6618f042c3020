"""The first axis: what the merchant did (S2 Art. 5, and the words of Art. 6 on "several times" and "seriously")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.rating.evidence import names_merchant
from tidegate.rating.fact import SEVERE, Fact, Kind


class Conduct(StrEnum):
    B0 = "B0"  # nothing
    B1 = "B1"  # something
    B2 = "B2"  # several times
    B3 = "B3"  # seriously, and several times; or insisted withdrawals and arbitrage, again and again


@dataclass(frozen=True, slots=True)
class Seen:
    """What the facts amount to."""

    alerts: int  # confirmed
    severe: int  # of them, high or critical
    open_alerts: int
    violations: int  # confirmed; every authority action that names the merchant is one
    serious: int  # of them
    factors: int  # confirmed reference factors
    insisted: int  # confirmed 5.2c and 5.3b together
    articles: tuple[str, ...]  # that were broken or pointed to, in order

    def is_several(self, numbers: RatingNumbers) -> bool:
        return self.alerts >= numbers.multiple or self.violations >= numbers.multiple

    def is_severe(self, numbers: RatingNumbers) -> bool:
        """Several severe alerts and a serious violation."""
        return self.severe >= numbers.multiple and self.serious >= 1

    def is_repeated(self, numbers: RatingNumbers) -> bool:
        """5.2c and 5.3b, again and again."""
        return self.insisted >= numbers.repeatedly

    @property
    def only_factors(self) -> bool:
        """5.3 alone: neither an alert nor a violation, and Art. 6 MEDIUM speaks only of those."""
        return bool(self.factors) and not (self.alerts or self.open_alerts or self.violations)

    def conduct(self, numbers: RatingNumbers) -> Conduct:
        if self.is_severe(numbers) or self.is_repeated(numbers):
            return Conduct.B3
        if self.is_several(numbers):
            return Conduct.B2
        return Conduct.B1 if self.alerts or self.open_alerts or self.violations or self.factors else Conduct.B0


def seen(facts: Iterable[Fact]) -> Seen:
    """Count what counts: false positives and exempt factors never do, and open facts only if they are alerts."""
    known = list(facts)
    alerts = [fact for fact in known if fact.kind is Kind.ALERT and fact.confirmed]
    opened = [fact for fact in known if fact.open_alert]
    violations = [fact for fact in known if fact.kind is Kind.VIOLATION and fact.confirmed]
    named = [fact for fact in known if names_merchant(fact)]
    factors = [fact for fact in known if fact.kind is Kind.REFERENCE_FACTOR and fact.confirmed]
    articles = {fact.article for fact in (*violations, *factors) if fact.article is not None}
    return Seen(
        alerts=len(alerts),
        severe=sum(fact.severity in SEVERE for fact in alerts),
        open_alerts=len(opened),
        violations=len(violations) + len(named),
        serious=sum(fact.serious for fact in violations) + len(named),
        factors=len(factors),
        insisted=sum(fact.article == "5.2c" for fact in violations) + sum(fact.article == "5.3b" for fact in factors),
        articles=tuple(sorted(articles | ({"5.1"} if alerts or opened else set()) | ({"5.2a"} if named else set()))),
    )
