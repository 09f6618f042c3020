"""What customers read, in English and Chinese. It never teaches a thief where the thresholds are (section 7).

The analyst's version, with the numbers, is the finding's `detail`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    en: str
    zh: str

    def both(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh}


FINDINGS: dict[str, Text] = {
    "country_banned": Text(
        "Withdrawals are not available for your country or region.", "您所在的国家或地区暂不支持提币。"
    ),
    "country_restricted": Text(
        "Withdrawals for your country or region are checked by a person.", "您所在国家或地区的提币需要人工审核。"
    ),
    "funds_short": Text("The amount is more than your available balance.", "提币金额超过您的可用余额。"),
    "over_limit_24h": Text(
        "The amount is more than you can withdraw in 24 hours. Your remaining limit is shown in your account.",
        "提币金额超过您 24 小时内的可提额度，剩余额度可在账户中查看。",
    ),
    "over_limit": Text(
        "The amount is more than can be withdrawn just now. Limits that are yours are shown in your account.",
        "提币金额超过目前的可提额度，您本人的额度可在账户中查看。",
    ),
    "over_transaction_limit": Text(
        "The amount is more than can be withdrawn at once; ask for less.", "提币金额超过单笔上限，请减少金额。"
    ),
    "check_failed": Text(
        "One of our checks did not work; a person will look at this withdrawal.",
        "有一项审核未能完成，将由人工处理本次提币。",
    ),
    "check_timed_out": Text(
        "One of our checks is taking too long; a person will look at this withdrawal.",
        "有一项审核耗时过长，将由人工处理本次提币。",
    ),
    "outside_flagged": Text(
        "This withdrawal needs a closer look before anything is sent.", "本次提币需进一步核查后方可处理。"
    ),
    "address_sanctioned": Text("We cannot send to this address.", "无法向该地址提币。"),
    "address_listed": Text(
        "This destination is checked by a person before anything is sent.", "该收款地址需经人工审核后方可提币。"
    ),
    "list_stale": Text(
        "Our checks are taking longer than usual; a person will look at this withdrawal.",
        "审核时间比平时更长，将由人工处理本次提币。",
    ),
    "large_amount": Text("A withdrawal of this size is checked by a person.", "该金额的提币需要人工审核。"),
    "address_new": Text(
        "This is a new address. For your safety the withdrawal waits; you can cancel it meanwhile.",
        "这是新的提币地址。为保障您的资金安全，本次提币将延迟处理，期间您可以取消。",
    ),
    "credentials_changed": Text(
        "Your sign-in details were changed recently. For your safety the withdrawal waits.",
        "您的登录或安全信息近期有变更。为保障您的资金安全，本次提币将延迟处理。",
    ),
    "step_up_required": Text(
        "Please confirm this withdrawal with your strongest factor.", "请使用您的最高级别验证方式确认本次提币。"
    ),
    "withdrawals_delayed": Text(
        "Withdrawals from your account are delayed for the time being.", "您的账户提币目前延迟处理。"
    ),
}

ENDINGS: dict[str, Text] = {
    "code_tries_used_up": Text(
        "Too many wrong codes were entered. Ask again when you have your authenticator app at hand.",
        "验证码错误次数过多。请准备好身份验证器后重新提交。",
    ),
    "declined_by_person": Text(
        "A person has checked this withdrawal and declined it.", "经人工审核，本次提币未获批准。"
    ),
}
"""Why a withdrawal was declined where no check declined it."""

NEXT_STEPS: dict[str, Text] = {
    "awaiting_confirmation": Text("Enter the code from your authenticator app.", "请输入身份验证器中的验证码。"),
    "screening": Text("Nothing to do: the last checks take a few seconds.", "无需操作：最后的审核将在数秒内完成。"),
    "delayed": Text(
        "Nothing to do: it is checked again and continues when the time is up.", "无需操作：到时将再次审核并继续处理。"
    ),
    "in_review": Text(
        "Nothing to do: a person is looking at it. We will ask if we need anything.",
        "无需操作：人工审核中，如需补充资料会与您联系。",
    ),
    "waiting": Text("Nothing to do: it goes on as soon as the reason is gone.", "无需操作：原因消除后将自动继续处理。"),
    "approved": Text("Nothing to do: it is about to be sent.", "无需操作：即将发送。"),
    "paying": Text("Nothing to do: it is being sent and confirmed on chain.", "无需操作：正在链上发送并确认。"),
    "declined": Text("Nothing was sent and your funds are free.", "未发送任何资金，您的余额已释放。"),
    "expired": Text(
        "It was not confirmed in time; your funds are free. Ask again if you still want it.",
        "未在规定时间内确认，您的余额已释放。如仍需提币，请重新提交。",
    ),
}

CONFIRM_STEPS: dict[str, Text] = {
    "totp": NEXT_STEPS["awaiting_confirmation"],
    "passkey": Text("Confirm with your passkey.", "请使用通行密钥确认。"),
    "mail": Text("Open the link in the mail that we sent you.", "请打开我们发送给您的邮件中的链接。"),
}
"""What to do while a confirmation is awaited, by the factor that is asked for."""

WAITING: dict[str, Text] = {
    "kill_switch": Text("Withdrawals of this asset are paused.", "该资产的提币暂停中。"),
    "freeze": Text(
        "Withdrawals from your account are paused. Please contact support.", "您的账户提币已暂停，请联系客服。"
    ),
    "liquidity": Text("We are topping up the wallet this is paid from.", "正在补充用于支付的钱包余额。"),
    "fee_ceiling": Text(
        "Network fees are above the ceiling; it is sent when they fall.", "网络手续费高于上限，待回落后发送。"
    ),
    "node": Text("The connection to the network is being restored.", "区块链网络连接恢复中。"),
    "receiver": Text("The receiving address does not accept this payment just now.", "收款地址暂不接受该笔付款。"),
    "authorisation": Text("It is checked once more before it is sent.", "发送前将再次审核。"),
    "signer": Text("The signing service is being restarted.", "签名服务恢复中。"),
    "person": Text("A person is looking into the payment.", "正在由人工处理该笔付款。"),
}

WARNINGS: dict[int, Text] = {
    1: Text(
        "Warning: this address is on our list of addresses linked to fraud or other harm. Payments on chain cannot be "
        "taken back. If you go on, a person checks the payment first, and your choice is kept on record.",
        "警告：该地址在本平台的风险地址名单中，与欺诈或其他损害行为有关。链上转账无法撤回。"
        "如您仍坚持提币，将先由人工审核，您的选择也会被记录。",
    ),
}
"""The warning about an address on our own blocklist, by version. A version that was ever shown is never reworded:
what somebody acknowledged is kept by its number."""

WARNING_VERSION = max(WARNINGS)
"""The one that is shown now."""

MARKET: dict[str, Text] = {
    "calm": Text(
        "The market for {asset} is calm again; your usual withdrawal limits apply to new requests.",
        "{asset} 行情已恢复平稳，新的提币申请适用您的正常额度。",
    ),
    "nervous": Text(
        "The market for {asset} is moving strongly. Limits for new withdrawals are lower for the time being; "
        "withdrawals that were approved are not affected.",
        "{asset} 行情波动较大，新提币申请的额度暂时下调，已批准的提币不受影响。",
    ),
    "stormy": Text(
        "The market for {asset} is in turmoil. Limits for new withdrawals are much lower for the time being; "
        "withdrawals that were approved are not affected.",
        "{asset} 行情剧烈波动，新提币申请的额度暂时大幅下调，已批准的提币不受影响。",
    ),
}
"""The notice of a market regime that changed: one per change. It says neither why nor where the thresholds are."""

MARKET_REVIEW = Text("We look at it again at {review}.", "我们将于 {review} 再次评估。")

APPEAL = Text(
    "If you think this is wrong, write to support and name {id}: a person will look at it.",
    "如您认为有误，请联系客服并提供编号 {id}，我们将安排人工处理。",
)


def finding(code: str) -> Text:
    """The customer's words for a finding; a code without words is a bug that a test finds first."""
    return FINDINGS[code]


def market(name: str, asset: str, review: str | None) -> Text:
    """The notice for "ETH" whose regime is now `name` and is looked at again at `review`; None = when prices come."""
    text = MARKET[name]
    again = None if review is None else MARKET_REVIEW
    return Text(
        " ".join(part.en.format(asset=asset, review=review) for part in (text, again) if part is not None),
        "".join(part.zh.format(asset=asset, review=review) for part in (text, again) if part is not None),
    )


def reason(code: str) -> Text:
    """The customer's words for why a withdrawal waits or was declined: a finding, or how it ended."""
    return ENDINGS[code] if code in ENDINGS else FINDINGS[code]
