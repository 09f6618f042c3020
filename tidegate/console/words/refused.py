"""What customers read when the portal refuses something, by its code: what was wrong, and what would be right.

Words of a page's own stand with the page's; here is what comes from the flows behind several of them.
"""

from __future__ import annotations

Words = dict[str, tuple[str, str]]

WITHDRAWING: Words = {
    "amount_too_large": ("The amount is too large.", "金额过大。"),
    "fee_above_ceiling": ("The fee is above the most that you want to pay.", "手续费超出您设定的上限。"),
    "description_invalid": (
        "Say in one line of at most 500 letters what it is for.",
        "请用一行文字说明用途，最多 500 字。",
    ),
    "withdrawal_not_cancellable": ("It can no longer be cancelled.", "该提币已无法取消。"),
    "withdrawal_ended": ("It has ended; there is nothing left to do.", "该提币已结束。"),
    "withdrawal_not_confirmable": ("It does not wait for a confirmation any more.", "该提币已不在待确认状态。"),
    "confirmation_expired": ("The time to confirm is over. Ask again.", "确认已超时，请重新发起。"),
    "payload_changed": (
        "It is not what you were shown any more; nothing is sent. Open the page again.",
        "内容已与您看到的不同，未发送任何资产，请重新打开页面核对。",
    ),
    "factor_not_asked": (
        "This factor is not asked here. Use one that the page shows.",
        "此处不需要该验证方式，请使用页面所示方式。",
    ),
    "factor_used": (
        "This factor was used already; another one is still missing.",
        "该验证方式已使用，还需另一种验证。",
    ),
    "factor_without_code": ("This factor has no code. Use its own button.", "该验证方式没有验证码，请使用对应按钮。"),
    "code_tries_used_up": (
        "Too many wrong codes; it is declined. Ask again.",
        "验证码错误次数过多，已取消，请重新发起。",
    ),
    "terms_do_not_cover": (
        "It is not what your standing withdrawal allows; nothing is sent.",
        "超出自动提币的范围，未发送任何资产。",
    ),
    "link_not_asked": ("It does not wait for the link of a mail.", "该提币不需要邮件确认。"),
    "resend_too_soon": ("A mail was sent just now.", "邮件刚刚已发送。"),
    "information_not_asked": ("Nothing is asked about it any more.", "该提币已不需要补充信息。"),
    "information_too_late": ("The time to answer is over.", "答复时限已过。"),
    "information_invalid": ("Something about the receiver is missing or not right.", "收款方信息不完整或有误。"),
    "receiver_screened": (
        "The receiver that you named was checked already. Cancel this one and ask for another.",
        "您填写的收款方已完成核查，请取消后重新发起。",
    ),
    "address_kept_by_provider": (
        "You said that a provider keeps this address, so it cannot be your own wallet.",
        "您已说明该地址由服务商托管，不能作为自托管钱包。",
    ),
    "ownership_not_self_hosted": (
        "You said that a provider keeps this address, so there is no key of yours to sign with.",
        "您已说明该地址由服务商托管，因此无法由您签名证明。",
    ),
    "ownership_network_unsupported": (
        "Addresses of this network cannot be proven by a signature here. Write to support.",
        "该网络的地址暂不支持签名证明，请联系客服。",
    ),
    "challenge_missing": ("Have the text shown first, then sign it.", "请先获取待签名文字，再进行签名。"),
    "signature_malformed": (
        "This is no signature: it begins with 0x and has 130 more letters and digits. Copy it whole from the wallet.",
        "签名格式有误：应以 0x 开头，其后为 130 位字符。请从钱包完整复制。",
    ),
    "signature_not_canonical": (
        "The wallet wrote this signature in an unusual way that does not count. Sign again, or with another wallet.",
        "该签名的写法不规范，不予接受。请重新签名或更换钱包。",
    ),
    "signature_of_another": (
        "This signature is not by the key of this address, or not of this very text. Copy the whole text again and "
        "sign it with this address.",
        "该签名不是由此地址的私钥签署，或签署的不是这段文字。请重新复制全文，并使用此地址签名。",
    ),
    "signature_kind_unsupported": (
        "This is the signature of a contract wallet, which cannot be checked here. Sign with the key of the address "
        "itself, or write to support.",
        "这是合约钱包的签名，无法在此验证。请使用该地址自身的私钥签名，或联系客服。",
    ),
    "withdrawal_not_appealable": ("There is nothing to appeal about it now.", "该提币目前无法申诉。"),
    "appeal_open": ("People are looking at your appeal already.", "您的申诉正在处理中。"),
    "appeal_answered": (
        "Your appeal was answered, and nothing has changed since.",
        "您的申诉已答复，此后情况没有变化。",
    ),
}

