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
    "address_is_token_contract": Text(
        "This is the contract of a token; coins sent there are lost. Ask the receiver for an address of their own.",
        "该地址是代币合约地址，转入的资产将无法取回。请向收款方索取其本人的收款地址。",
    ),
    "address_sanctioned": Text("We cannot send to this address.", "无法向该地址提币。"),
    "address_listed": Text(
        "This destination is checked by a person before anything is sent.", "该收款地址需经人工审核后方可提币。"
    ),
    "list_stale": Text(
        "Our checks are taking longer than usual; a person will look at this withdrawal.",
        "审核时间比平时更长，将由人工处理本次提币。",
    ),
    "address_tagged": Text("This address belongs to a known service.", "该地址属于已知服务机构。"),
    "address_warned": Text(
        "This address is on our list of addresses linked to harm. Please read the warning; a person checks it first.",
        "该地址在本平台的风险地址名单中。请阅读警告内容，提币将先由人工审核。",
    ),
    "address_look_alike": Text(
        "This address closely resembles another one that you know. A person checks it first.",
        "该地址与您已知的地址高度相似，将先由人工核对。",
    ),
    "address_internal": Text(
        "This address belongs to another customer here; it arrives at once.", "该地址属于本平台其他客户，将即时到账。"
    ),
    "address_ours_elsewhere": Text(
        "This address belongs to our platform on another network; coins sent here would not be credited.",
        "该地址属于本平台的其他网络，转入将无法入账。",
    ),
    "address_not_in_book": Text(
        "You allow only addresses in your book. Save the address first.", "您已开启白名单提币，请先将该地址加入地址簿。"
    ),
    "address_entry_new": Text(
        "This entry of your book is new; the withdrawal waits.", "该地址为新增地址，提币将延迟处理。"
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
    "place_delay": Text(
        "The rules of your country or region let withdrawals start only some time after money came in.",
        "根据您所在国家或地区的规定，资金入账后须等待一段时间方可提币。",
    ),
    "place_cap": Text(
        "The amount is more than the rules of your country or region let leave in this time; ask for less or later.",
        "提币金额超过您所在国家或地区规定的期间上限，请减少金额或稍后再试。",
    ),
    "allow_list_required": Text(
        "The rules of your country or region allow withdrawals only to addresses in your address book; save it first.",
        "根据您所在国家或地区的规定，仅可提币至地址簿中的地址，请先保存该地址。",
    ),
    "description_missing": Text("Say what this transfer is for and ask again.", "请填写本次转账的用途说明后重新提交。"),
    "travel_rule_pending": Text(
        "Before we send, the law wants us to know who receives and at which provider.",
        "根据旅行规则的要求，发送前须了解收款人及其所在的服务商。",
    ),
    "ownership_unproven": Text(
        "Before we send, the law wants you to prove that this address is yours, by signing a message with it.",
        "根据规定，发送前须由您签署一条消息，证明该地址归您所有。",
    ),
    "new_device": Text(
        "A device that we do not know yet signed in to your account. If it was not you, freeze your account.",
        "有新设备登录了您的账户。如非本人操作，请立即冻结账户。",
    ),
    "new_network": Text(
        "Somebody signed in to your account from a place that we do not know yet. If it was not you, freeze your "
        "account.",
        "您的账户出现了来自陌生地区的登录。如非本人操作，请立即冻结账户。",
    ),
    "impossible_travel": Text(
        "Your account was used from two places far apart within a short time. If it was not you, freeze your account.",
        "您的账户短时间内在相距较远的地区登录。如非本人操作，请立即冻结账户。",
    ),
    "login_unknown": Text(
        "We could not see how you signed in; a person will look at this withdrawal.",
        "无法确认您的登录信息，将由人工处理本次提币。",
    ),
    "many_withdrawals": Text(
        "Your account asks for more withdrawals than usual; a person may look at this one.",
        "您的账户提币次数多于平常，本次提币可能需要人工审核。",
    ),
    "many_new_addresses": Text(
        "Your account names more new addresses than usual; a person may look at this withdrawal.",
        "您的账户新增收款地址多于平常，本次提币可能需要人工审核。",
    ),
    "account_drained": Text(
        "This withdrawal takes most of what your account held; a person may look at it.",
        "本次提币将转出您账户的大部分余额，可能需要人工审核。",
    ),
    "passed_through": Text(
        "This withdrawal needs a closer look before anything is sent.", "本次提币需进一步核查后方可处理。"
    ),
    "dormant_account": Text(
        "Your account was not used for a long time; a person may look at this withdrawal.",
        "您的账户长期未使用，本次提币可能需要人工审核。",
    ),
    "unusual_amount": Text(
        "The amount is unusual for your account; a person may look at this withdrawal.",
        "本次提币金额与您以往的习惯不同，可能需要人工审核。",
    ),
    "amount_implausible": Text(
        "The amount looks like a mistake. Please check the asset and the number.",
        "提币数量可能有误，请核对币种和数量。",
    ),
    "hot_balance_unknown": Text(
        "Our checks are taking longer than usual; a person will look at this withdrawal.",
        "审核时间比平时更长，将由人工处理本次提币。",
    ),
    "egress_tripped": Text(
        "Withdrawals are checked by people for the time being, because unusually many were asked for.",
        "因提币申请异常集中，目前所有提币均需人工审核。",
    ),
    "coins_retained": Text(
        "Coins that you bought from another customer can leave some time after the purchase; the withdrawal waits.",
        "您通过 C2C 购买的数字资产需在购买后等待一段时间方可提出，本次提币将延迟处理。",
    ),
    "analyst_rule": Text(
        "This withdrawal needs one more safety check before anything is sent.",
        "本次提币需通过进一步安全审核后方可处理。",
    ),
    "rule_unknown": Text(
        "Something we need to check this withdrawal is missing; a person will look at it.",
        "审核本次提币所需的信息不完整，将由人工处理。",
    ),
}

