"""The mails that people get, in English and Chinese, as plain text and simple HTML.

A customer's says what happened and carries one link for "that was not me". None says where a threshold is, and none
asks for a password or a code. Staff get theirs without a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from tidegate.notifications.templates import Text


@dataclass(frozen=True, slots=True)
class Words:
    """A mail's subject and its first sentence; `{…}` is filled from the mail's data."""

    subject: Text
    body: Text


KINDS: dict[str, Words] = {
    "confirm": Words(
        Text("Confirm your withdrawal of {net} {asset}", "请确认提币 {net} {asset}"),
        Text(
            "Somebody asked for this withdrawal from your account. Nothing is sent before you have confirmed it. Open "
            "the link, compare every line, and confirm only if it is yours.",
            "您的账户申请了以下提币，确认之前不会发送。请打开链接，逐项核对，确认是您本人操作后再确认。",
        ),
    ),
    "confirmed": Words(
        Text("Your withdrawal of {net} {asset} is confirmed", "提币 {net} {asset} 已确认"),
        Text("This withdrawal was confirmed and is about to be sent.", "以下提币已确认，即将发送。"),
    ),
    "held": Words(
        Text("Your withdrawal of {net} {asset} waits", "提币 {net} {asset} 正在等待"),
        Text("This withdrawal was confirmed. It is not sent yet.", "以下提币已确认，但尚未发送。"),
    ),
    "settled": Words(
        Text("Your withdrawal of {net} {asset} has arrived", "提币 {net} {asset} 已到账"),
        Text("This withdrawal is final on chain.", "以下提币已在链上最终确认。"),
    ),
    "declined": Words(
        Text("Your withdrawal of {net} {asset} was declined", "提币 {net} {asset} 未获批准"),
        Text("Nothing was sent and your funds are free.", "未发送任何资金，您的余额已释放。"),
    ),
    "invitation": Words(
        Text("Set your password", "设置登录密码"),
        Text(
            "With the link below you set the password of your account and your second factor. It counts once.",
            "请通过以下链接设置账户登录密码和二次验证方式。链接仅可使用一次。",
        ),
    ),
    "new_device": Words(
        Text("Sign-in from a new device", "新设备登录提醒"),
        Text("Somebody signed in to your account from a device that was not used before.", "您的账户在新设备上登录。"),
    ),
    "password_changed": Words(
        Text("Your password was changed", "登录密码已修改"),
        Text("The password of your account was changed.", "您的账户登录密码已修改。"),
    ),
    "email_changed": Words(
        Text("Your e-mail address was changed", "邮箱已修改"),
        Text("The e-mail address of your account was changed.", "您的账户邮箱已修改。"),
    ),
    "phone_changed": Words(
        Text("Your telephone number was changed", "手机号已修改"),
        Text("The telephone number of your account was changed.", "您的账户手机号已修改。"),
    ),
    "mfa_changed": Words(
        Text("Your second factor was changed", "二次验证方式已更换"),
        Text("The second factor of your account was changed.", "您的账户二次验证方式已更换。"),
    ),
    "factor_added": Words(
        Text("A second factor was added", "已添加二次验证方式"),
        Text("A way to confirm withdrawals was added to your account.", "您的账户添加了一种提币验证方式。"),
    ),
    "factor_removed": Words(
        Text("A second factor was removed", "已移除二次验证方式"),
        Text("A way to confirm withdrawals was removed from your account.", "您的账户移除了一种提币验证方式。"),
    ),
    "passkey_copied": Words(
        Text("One of your passkeys may have been copied", "您的通行密钥可能已被复制"),
        Text(
            "A passkey of yours was used in a way that should not happen, and was refused. Remove it, then enrol "
            "a new one.",
            "您的一个通行密钥出现异常使用，已被拒绝。请移除该密钥并重新添加。",
        ),
    ),
    "address_added": Words(
        Text("An address was added to your address book", "地址簿新增地址"),
        Text("An address was added to your address book.", "您的地址簿新增了一个提币地址。"),
    ),
    "allow_list_on": Words(
        Text("Your allow-list is on", "提币白名单已开启"),
        Text("From now on only addresses in your address book can be paid.", "自即刻起，只能提币到地址簿中的地址。"),
    ),
    "allow_list_off_asked": Words(
        Text("Your allow-list is going to be switched off", "提币白名单即将关闭"),
        Text(
            "Somebody asked to switch off your allow-list. Until then only addresses in your address book can be paid.",
            "您的账户申请关闭提币白名单。关闭之前，仍只能提币到地址簿中的地址。",
        ),
    ),
    "frozen": Words(
        Text("Your account is frozen", "您的账户已冻结"),
        Text("Nothing leaves your account until this is lifted.", "解除之前，您的账户不会转出任何资产。"),
    ),
    "unfreeze_agreed": Words(
        Text("Your account will be unfrozen", "您的账户即将解冻"),
        Text(
            "You were identified again, and the freeze of your account ends at the time below. Look through what waits "
            "and cancel what is not yours.",
            "您已重新完成身份验证，账户将于以下时间解冻。请检查等待中的提币，并取消非本人操作的提币。",
        ),
    ),
    "merchant_certified": Words(
        Text("You are a certified merchant", "您已成为认证商家"),
        Text("Your application as a merchant was accepted.", "您的商家申请已通过。"),
    ),
    "merchant_rejected": Words(
        Text("Your application as a merchant", "您的商家申请结果"),
        Text(
            "Your application was not accepted. You may apply again, or ask to leave to get your bond back.",
            "您的商家申请未通过。您可以重新申请，或申请退出以取回保证资产。",
        ),
    ),
    "merchant_exit_approved": Words(
        Text("You may leave as a merchant", "您的退出申请已获批准"),
        Text(
            "Your bond comes back after the waiting time, once nothing is open or owed.",
            "等待期结束且无未了事项及欠款后，保证资产将退还给您。",
        ),
    ),
    "merchant_exit_declined": Words(
        Text("You stay a merchant for now", "您的退出申请未获批准"),
        Text("Your wish to leave was looked at and not accepted.", "您的退出申请经审核未获批准。"),
    ),
    "merchant_closed": Words(
        Text("You have left as a merchant", "您已退出商家资格"),
        Text("Your bond is back in your balance.", "保证资产已退回您的余额。"),
    ),
    "bond_taken": Words(
        Text("{amount} {asset} were taken from your bond", "已从保证资产扣除 {amount} {asset}"),
        Text(
            "A decision about you took this from your bond. Your balance was not touched. What is demanded has to be "
            "paid in by the time below.",
            "根据处理决定，已从您的保证资产中扣除以上数额，您的余额未受影响。请于以下时间前补足所需数额。",
        ),
    ),
    "compensated": Words(
        Text("You were compensated with {amount} {asset}", "您已获赔付 {amount} {asset}"),
        Text(
            "A merchant whose payment led to the freeze of your account compensates you from their bond.",
            "因商家付款导致您的账户被冻结，现以该商家的保证资产向您赔付。",
        ),
    ),
    "bond_overdue": Words(
        Text("Your bond was not topped up in time", "保证资产未按时补足"),
        Text("What is demanded below was due. Please pay it in.", "以下应补数额已逾期，请尽快补足。"),
    ),
    "order_taken": Words(
        Text("Your ad was taken: {amount} {asset}", "您的广告有新订单：{amount} {asset}"),
        Text(
            "A customer took your ad. The coins are in escrow, and the payer has until the time below.",
            "有客户接受了您的广告。数字资产已由平台托管，请付款方在以下时间前完成付款。",
        ),
    ),
    "order_paid": Words(
        Text("Order of {amount} {asset}: the payer says that it is paid", "订单 {amount} {asset}：对方已标记付款"),
        Text(
            "Look into your own account before you release the coins, and compare the payer's name. A picture of a "
            "payment is not a payment. If something is wrong, open a dispute.",
            "放行前请登录您本人的收款账户确认到账，并核对付款人姓名，付款截图不能作为到账依据。如有问题请发起申诉。",
        ),
    ),
    "order_released": Words(
        Text("{amount} {asset} are yours", "您已收到 {amount} {asset}"),
        Text(
            "The coins of your order were released. They can leave your account from the time below.",
            "订单的数字资产已放行，自以下时间起可以提出。",
        ),
    ),
    "order_cancelled": Words(
        Text("Order of {amount} {asset} was cancelled", "订单 {amount} {asset} 已取消"),
        Text(
            "The coins went back to their owner. Do not pay any more; whoever has paid writes to support.",
            "数字资产已退回卖方。请勿再付款，已付款的请联系客服。",
        ),
    ),
    "order_expired": Words(
        Text("Order of {amount} {asset} ran out of time", "订单 {amount} {asset} 已超时"),
        Text(
            "Nobody said in time that it was paid, and the coins went back. Do not pay any more; whoever has paid "
            "writes to support.",
            "订单未在规定时间内标记付款，数字资产已退回卖方。请勿再付款，已付款的请联系客服。",
        ),
    ),
    "order_disputed": Words(
        Text("Order of {amount} {asset} is disputed", "订单 {amount} {asset} 已进入申诉"),
        Text(
            "One side asked us to decide. The coins stay in escrow. Have the bank's documents ready.",
            "一方已发起申诉，数字资产继续由平台托管。请准备好银行凭证。",
        ),
    ),
    "order_resolved": Words(
        Text("The dispute about {amount} {asset} is decided", "订单 {amount} {asset} 的申诉已有结果"),
        Text("People looked at it and decided who gets the coins.", "经人工审核，已确定数字资产的归属。"),
    ),
    "bond_released": Words(
        Text("{amount} {asset} of your bond are free", "保证资产 {amount} {asset} 已解锁"),
        Text("They are back in your balance.", "已退回您的余额。"),
    ),
    "market_changed": Words(
        Text("{asset} on {network} is {regime}", "{network} 上的 {asset} 行情：{regime}"),
        Text(
            "The market regime of this asset has changed. It counts for new requests; what was approved stays so.",
            "该资产的行情状态发生变化，仅影响新的提币申请，已批准的提币不受影响。",
        ),
    ),
    "rating_published": Words(
        Text("Your risk rating: {tier}", "您的风险评级：{tier}"),
        Text(
            "Your risk rating was published. Below are the reasons, and what follows. If you think that it is wrong, "
            "you can appeal; other people will look at it.",
            "您的风险评级结果已公布，评定理由及相关措施如下。如有异议，您可以申诉，将由其他人员复核。",
        ),
    ),
    "rating_check": Words(
        Text("Before your risk rating is published", "风险评级公布前的核实"),
        Text(
            "Your risk rating is about to become {tier}. Until the time below you can tell us which facts are wrong.",
            "您的风险评级拟定为{tier}。在以下时间之前，如所依据的事实有误，请告知我们。",
        ),
    ),
    "rating_fell": Words(
        Text("Your risk rating is {tier} now", "您的风险评级已下调为{tier}"),
        Text("What followed from the earlier rating has ended.", "此前评级所采取的相应措施已解除。"),
    ),
    "rating_appeal_upheld": Words(
        Text("Your appeal was upheld", "您的申诉成立"),
        Text(
            "Your risk rating is {tier} now, and what followed from the other has ended.",
            "您的风险评级现为{tier}，原评级所采取的措施已撤销。",
        ),
    ),
    "rating_appeal_rejected": Words(
        Text("Your appeal was not upheld", "您的申诉未成立"),
        Text("Other people looked at it. Your risk rating stays {tier}.", "经其他人员复核，您的风险评级维持{tier}。"),
    ),
    "rating_interim": Words(
        Text("A measure until your rating", "评级公布前的临时措施"),
        Text(
            "This was ordered for a short time, before any rating, because something serious happened.",
            "因发生严重情况，在评级公布前采取以下临时措施。",
        ),
    ),
    "rating_interim_over": Words(
        Text("A measure until your rating has ended", "临时措施已结束"),
        Text(
            "What was ordered for a short time before your rating holds no longer, for this reason.",
            "评级公布前采取的以下临时措施已结束，原因如下。",
        ),
    ),
    "merchant_reinstated": Words(
        Text("You are a merchant again", "您的商家资格已恢复"),
        Text(
            "The decision that ended it was taken back. What was required of you before is required again.",
            "解除商家资格的决定已撤销，原有要求恢复适用。",
        ),
    ),
    "bond_refunded": Words(
        Text("{amount} {asset} are back in your bond", "{amount} {asset} 已返还至保证资产"),
        Text(
            "The decision that had taken it was taken back. What you owe has been paid from it first.",
            "原扣除决定已撤销，返还款项已优先抵偿欠缴部分。",
        ),
    ),
}
"""Every kind of mail. A mail in the outbox keeps its kind, so one that was ever used stays."""

FIELDS: dict[str, Text] = {
    "amount": Text("Amount", "金额"),
    "fee": Text("Fee", "手续费"),
    "net": Text("Arrives", "到账金额"),
    "asset": Text("Asset", "币种"),
    "network": Text("Network", "网络"),
    "address": Text("Address", "地址"),
    "memo": Text("Memo", "备注"),
    "reasons": Text("Why", "原因"),
    "ends_at": Text("Until", "截至"),
    "next_step": Text("What you can do", "您可以"),
    "tx": Text("Transaction", "交易哈希"),
    "at": Text("When", "时间"),
    "country": Text("Where", "国家/地区"),
    "factor": Text("Which", "方式"),
    "id": Text("Number", "编号"),
    "tier": Text("Risk rating", "风险评级"),
    "measures": Text("What follows", "采取的措施"),
    "check_until": Text("Tell us until", "核实截止时间"),
    "appeal_until": Text("Appeal until", "申诉截止时间"),
    "demand": Text("To pay in", "应补数额"),
    "due": Text("By", "截止时间"),
    "was": Text("Before", "此前"),
    "regime": Text("Now", "现在"),
    "why": Text("Reason", "原因"),
    "pays": Text("To pay", "付款金额"),
    "method": Text("Paid by", "付款方式"),
    "goes_to": Text("The coins go to", "数字资产归属"),
    "left": Text("What is left of each limit", "额度比例"),
    "review": Text("Looked at again", "再次评估时间"),
}
"""What a mail's data can hold, in the order in which it is shown."""