ADDRESSES: Words = {
    "address_empty": ("Give the receiver's address.", "请填写收款地址。"),
    "address_missing": ("Give the receiver's address.", "请填写收款地址。"),
    "address_bad_checksum": (
        "A letter of the address was changed. Copy it again from the receiver.",
        "地址校验未通过，可能有字符被改动，请向收款方重新复制。",
    ),
    "address_wrong_network": (
        "This address is of another network. Coins sent there would be lost.",
        "该地址属于其他网络，发送后资产将丢失。",
    ),
    "address_zero": ("Nobody owns this address.", "该地址为零地址，不属于任何人。"),
    "address_precompile": ("The network keeps this address for itself.", "该地址为网络保留地址，不属于任何人。"),
    "address_burn": ("What is sent to this address is gone.", "该地址为销毁地址，发送后资产将永久丢失。"),
    "address_witness_unknown": (
        "No wallet can spend from an address of this kind today. Ask the receiver for another one.",
        "目前没有钱包支持该类型地址，请向收款方索取其他地址。",
    ),
    "address_unspendable": ("Nobody can have the key of this address.", "该地址不可能有对应的私钥。"),
    "address_is_token_contract": (
        "This is the contract of a token; coins sent there are lost. Give the receiver's address.",
        "这是代币合约地址，发送后资产将丢失，请填写收款方地址。",
    ),
    "address_is_ours": ("This is a wallet of the platform itself.", "该地址为平台自有钱包，不能作为收款地址。"),
    "address_is_own_deposit": (
        "This is your own deposit address; the coins are here already.",
        "这是您自己的充值地址，资产已在账户中。",
    ),
    "memo_of_address": (
        "A saved address has its own memo. Leave the memo empty.",
        "已保存的地址自带备注（Memo），请勿另行填写。",
    ),
    "address_not_in_book": ("Save this address in your book first.", "请先将该地址保存到地址簿。"),
    "network_unknown": ("Choose one of the networks.", "请选择网络。"),
    "label_invalid": ("Give a name of at most 100 letters.", "请填写名称，最多 100 个字符。"),
    "warning_unknown": ("This warning is not about this withdrawal.", "该风险提示与此提币无关。"),
    "warning_elsewhere": ("This warning is about another address.", "该风险提示针对其他地址。"),
    "warning_not_acknowledged": ("Read the warning first, and say that you have.", "请先阅读并确认风险提示。"),
    "warning_too_old": ("The warning has to be shown again. Open the page again.", "风险提示已过期，请重新打开页面。"),
}

STANDING: Words = {
    "standing_unknown": ("There is no such standing withdrawal of yours.", "未找到该自动提币。"),
    "standing_not_confirmable": ("Nothing waits for a code here.", "此处没有待确认的内容。"),
    "standing_deleted": ("It was ended. Set up a new one.", "该自动提币已结束，请重新设置。"),
    "standing_not_active": ("It is not active now.", "该自动提币未在执行中。"),
    "standing_not_paused": ("It is not paused now.", "该自动提币未暂停。"),
    "standing_too_many": ("No more standing withdrawals fit. End one first.", "自动提币数量已达上限，请先结束一个。"),
    "standing_asset_taken": (
        "This coin has its standing withdrawal already. Change or end that one first.",
        "该币种已有自动提币，请先修改或结束。",
    ),
    "standing_would_fight": (
        "Two standing withdrawals would fight over one balance. Beside each other only fixed amounts fit.",
        "两个自动提币会争用同一余额，仅固定金额可以并存。",
    ),
    "threshold_too_low": (
        "At this balance nothing could be paid. It must be more than what you keep back and the fee.",
        "触发余额过低，需大于保留金额与手续费之和。",
    ),
    "most_too_low": (
        "The most leaves nothing after the fee, or is below the least.",
        "最大金额不足以支付手续费，或小于最小金额。",
    ),
    "fee_ceiling_too_high": ("The ceiling of the fee is too large a share.", "手续费上限占比过高。"),
    "addresses_invalid": (
        "Give different addresses, at least one and not too many.",
        "请填写至少一个且不重复的地址，数量不要过多。",
    ),
    "xpub_is_private": (
        "Stop: this is a private key. Never type it anywhere. Give the public one.",
        "请停止：这是私钥，切勿在任何地方输入。请填写扩展公钥。",
    ),
    "xpub_invalid": ("This is no extended public key.", "扩展公钥有误。"),
    "every_unknown": ("Choose how often.", "请选择频率。"),
    "weekday_invalid": ("Choose a day of the week.", "请选择星期。"),
    "day_invalid": ("Give a day of the month from 1 to 31.", "请填写日期，1 至 31。"),
    "time_of_day_invalid": ("Give a time like 09:30.", "请填写时间，如 09:30。"),
    "zone_unknown": ("Give a time zone like Asia/Shanghai.", "请填写时区，如 Asia/Shanghai。"),
}

ACCOUNT: Words = {
    "streams_full": (
        "Too many pages follow the news just now; this one asks every minute.",
        "当前实时更新的页面过多，本页将每分钟更新一次。",
    ),
    "streams_too_many": (
        "Many pages of yours follow the news; this one asks every minute.",
        "您打开的实时更新页面过多，本页将每分钟更新一次。",
    ),
    "ceremony_unknown": ("Nothing is being set up any more. Try again.", "设置已失效，请重试。"),
    "factor_unknown": ("You have no such factor any more.", "该验证方式已不存在。"),
    "language_unknown": ("Choose one of the languages.", "请选择语言。"),
    "sign_in_again": (
        "Sign in once more: this changes who can act for your account.",
        "请重新登录：该操作将改变账户的验证方式。",
    ),
    "session_ended": ("You were signed out. Sign in again.", "您已退出，请重新登录。"),
    "session_expired": ("You were signed out after a while. Sign in again.", "登录已超时，请重新登录。"),
}

REFUSED: Words = {**WITHDRAWING, **ADDRESSES, **STANDING, **ACCOUNT}