ENDINGS: dict[str, Text] = {
    "code_tries_used_up": Text(
        "Too many wrong codes were entered. Ask again when you have your authenticator app at hand.",
        "验证码错误次数过多。请准备好身份验证器后重新提交。",
    ),
    "travel_rule_unanswered": Text(
        "The provider that keeps the address did not answer in time. Nothing was sent.",
        "收款方服务商未在规定时间内回复，未发送任何资金。",
    ),
    "declined_by_person": Text(
        "A person has checked this withdrawal and declined it.", "经人工审核，本次提币未获批准。"
    ),
    "information_missing": Text(
        "What we asked you about this withdrawal was not answered in time.",
        "您未在规定时间内回复我们关于本次提币的询问。",
    ),
}
"""Why a withdrawal was declined or expired where no check declined it."""

CASES: dict[str, Text] = {
    "appeal": Text("The customer appeals.", "客户提出申诉。"),
    "lawful_order": Text("A lawful order shall take effect; it takes two people.", "司法命令待执行，须两人批准。"),
    "books_disagree": Text("Ledger and chain differ.", "账本与链上余额不一致。"),
    "receiver_differs": Text(
        "A counterparty names a receiver who may not be our customer.", "对手方填写的收款人可能不是我方客户。"
    ),
    "exit_asked": Text("The merchant asks to leave.", "商家申请解除资格。"),
    "bond_deduction": Text("Somebody proposes to take from a bond.", "有人提议扣除保证资产。"),
    "bond_short": Text("Less of the bond is locked than is required.", "已锁定的保证资产低于应锁定数额。"),
    "asset_delisting": Text("A bond is in an asset that is being delisted.", "保证资产所用币种即将下架。"),
    "webhook_disabled": Text("A webhook endpoint was switched off.", "一个 Webhook 端点已被停用。"),
}
"""Why people are asked where no check asked for them: staff read these."""

DISPUTES: dict[str, Text] = {
    "not_released": Text(
        "The payer says that they have paid and the coins do not come.", "付款方称已付款但未收到放行。"
    ),
    "payment_not_received": Text("The seller says that no money came.", "卖方称未收到款项。"),
    "amount_wrong": Text("Another amount was paid than agreed.", "付款金额与订单不符。"),
    "payer_name_mismatch": Text("Money came from somebody else's account.", "付款人姓名与订单不符（第三方付款）。"),
    "payment_reversed": Text("The bank took the payment back, or froze it.", "款项被银行撤回或冻结。"),
    "fraud_suspected": Text("One side suspects fraud.", "一方怀疑存在欺诈。"),
    "other": Text("One side asks people to decide, for another reason.", "一方以其他理由请求人工裁定。"),
}
"""Why people are asked about an order: what one side says of it."""

