"""What people read when something about merchants and their rating is refused, by its code."""

from __future__ import annotations

MERCHANTS: dict[str, tuple[str, str]] = {
    "merchant_unknown": ("There is no such merchant.", "未找到该商家。"),
    "merchant_changed": (
        "One of them was linked elsewhere just now; look and ask again.",
        "其中一方刚刚发生关联变更，请核对后重试。",
    ),
    "merchant_not_pending": ("Only an application is decided.", "仅可处理审核中的商家申请。"),
    "merchant_not_rejected": ("Where the merchant stands, they cannot be rejected.", "商家当前状态不能驳回申请。"),
    "merchant_not_closed": ("Where the merchant stands, they cannot be let go.", "商家当前状态不能退出。"),
    "merchant_not_dismissed": ("Where the merchant stands, they cannot be dismissed.", "商家当前状态不能解除资格。"),
    "certification_unknown": ("Choose one of the states.", "请选择认证状态。"),
    "rules_not_agreed": ("The merchant has declined the rules.", "商家未同意规则。"),
    "matter_unknown": ("There is no such open matter.", "未找到该未了事项。"),
    "link_evidence_unknown": ("Choose what shows that they are one person.", "请选择关联依据。"),
    "link_evidence_weak": ("This alone links nobody: many people share one.", "该依据单独不足以认定关联。"),
    "link_own": ("You made this link; another person must undo it.", "关联由您建立，须由他人撤销。"),
    "link_undone": ("The link was undone already.", "该关联已被撤销。"),
    "linked_already": ("They are one person's already.", "双方已属于同一评级主体。"),
    "victim_is_merchant": ("Nobody compensates themself.", "不能以保证资产赔付商家本人。"),
    "last_day_past": ("This day is past; name a day to come.", "日期已过，请填写将来的日期。"),
    "at_fault_unknown": ("Say who was at fault: merchant, taker or nobody.", "请选择责任方：商家、吃单方或无。"),
    "outcome_unknown": ("Say whether the coins go to the payer or back.", "请选择放行给付款方或退回卖方。"),
    "order_not_disputed": ("Only a dispute is resolved.", "仅可裁定申诉中的订单。"),
    "attestation_not_yours": ("This is for staff to state.", "该声明须由平台人员作出。"),
    "reference_missing": ("Say where it can be found.", "请填写出处。"),
    "reference_invalid": ("A reference has 1 to 200 printable characters.", "出处须为 1 至 200 个可读字符。"),
}

FACTS: dict[str, tuple[str, str]] = {
    "fact_unknown": ("There is no such fact.", "未找到该事实。"),
    "fact_case_invalid": (
        "An action that names the merchant needs the authority's case number.",
        "点名商家的行为须填写机关案号。",
    ),
    "fact_counterparty_invalid": ("Say whose account was frozen.", "请填写被冻结账户的持有人。"),
    "fact_date_sentinel": ("This date stands for no date at all.", "该日期不是有效日期。"),
    "fact_disposition_invalid": ("Only reference factors can be exempt.", "仅参考因素可以豁免。"),
    "fact_in_future": ("Nobody knows yet what lies ahead.", "时间晚于当前，尚未发生。"),
    "fact_source_invalid": ("Name the source in 1 to 200 printable characters.", "来源须为 1 至 200 个可读字符。"),
    "fact_source_reused": (
        "The source told something else under this number before.",
        "该来源曾以相同编号上报不同内容。",
    ),
    "fact_unattributable": (
        "A claim is no proof: a freeze is attributed from E2 on.",
        "证据等级不足，E2 及以上方可归因。",
    ),
    "fact_corrected_already": ("It was corrected already; take the later one.", "该事实已被更正，请处理更正后的事实。"),
    "fact_severity_invalid": ("An alert needs its severity.", "预警须填写严重程度。"),
    "fact_article_invalid": ("Say which article it is about.", "请填写所涉条款。"),
    "fact_level_invalid": ("A freeze needs its level of evidence.", "冻结须填写证据等级。"),
    "fact_action_invalid": ("Say what the authority did.", "请填写机关行为。"),
    "disposition_invalid": (
        "Say confirmed, false positive, or exempt with its exemption.",
        "请认定为属实、误报，或豁免并注明豁免登记。",
    ),
    "disposition_unchanged": ("It is judged so already.", "已作出相同认定。"),
    "disposition_unknown": ("Choose one of the judgements.", "请选择认定结果。"),
    "article_unknown": ("Choose one of the articles.", "请选择条款。"),
    "exemption_ended": ("The exemption has ended already.", "该豁免已终止。"),
    "exemption_missing": ("The merchant has no such exemption.", "该商家没有该豁免登记。"),
    "exemption_not_in_force": ("The exemption does not cover this fact.", "该豁免不适用于此事实。"),
    "exemption_own": (
        "Who wrote the exemption does not apply it; another person must.",
        "豁免登记人不得自行适用，须由他人认定。",
    ),
    "interim_without_ground": (
        "An interim measure needs a confirmed severe alert, an authority's action or a takeover.",
        "临时措施须以经确认的严重预警、机关行为或账户被盗用为依据。",
    ),
}

