"""What analysts read of a finding, in Chinese: each sentence that a decision may keep is read back and worded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading_kit import strange

from tidegate.console.words import Say, reasons
from tidegate.notifications.details import DETAILS, detail
from tidegate.notifications.read_back import chinese
from tidegate.notifications.templates import FINDINGS

AGREED = sorted(Path(__file__).parent.glob("findings*.txt"))
"""Every finding of every case of the rules' tests, word for word."""

OTHERS = {("outside_flagged", ""), ("outside_flagged", "mixer"), ("address_is_token_contract", "a token")}
"""What an outside check said in its own words."""

AS_THEY_ARE = frozenset(
    {
        "USDT@evm-local", "a-list", "b-list", "sanctions", "scam", "somebody", "else", "eight_units", "seven_units",
        "old_hand", "amount_units", "lifetime_usd", "and", "delay", "review", "step_up", "unknown", "x", "vendor_a",
    }
)  # fmt: skip
"""Names and codes, which are the same in both languages."""

ALSO = [
    ("address_look_alike", "4 characters at the beginning and 6 at the end agree with 0xaa (hot).",
     "前 4 位和后 6 位字符与 0xaa（热钱包地址）相同。"),
    ("over_limit", "5 USD used by this party in a lifetime and 7 USD asked pass 10 USD.",
     "该客户累计已用 5 USD，加上本次申请的 7 USD，超过限额 10 USD。"),
    ("step_up_required", "Beside the delay of new_device a stronger factor is asked for.",
     "除因 新设备登录 延迟外，还须使用更高级别的验证方式。"),
    ("withdrawals_delayed", "A restriction delays every withdrawal by 1 day, 2:30:00.",
     "限制措施将每笔提币延迟 1 天 2 小时 30 分钟。"),
    ("withdrawals_delayed", "A restriction delays every withdrawal by 0:00:00.", "限制措施将每笔提币延迟 0 秒。"),
    ("check_failed", "new_device gave no answer (error: KeyError); by policy ignore until 2026-12-01T00:00:00Z.",
     "新设备登录 未给出结果（出错：KeyError）；按策略忽略，至 2026-12-01 00:00:00 UTC。"),
    ("check_failed", "names gave no answer (error: HTTP status 503).",
     "姓名筛查 未给出结果（出错：HTTP status 503）。"),
    ("check_failed", "vendor_a gave no answer (error).", "vendor_a 未给出结果（出错）。"),
    ("check_timed_out", "names gave no answer (timeout); by policy decline until 2026-12-01T00:00:00Z.",
     "姓名筛查 未给出结果（超时）；按策略拒绝，至 2026-12-01 00:00:00 UTC。"),
    ("check_failed", "The rules in shadow could not be run (RuleFault).", "试运行的规则未能执行（RuleFault）。"),
    ("address_is_token_contract", "The contract of a token stands there; coins sent to it are lost.",
     "该地址为代币合约，转入的资产将无法取回。"),
    ("outside_flagged", "The counterparty rejected it.", "对手方拒绝接收。"),
    ("outside_flagged", "The counterparty refused it: unknown asset", "对手方拒收报文：unknown asset"),
    ("outside_flagged", "Ada: Ada B (Q1, 0.97, list); and 3 more", "Ada: Ada B (Q1, 0.97, list)；另有 3 条"),
    ("country_banned", "Banned: KP by this policy, CN since 2021-09-24.", "禁止：KP（本策略）、CN（自 2021-09-24）。"),
    ("travel_rule_pending", "AT asks for travel-rule data (extended); missing: counterparty, beneficiary.name.",
     "AT 要求旅行规则信息（完整）；缺少：收款方服务商、收款人姓名。"),
    ("ownership_unproven", "AT asks for proof that the address is the customer's; they say nothing.",
     "AT 要求证明地址归客户所有；客户声明：未声明。"),
    ("rule_unknown", "big: {x} says\nmore (unknown: a, b)", "规则 big：{x} says\nmore（未知的事实：a, b）"),
    ("large_amount", "It was raining.", None),
    ("nobody_knows", "It was raining.", None),
]  # fmt: skip


def agreed() -> Iterator[tuple[str, str]]:
    for page in AGREED:
        for line in page.read_text().splitlines():
            if line.startswith("    {"):
                found = json.loads(line)
                yield found["code"], found["detail"]


@pytest.mark.parametrize(("code", "said"), sorted(set(agreed()) - OTHERS))
def test_what_a_check_says_is_worded_with_its_values(code: str, said: str) -> None:
    worded = detail(code, said)
    assert worded is not None
    assert list(strange(worded, "zh", AS_THEY_ARE)) == []


@pytest.mark.parametrize(("code", "said"), sorted(OTHERS))
def test_what_somebody_else_said_stays_theirs(code: str, said: str) -> None:
    assert detail(code, said) is None


@pytest.mark.parametrize(("code", "said", "worded"), ALSO)
def test_values_are_said_in_words_too(code: str, said: str, worded: str | None) -> None:
    assert detail(code, said) == worded


def test_every_sentence_was_seen_once() -> None:
    """A pattern that nothing fits would be a slip of the pen that nobody noticed."""
    said = {*agreed(), *((code, text) for code, text, _ in ALSO)}
    unseen = {
        (code, english)
        for code, sentences in DETAILS.items()
        for english, other in sentences
        if not any(chinese(((english, other),), text, {}) for found, text in said if found == code)
    }
    lists = {("address_sanctioned",), ("address_listed",), ("address_tagged",)}  # warnings are of our own list alone
    unseen -= {(code, english) for code, english in unseen if (code,) in lists and "its warning" in english}
    assert {one for one in unseen if one[0] != "check_timed_out"} == set()


def test_every_finding_has_sentences() -> None:
    assert FINDINGS.keys() - DETAILS.keys() == set()
    assert DETAILS.keys() - FINDINGS.keys() == set()


HOUSE = [
    ("S2 Art. 7, step_up (msr_1): too many", "S2 第 7 条，提币二次认证（msr_1）：too many"),
    ("S2 Art. 6 HIGH, S2 Art. 5.2e (rln_1)", "S2 第 6 条（高风险）、S2 第 5.2e 条（rln_1）"),
    ("the tier fell to low (T4)", "等级下调为低风险（T4）"),
    ("not confirmed by 2026-12-01T00:00:00Z", "未在 2026-12-01 00:00:00 UTC 前确认"),
    ("by a reviewer in case_1", "由审核人在 case_1 中决定"),
    ("They asked me to", None),
]


@pytest.mark.parametrize(("said", "worded"), HOUSE)
def test_a_reason_of_the_house_is_worded_and_a_persons_is_not(said: str, worded: str | None) -> None:
    assert Say("zh").reason(said) == worded
    assert Say("en").reason(said) is None


def test_every_reason_of_the_house_reads_in_chinese() -> None:
    for english, other in reasons.REASONS:
        assert [name for name in english.split("{")[1:] if f"{{{name.split('}')[0]}}}" not in other] == [], english
