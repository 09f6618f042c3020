"""Disasters of others whose mechanism is in the rules alone (docs/rules/disasters.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from facts_kit import GOOD, NOW, PAST, QUIET, USD, hit

from tidegate.base.findings import Outcome
from tidegate.policy import flow as policies
from tidegate.policy.breaker import Rush
from tidegate.policy.pack import Policy, parse
from tidegate.withdrawals.facts import OutsideAnswer, State
from tidegate.withdrawals.haste import Haste
from tidegate.withdrawals.review import required_of, review

PACK: Any = policies.shipped("default")


def with_rules(*lines: str) -> Policy:
    rules = [{"name": f"rule_{n}", "when": line, "mode": "live"} for n, line in enumerate(lines)]
    return parse({**PACK, "rules": rules}, 1)


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        ("amount_usd > 5 -> step_up", Outcome.DECLINE),  # milder than the hit: it hides nothing
        ("amount_usd > 5 -> review", Outcome.DECLINE),
        ("amount_usd < 5 -> step_up", Outcome.DECLINE),  # silent: it lets nothing pass
        ("amount_usd > 5 -> freeze", Outcome.FREEZE),  # stricter: it adds
    ],
)
def test_marble_a_score_adds_and_never_masks(score: str, outcome: Outcome) -> None:
    """Marble: the score and the screening were two ways to one outcome, and the later one overwrote the earlier."""
    seen = replace(GOOD, hits=(hit("sanctions"),))
    verdict = review(seen, with_rules(score))
    assert verdict.outcome is outcome
    assert "address_sanctioned" in [found.code for found in verdict.findings]


@pytest.mark.parametrize("declined", [0, 29, 30, 31, 10_000])
def test_jube_no_number_of_withdrawals_turns_a_rule_off(declined: int) -> None:
    """Jube: above a number of declines the engine answered "allow" without running its rules."""
    busy = replace(GOOD, count_24h=declined, count_ever=declined)
    assert review(busy, with_rules("amount_usd > 5 -> decline")).outcome is Outcome.DECLINE


def test_tazama_two_answers_of_one_check_do_not_stand_for_the_silent_one() -> None:
    """Tazama: complete by count; a rule that never answered was never missed."""
    answered = OutsideAnswer("vendor_a", State.ANSWERED, Outcome.ALLOW)
    waiting = replace(GOOD, required=("vendor_a", "vendor_b"), outside=(answered, answered))
    verdict = review(waiting, with_rules())
    assert verdict.pending == ("vendor_b",)
    assert not verdict.complete(required_of(waiting))
    late = replace(waiting, outside=(answered, OutsideAnswer("vendor_b", State.TIMEOUT)))
    assert review(late, with_rules()).outcome is Outcome.REVIEW


def test_binance_2019_the_account_that_passes_the_line_is_held_however_little_it_asks() -> None:
    """Binance 2019: coins of many accounts left at once, each of them within its own limits."""
    policy = with_rules()
    assert policy.behaviour is not None
    line = policy.behaviour.egress
    assert line is not None
    haste = Haste(line, 1, None, 0, (0, 0))
    for number in range(line.accounts):
        assert haste.would_pass(f"cus_{number}", "one address", USD) is None
        haste.took(f"cus_{number}", "one address", USD)
    assert haste.rush == Rush(line.accounts, 1, line.accounts * USD)
    tripped = haste.would_pass("cus_next", "one address", 1)
    assert tripped is not None
    held = replace(GOOD, value=1, behaviour=replace(QUIET, rushing=tripped))
    assert review(held, policy).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("units", "outcome"),
    [
        (620_000 * 10**8, Outcome.DECLINE),  # coins in place of won: more than a thousandth of all there are
        (21_000 * 10**8, Outcome.ALLOW),
        (21_000 * 10**8 + 1, Outcome.DECLINE),
    ],
)
def test_bithumb_2026_more_than_a_share_of_all_coins_is_a_mistaken_unit(units: int, outcome: Outcome) -> None:
    """Bithumb 2026: 620,000 BTC were booked where won were meant."""
    asking = replace(PAST, supply_units=21 * 10**6 * 10**8, largest_units=None, hot_units=None, sent_at=NOW)
    seen = replace(GOOD, units=units, available_units=units, behaviour=replace(QUIET, asking=asking))
    assert review(seen, with_rules()).outcome is outcome