INFORMATION: dict[str, Text] = {
    "source_of_funds": Text("Tell us where the funds of this withdrawal come from.", "请说明本次提币资金的来源。"),
    "purpose": Text("Tell us what this withdrawal is for.", "请说明本次提币的用途。"),
    "document_reference": Text(
        "Name the document (an invoice, a contract) that this withdrawal pays.",
        "请提供本次提币所依据文件（发票、合同等）的编号。",
    ),
}
"""What reviewers ask most; anything else is asked in their own words."""

ASKED = Text("We need an answer from you: {what}", "我们需要您的答复：{what}")

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
    "give_information": Text(
        "Please give what is missing with POST /v1/withdrawals/{id}/information in time. If you do not, it expires and "
        "your funds are free.",
        "请在截止时间前通过 POST /v1/withdrawals/{id}/information 补充所缺资料；"
        "逾期未补充，本次提币将失效，资金将释放。",
    ),
    "awaiting_information": Text(
        "Please answer what is asked above in time; then a person goes on with it. If you do not, it expires and your "
        "funds are free.",
        "请在截止时间前回复上述询问，之后将继续人工审核；逾期未回复，本次提币将失效，资金将释放。",
    ),
    "expired_counterparty": Text(
        "Nothing was sent and your funds are free. Ask the receiver's provider before you try again.",
        "未发送任何资金，您的余额已释放。重新提交前请先与收款方服务商确认。",
    ),
    "expired_unanswered": Text(
        "Nothing was sent and your funds are free. Ask again when you have what was asked for.",
        "未发送任何资金，您的余额已释放。备齐所需资料后可重新提交。",
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
    "egress": Text(
        "Payments are held until people have looked, because unusually many were asked for.",
        "因提币申请异常集中，付款暂缓，待人工核查后恢复。",
    ),
}

NETWORKS: dict[str, Text] = {
    "unreachable": Text(
        "The connection to this network is being restored. Payments go out once it is back.",
        "正在恢复与该网络的连接，恢复后继续付款。",
    ),
    "behind": Text(
        "We are catching up with this network. Payments and deposits are confirmed later than usual.",
        "正在同步该网络的区块，提币与充值的确认时间会比平时更长。",
    ),
}
"""Why a network is slow, for everybody."""

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

MARKET_LEVELS: dict[str, Text] = {
    "calm": Text("calm", "平稳"),
    "nervous": Text("nervous", "波动"),
    "stormy": Text("stormy", "剧烈波动"),
}
"""The regimes as staff read them."""

MARKET_REASONS: dict[str, Text] = {
    "depeg": Text("It stands below its peg.", "低于锚定价格。"),
    "fall": Text("It fell far below the highest price of 24 hours.", "价格远低于 24 小时最高价。"),
    "volatility": Text("It moves more than its own long run.", "波动率高于自身长期水平。"),
    "outflow": Text("Much of the hot wallet has left within a short time: a run.", "热钱包短时间内大量流出（挤提）。"),
    "price_jump": Text(
        "A price was too far from the last one to be believed. Somebody should look at its source.",
        "有价格与上一价格相差过大，未被采信，请检查该价格来源。",
    ),
    "sources_disagree": Text("Two sources stand at different prices, and stay there.", "两个价格来源持续不一致。"),
    "prices_stale": Text("No source has a fresh price.", "所有来源的价格均已过期。"),
    "calm_again": Text("Nothing was seen for the whole dwell time.", "观察期内未再出现异常。"),
    "expired": Text("No evidence that counts came for the whole expiry time.", "有效期内未再出现可采信的证据。"),
    "easing": Text("What made it stormy is over; something milder is not.", "剧烈波动的原因已消除，仍有较轻的异常。"),
}
"""Why a regime changed, for staff: every reason that a change can have."""

MARKET_REVIEW = Text("We look at it again at {review}.", "我们将于 {review} 再次评估。")

