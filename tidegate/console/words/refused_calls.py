"""What people read when calls of machines, of customers' own programs and of the command line are refused."""

from __future__ import annotations

CALLS: dict[str, tuple[str, str]] = {
    "busy": (
        "More is asked than can be done just now; nothing was done. Try again in a moment.",
        "请求过多，未执行任何操作，请稍后重试。",
    ),
    "database_unavailable": (
        "The database cannot be reached; nothing was decided. Try again.",
        "数据库无法连接，未作出任何决定，请重试。",
    ),
    "fate_unknown": (
        "The database went away before it said whether this was done; look before you try again.",
        "数据库连接中断，无法确定是否已执行，请先核对再重试。",
    ),
    "key_malformed": ("Send one key, and no more.", "请仅发送一个密钥。"),
    "name_unexpected": ("An authenticator app has no name here.", "身份验证器无需填写名称。"),
    "by_missing": ("Say who does it: taker or merchant.", "请说明操作方：吃单方或商家。"),
    "book_unclear": ("Name an asset and a side, or a merchant.", "请指定币种与方向，或指定商家。"),
    "quote_unclear": ("Name a taker, an amount and a method.", "请指定吃单方、数量与付款方式。"),
    "network_missing": ("Name the network as well.", "请同时指定网络。"),
    "move_unclear": ("Say exactly one move, as an amount.", "请仅指定一项变动及其数额。"),
    "confirmation_incomplete": ("Send what this factor needs, and nothing else.", "请提交该验证方式所需的内容。"),
    "fee_ceiling_invalid": ("Give either an amount of coins or a percentage.", "请填写数量或百分比其中一项。"),
    "signature_missing": ("The message has to be signed.", "报文须签名。"),
    "signature_unknown": ("The signing key is of nobody whom we know.", "签名密钥不属于已知的对手方。"),
    "signature_wrong": ("The signature is not of this message by this key.", "签名与报文或密钥不符。"),
    "check_unknown": ("It waits for no such check.", "不在等待该项检查。"),
    "outcome_without_end": (
        "A delay needs its end; ask for a review instead.",
        "延迟须说明结束时间，否则请转人工审核。",
    ),
    "decision_expired": (
        "The room of this decision was kept until its end; ask for a new one.",
        "该决策预留的额度已过期，请重新申请。",
    ),
    "decision_committed": ("This decision was used already.", "该决策已执行。"),
    "decision_released": ("This decision was given back already.", "该决策已释放。"),
    "decision_declined": ("This decision declined; it cannot be used.", "该决策为拒绝，不能执行。"),
    "decision_open": ("This decision is still open.", "该决策尚未执行。"),
}

CUSTOMERS_CALLS: dict[str, tuple[str, str]] = {
    "warning_of_another": ("This warning was shown to somebody else.", "该风险提示展示给了其他客户。"),
    "conditions_unmet": ("This ad asks for more than you meet.", "您不符合该广告的对手方条件。"),
    "merchant_funds_short": (
        "The merchant has not so many coins free just now; take another ad.",
        "商家可用数量不足，请选择其他广告。",
    ),
    "method_not_offered": ("This ad does not take this way of paying.", "该广告不支持该付款方式。"),
    "method_unknown": ("Choose one of the ways of paying.", "请选择付款方式。"),
    "orders_too_many": (
        "So many orders are open that no more fit; finish one first.",
        "未完成订单过多，请先完成一笔。",
    ),
    "order_over": ("The order is over; where to pay was erased with its end.", "订单已结束，收款信息已清除。"),
    "own_ad": ("This ad is your own; nobody trades with themself.", "不能与自己的广告交易。"),
    "payee_missing": (
        "The seller has named no account; do not pay before they have.",
        "卖方未提供收款账户，请勿付款。",
    ),
    "price_moved": ("The ad is not at that price any more; look again.", "广告价格已变动，请重新查看。"),
    "price_stale": ("Nobody has a fresh price just now; try again later.", "暂无最新价格，请稍后再试。"),
    "ad_exhausted": ("Less is left in this ad than you want.", "广告剩余数量不足。"),
    "amount_above_max": ("This is above the most of one order.", "超过单笔上限。"),
    "trade_limit_reached": (
        "This is more than may be traded in 24 hours under a restriction.",
        "超过限制期内 24 小时可交易数量。",
    ),
    "terms_invalid": ("Terms are at most 500 readable characters.", "条款最多 500 个可读字符。"),
    "reason_not_yours": ("This reason is for the other side to give.", "该理由须由另一方提出。"),
}

FILES: dict[str, tuple[str, str]] = {
    "cases_invalid": ("The file of cases is not right.", "案例文件有误。"),
    "encoding_not_utf8": ("The file is not UTF-8.", "文件不是 UTF-8 编码。"),
    "list_not_gzip": ("The file is packed, but cannot be unpacked.", "压缩文件无法解压。"),
    "prices_unreadable": ("The file of prices cannot be read.", "价格文件无法读取。"),
    "table_unreadable": ("The table cannot be read.", "表格无法读取。"),
    "desk_impossible": ("No desk can be made up from these numbers.", "无法按所填参数生成模拟交易台。"),
    "desk_too_short": ("No whole month lies in so few days.", "天数不足一个完整月份。"),
    "desk_unreadable": ("The folder holds no desk that was simulated here.", "文件夹中没有模拟交易台数据。"),
    "folder_not_empty": ("The folder is not empty; name a new one.", "文件夹非空，请指定新文件夹。"),
    "lake_chain_broken": ("The chain of the lake's days is broken.", "数据湖的日期链已断裂。"),
    "lake_day_missing": ("A day is missing in the lake; export it again.", "数据湖缺少某日数据，请重新导出。"),
    "lake_file_changed": ("A file of the lake is not the one that its manifest names.", "数据湖文件与清单不符。"),
    "lake_file_missing": ("A file of the lake is missing.", "数据湖缺少文件。"),
    "lake_manifest_unreadable": ("A manifest of the lake cannot be read.", "数据湖清单无法读取。"),
    "lake_missing": ("Name the lake together with its engine.", "请同时指定数据湖与引擎。"),
    "lake_state_missing": (
        "The lake does not hold the states of the last day; export again.",
        "数据湖缺少最近一日的状态，请重新导出。",
    ),
    "lake_units_too_large": ("A number in the lake is too large for its engine.", "数据湖中的数值超出引擎范围。"),
}

REFUSED = {**CALLS, **CUSTOMERS_CALLS, **FILES}
