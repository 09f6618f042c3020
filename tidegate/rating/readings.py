"""The reading register: how each doubtful sentence of S2 is read here. Its id is printed on whatever it decided.

The text leaves words out, and terms open. None of that is left to a programmer: a reading has an id, words in both
languages, an owner and a date, and another reading is another line here, never a changed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tidegate.base.canonical import digest

OWNER = "rating committee"
SINCE = date(2026, 11, 24)


@dataclass(frozen=True, slots=True)
class Reading:
    id: str  # "R04"
    en: str
    zh: str
    owner: str = OWNER
    since: date = SINCE


READINGS: dict[str, Reading] = {
    line.id: line
    for line in (
        Reading(
            "R01",
            "The missing words are money laundering, fraud and gambling; only an authority's document characterises.",
            "原文缺失之处指洗钱、诈骗、赌博；仅公权力机关的文书可作定性。",
        ),
        Reading("R02", "Users who applied for certification are the certified.", "申请认证用户指已认证的广告方。"),
        Reading(
            "R03",
            "A rejected application or exit stays in scope until the bond is released.",
            "申请或退出未获通过的，在保证资产解锁前仍适用本制度。",
        ),
        Reading(
            "R04",
            "The last 30 days of a month begin no later than its first instant, so that no day goes unrated.",
            "“近30日”不晚于当月首刻起算，任何一日均不遗漏。",
        ),
        Reading(
            "R05",
            "Published means told to the merchant; working days are those of a named calendar that a person confirmed.",
            "公布指通知到广告方；工作日以经人工确认的指定日历为准。",
        ),
        Reading(
            "R06",
            "A false alert never counts; one that nobody has judged lifts to MEDIUM at most and waits for a person.",
            "误报不计；未核实的预警至多评为中度风险，并须人工核定。",
        ),
        Reading(
            "R07",
            "Several times, severe, again and again, and large-scale are numbers of the policy.",
            "“多次”“严重”“反复”“大面积”均以策略中的数值为准。",
        ),
        Reading(
            "R08",
            "Where no tier's words meet the facts: the lowest whose words do not exclude them, decided by a person.",
            "各等级文义均不涵盖时，取文义未排除的最低等级，并由人工核定。",
        ),
        Reading(
            "R09",
            "The end of the observation or 60 quiet days: whichever comes first, unless the policy asks for both.",
            "“观察期内或近60日”取先到者，策略可改为两者均须满足。",
        ),
        Reading(
            "R10",
            "Three consecutive months are calendar months from the day of becoming MEDIUM, also after a return to LOW.",
            "“连续三个月”自评为中度风险之日起按日历月计，回落低风险后仍然有效。",
        ),
        Reading(
            "R11",
            "The text is silent on an event during the restriction: the tier stays HIGH, and a person may extend it.",
            "限制期内再发生事件，原文未规定：等级维持高风险，可由人工延长限制期。",
        ),
        Reading(
            "R12",
            "The quiet days run from the last confirmed event, not from a publication.",
            "“未发生”的天数自最近一次已核实事件起算，而非自公布日起算。",
        ),
        Reading(
            "R13",
            "What the bond cannot pay of a deduction is owed; the customer's balance is never debited silently.",
            "保证资产不足扣除的部分记为欠款，不得擅自从用户余额扣划。",
        ),
        Reading(
            "R14",
            "A permanent ban ends trading; what is theirs, but for the bond, leaves through a manual queue.",
            "永久禁用终止交易权限；除保证资产外的财产归其所有，经人工通道转出。",
        ),
        Reading(
            "R15",
            "Whatever the platform may do is decided by a person who says why; what cannot be undone, by two.",
            "“有权”“视情况”由人工决定并说明理由；不可撤销者须两人决定。",
        ),
        Reading(
            "R16",
            "Accounts on other platforms are shown by attestation, a document or a consented match, never by scraping.",
            "其他平台账户以声明、文书或经同意的比对为据，不得抓取。",
        ),
        Reading(
            "R17",
            "Initial funds are outside deposits credited before the first order as a merchant, without the bond.",
            "“初始注入资金”指首笔商家订单前入账的外部充值，不含保证资产。",
        ),
        Reading(
            "R18",
            "An unrestricted sell ad counts where its payment was passed on within 7 days to the user who was frozen.",
            "未设限制的卖单，其款项于七日内转付被冻结用户的，方予计入。",
        ),
        Reading(
            "R19",
            "A freeze is the merchant's where a bank's or an authority's document names the payment or the order.",
            "冻结归因于广告方，须有银行或机关文书指明该笔付款或订单。",
        ),
        Reading(
            "R20",
            "One verified person or entity is one subject; a shared device alone links nobody.",
            "同一经核验的自然人或单位为同一评级主体；仅设备相同不构成关联。",
        ),
        Reading(
            "R21",
            "The policy in force at the start of the window judges it; one event justifies one rise.",
            "以窗口起始时有效的策略评定；一次事件仅可上调一次。",
        ),
        Reading(
            "R22",
            "An event counts when it became known, if that is later; a published line is never rewritten.",
            "事件以发生与知悉的较晚时间计入；已公布的结果不改写。",
        ),
        Reading(
            "R23",
            "Without orders a merchant is LOW by the text, and shown as inactive.",
            "无订单的广告方按文义为低风险，并标示为不活跃。",
        ),
        Reading(
            "R24",
            "Service ability is shown beside the tier and weighs nothing.",
            "服务能力随评级展示，不影响等级。",
        ),
        Reading(
            "R25",
            "Before a rating only interim measures: on a confirmed severe alert, an authority's order, a takeover.",
            "评级公布前仅可采取临时措施：已核实的严重预警、机关命令或账户被盗用。",
        ),
        Reading(
            "R26",
            "Rises come before falls; nothing falls while an alert is open or on a day on which a rise is due.",
            "先升后降；有未核实预警或当日应上调的，不得下调。",
        ),
        Reading(
            "R27",
            "A unit of coin leaves once: what came last leaves first, and what lay there before hides nothing (I-08).",
            "每一单位的币只转出一次：后进先出，原有存币不掩盖新转入的币（I-08）。",
        ),
    )
}


def fingerprint() -> str:
    """Which register judged: its hash is kept with each line."""
    return digest([[line.id, line.en, line.zh, line.owner, line.since.isoformat()] for line in READINGS.values()])