STANDING: dict[str, Text] = {
    "customer": Text("You paused it.", "您已暂停该自动提币。"),
    "deleted": Text("You deleted it; its settings are wiped.", "您已删除该自动提币，其设置已清除。"),
    "not_confirmed": Text("It was not confirmed in time.", "未在规定时间内确认。"),
    "code_tries_used_up": Text(
        "Too many wrong codes were entered; set it up again.", "验证码错误次数过多，请重新设置。"
    ),
    "security_event": Text(
        "Your sign-in details or the state of your account changed. Check it and resume with a code.",
        "您的登录信息或账户状态发生变更，请核对后使用验证码恢复。",
    ),
    "changed": Text(
        "Its settings are not what you confirmed. Please contact support.", "其设置与您确认的内容不一致，请联系客服。"
    ),
    "not_enough": Text("There was not enough available above what you keep back.", "扣除保留金额后，可用余额不足。"),
    "no_price": Text("No current price was known.", "当前没有可用的价格。"),
    "fee_above_ceiling": Text(
        "The fee is above your ceiling; it goes on when it falls.", "手续费高于您设定的上限，回落后将继续处理。"
    ),
    "blocked": Text("Withdrawals from your account were stopped.", "您的账户提币已被停止。"),
    "over_limit": Text("It would have passed one of your limits.", "将超出您的提币额度。"),
    "declined": Text("The withdrawal was checked and declined.", "经审核，本次提币未获批准。"),
    "address_refused": Text("We could not send to this address.", "无法向该地址提币。"),
    "address_removed": Text(
        "The address is not in your book any more, or not as you confirmed it.",
        "该地址已不在地址簿中，或与您确认时不同。",
    ),
    "factor_missing": Text("You have no authenticator app; enrol one.", "您尚未绑定身份验证器，请先绑定。"),
    "not_decided": Text("Withdrawals could not be checked just then.", "当时无法对提币进行审核。"),
    "paused": Text("It was paused when it was due.", "到期时处于暂停状态。"),
}
"""Why a standing withdrawal is paused, deleted, waits, or skipped a run."""

APPEALS: dict[str, Text] = {
    "possible": Text(
        "If you think this is wrong, appeal with POST /v1/withdrawals/{id}/appeal, or ask support to do it for you: "
        "people who have not decided about it before will look at it.",
        "如您认为有误，可通过 POST /v1/withdrawals/{id}/appeal 提出申诉，或请客服代为提交："
        "将由未参与过本次审核的人员重新处理。",
    ),
    "open": Text(
        "Your appeal is being looked at by people who have not decided about it before.",
        "您的申诉正由未参与过本次审核的人员处理。",
    ),
    "approved": Text(
        "Your appeal was right. What has ended stays ended: you are free to ask again, and the people who look at it "
        "will see that you were right. A waiting time that is required runs to its end.",
        "您的申诉成立。已结束的提币不会恢复，您可以重新提交，审核人员将看到申诉结果；规定的等待时间仍须届满。",
    ),
    "declined": Text("Your appeal was looked at, and the decision stands.", "您的申诉已经处理，维持原决定。"),
    "support": Text(
        "If you think this is wrong, write to support and name {id}.", "如您认为有误，请联系客服并提供编号 {id}。"
    ),
}
"""What a hold letter says about appeals: whether there can be one, or how the newest one stands (a case's status)."""


MERCHANTS: dict[str, Text] = {
    "pending": Text("Your application is being looked at.", "您的商家申请正在审核中。"),
    "certified": Text("You are a certified merchant.", "您已成为认证商家。"),
    "rejected": Text(
        "Your application was not accepted. You may apply again, or ask to leave to get your bond back.",
        "您的商家申请未通过。您可以重新申请，或申请退出以取回保证资产。",
    ),
    "exiting": Text(
        "You asked to leave. Your bond comes back after the waiting time, once nothing is open or owed.",
        "您已申请退出。等待期结束且无未了事项及欠款后，保证资产将退还给您。",
    ),
    "closed": Text("You have left as a merchant; your bond is back.", "您已退出商家资格，保证资产已退还。"),
    "dismissed": Text(
        "You are no merchant any more. Ask to leave to get back what is left of your bond.",
        "您的商家资格已被解除。如需取回剩余保证资产，请提交退出申请。",
    ),
}
"""What a merchant reads about where they stand."""


def information(what: str) -> Text:
    """What a customer is asked: our words for what is asked most, otherwise the reviewer's own in both languages."""
    known = INFORMATION.get(what)
    return known or Text(ASKED.en.replace("{what}", what), ASKED.zh.replace("{what}", what))


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


def why_asked(code: str) -> Text:
    """Why people are asked: a finding, what one side of an order says, or what else opens a case."""
    return CASES.get(code) or DISPUTES.get(code) or FINDINGS[code]