METHODS: dict[str, Text] = {
    "bank": Text("bank transfer", "银行转账"),
    "wallet": Text("payment app", "支付应用"),
    "cash": Text("cash", "现金"),
}

SIDES: dict[str, Text] = {"payer": Text("the payer", "付款方"), "seller": Text("the seller", "卖方")}

FACTORS: dict[str, Text] = {
    "totp": Text("authenticator app", "身份验证器"),
    "passkey": Text("passkey", "通行密钥"),
    "mail": Text("link in a mail", "邮件链接"),
}

CONFIRM = Text("Look at it and confirm", "查看并确认")
JOIN = Text("Set your password", "设置密码")
FREEZE = Text(
    "If this was not you, freeze your account at once: nothing leaves it any more.", "如非本人操作，请立即冻结账户："
)
FOOT = Text(
    "We never ask for a password or a code by mail. This mail was sent by a machine; answers are not read.",
    "我们不会通过邮件索要密码或验证码。本邮件由系统自动发送，请勿回复。",
)


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


def compose(kind: str, language: str, data: Mapping[str, str], confirm: str | None, freeze: str | None) -> Letter:
    """The mail, with the links that its token opens. `confirm` None = there is nothing to confirm; `freeze` None = it
    goes to somebody who has no account here."""
    words = KINDS[kind]
    confirms = said(JOIN if kind == "invitation" else CONFIRM, language)
    subject, body = (said(text, language).format_map(data) for text in (words.subject, words.body))
    lines = [(said(label, language), data[name]) for name, label in FIELDS.items() if name in data]
    parts = [body, "\n".join(f"{label}: {value}" for label, value in lines)]
    if confirm is not None:
        parts.append(f"{confirms}:\n{confirm}")
    if freeze is not None:
        parts.append(f"{said(FREEZE, language)}\n{freeze}")
    parts.append(said(FOOT, language))
    rows = "".join(f"<tr><th align=left>{escape(label)}</th><td>{escape(value)}</td></tr>\n" for label, value in lines)
    html = [f"<p>{escape(body)}</p>", f"<table cellpadding=4>\n{rows}</table>" if rows else ""]
    if confirm is not None:
        html.append(f'<p><a href="{escape(confirm)}">{escape(confirms)}</a></p>')
    if freeze is not None:
        html.append(f'<p>{escape(said(FREEZE, language))} <a href="{escape(freeze)}">{escape(freeze)}</a></p>')
    html.append(f"<p><small>{escape(said(FOOT, language))}</small></p>")
    whole = "\n".join(part for part in html if part)
    tag = "zh-CN" if language == "zh" else "en"
    return Letter(
        subject,
        "\n\n".join(part for part in parts if part) + "\n",
        f'<!doctype html>\n<html lang="{tag}"><body>\n{whole}\n</body></html>\n',
    )


def in_fours(address: str) -> str:
    """An address as people compare it: in groups of four, every character there and in its order."""
    head, rest = (address[:2], address[2:]) if address.startswith("0x") else ("", address)
    groups = [rest[place : place + 4] for place in range(0, len(rest), 4)]
    return " ".join([head, *groups] if head else groups)


def said(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en