RATING: dict[str, tuple[str, str]] = {
    "tier_unknown": ("Choose one of the tiers.", "请选择等级。"),
    "code_unknown": ("Choose one of the reasons.", "请选择理由。"),
    "line_decided": ("Somebody has decided this line already.", "该评级结果已由他人决定。"),
    "line_needs_nobody": ("The text decides this line; nobody needs to.", "该评级结果依文义确定，无需人工决定。"),
    "line_not_voted": ("Nobody has said anything about it yet; decide it.", "尚无人给出意见，请直接决定。"),
    "line_of_run": ("It is told with its month.", "该评级结果随当期评级一并公布。"),
    "line_published": (
        "It was told already; what comes later makes a new line.",
        "该评级结果已公布，后续变化将生成新的评级结果。",
    ),
    "line_raised_by_you": (
        "You told, or decided on, what it stands on; others must decide.",
        "您曾上报或认定其依据，须由他人决定。",
    ),
    "line_stale": ("The tier has changed since; draw it again.", "等级已发生变化，请重新生成。"),
    "line_superseded": ("It was drawn again; take the later line.", "该评级结果已重新生成，请处理最新结果。"),
    "line_undecided": ("It waits for a person's decision.", "该评级结果待人工决定。"),
    "line_voted_already": ("You have decided on it; another person must.", "您已作出决定，须由他人确认。"),
    "decision_differs": (
        "It waits for a second person to agree to exactly what the first one said.",
        "须由另一人就相同内容表示同意。",
    ),
    "alert_open": ("Alerts about them are not judged yet; judge them first.", "尚有未认定的预警，请先认定。"),
    "check_running": ("The merchant can still correct facts.", "公布前核实期尚未结束。"),
    "fall_blocked": ("The tier cannot fall now.", "目前不能下调等级。"),
    "tier_below_facts": ("The facts amount to more than this tier.", "依据的事实高于该等级。"),
    "tier_never_falls_so": (
        "HIGH falls to MEDIUM or stays; never to LOW in one step.",
        "高风险只能下调为中风险或维持，不能直接下调为低风险。",
    ),
    "tier_not_high": ("Only HIGH asks for cooperation.", "仅高风险等级适用配合要求。"),
    "tier_not_lower": ("An upheld appeal goes back to a lower tier.", "申诉成立须恢复为更低等级。"),
    "tier_not_reached": ("The facts do not reach this tier.", "依据的事实未达到该等级。"),
    "restriction_days_invalid": (
        "The number of days is not one that this tier allows.",
        "限制期天数不符合该等级要求。",
    ),
    "measure_irreversible": ("Only an appeal takes this measure back.", "该措施仅可通过申诉撤销。"),
    "measure_missing": ("There is no such measure, or HIGH was given none.", "未找到该措施，或高风险未选择措施。"),
    "measure_not_interim": ("This is no interim measure that holds.", "该措施不是生效中的临时措施。"),
    "measure_not_of_tier": ("This measure is not for this tier.", "该措施不适用于该等级。"),
    "measure_over": ("The measure is over already.", "该措施已结束。"),
    "measure_twice": ("A measure is named twice.", "措施重复。"),
    "measure_unknown": ("Choose one of the measures.", "请选择措施。"),
    "measure_value_invalid": ("This measure's value is not right.", "该措施的数值有误。"),
    "preset_unknown": ("Choose one of the sets of measures.", "请选择措施组合。"),
    "run_unknown": ("There is no such month.", "未找到该期评级。"),
    "month_invalid": ("Give a month like 2026-03.", "请填写月份，如 2026-03。"),
    "month_not_over": ("This month is not over yet.", "该月份尚未结束。"),
    "appeal_differs": ("It waits for a second person to agree to the same tier.", "须由另一人就相同等级表示同意。"),
    "appeal_not_yours": (
        "You decided on it or told a fact of it; somebody else must look.",
        "您曾参与决定或上报事实，须由他人复核。",
    ),
    "appeal_unknown": ("There is no such appeal.", "未找到该申诉。"),
    "appeal_voted_already": ("You have answered it; another person must.", "您已给出意见，须由他人继续处理。"),
}

CALENDARS: dict[str, tuple[str, str]] = {
    "calendar_changed": ("This is not the table that you looked at.", "内容与您核对的日历不一致。"),
    "calendar_confirmed": ("Somebody has confirmed it already.", "该日历已由他人确认。"),
    "calendar_day_invalid": ("A day is not in this year, in its order and once.", "日期不属于该年份、顺序有误或重复。"),
    "calendar_missing": ("There is no such imported year.", "未找到该年度日历。"),
    "calendar_name_invalid": ("Give a calendar a name like CN.", "请填写日历代码，如 CN。"),
    "calendar_not_announced": (
        "The make-up working days of this year are not announced yet.",
        "该年度调休安排尚未公布。",
    ),
    "calendar_unknown": ("There is no such calendar.", "未找到该日历。"),
    "calendar_weekend_invalid": ("Name each day of the weekend once.", "周末各日须填写一次。"),
    "calendar_year_invalid": ("This year is out of range.", "年份超出范围。"),
    "weekend_unexpected": ("Without days the year is taken as it is.", "未填写日期时，按原日历导入。"),
    "year_missing": ("Say which year.", "请填写年份。"),
}

REFUSED = {**MERCHANTS, **FACTS, **RATING, **CALENDARS}
