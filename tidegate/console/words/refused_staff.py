"""What staff read when the console refuses something, by its code, beside the exact message of the refusal."""

from __future__ import annotations

CASES: dict[str, tuple[str, str]] = {
    "answer_unknown": ("Say one of the answers that are offered.", "请从所列选项中选择答复。"),
    "case_answered_already": ("You have answered already; another person must.", "您已给出意见，须由他人继续审核。"),
    "case_answered_before": (
        "You answered what this appeals against; other people must look now.",
        "您曾处理被申诉的决定，须由其他人员复核。",
    ),
    "case_asks_already": ("The customer is being asked already.", "已向客户发出询问，正在等待答复。"),
    "case_asks_nobody": ("Only reviews ask the customer.", "仅提币审核案件可以询问客户。"),
    "case_closed": ("The case is closed; nothing is added to it any more.", "案件已结束，不能再添加内容。"),
    "case_open": ("A case about this is open already.", "该事项已有未结案件。"),
    "case_other_role": ("Other roles answer cases of this kind.", "该类案件由其他角色处理。"),
    "case_own_policy": (
        "You wrote or approved the policy that judged this; another person must answer.",
        "您起草或批准了作出该判断的策略，须由他人处理。",
    ),
    "case_own_request": (
        "Who asked for it may not answer; another person must.",
        "申请人不得处理自己的申请，须由他人处理。",
    ),
    "case_raised_fully": ("It was raised to the top; above that is nobody.", "案件已升级至最高级别。"),
    "case_unknown": ("There is no such case.", "未找到该案件。"),
    "deadline_hours_invalid": ("Give a number of hours from 1 to 720.", "请填写 1 至 720 之间的小时数。"),
    "kind_unknown": ("Choose one of the kinds.", "请选择类型。"),
    "until_past": ("Give a time to come.", "请填写将来的时间。"),
    "until_too_late": ("It may not sleep so long.", "暂缓时间过长。"),
    "what_invalid": ("Write 1 to 500 readable characters.", "请填写 1 至 500 个可读字符。"),
    "withdrawal_not_in_review": ("Questions are asked while it is in review.", "仅在人工审核期间可以询问客户。"),
    "withdrawal_not_movable": ("It has moved on; this cannot be done any more.", "提币状态已变更，无法执行该操作。"),
    "withdrawal_not_seizable": ("There is nothing left to seize.", "已无可扣押的资产。"),
    "document_sha256_invalid": (
        "Give the SHA-256 of the document: 64 digits of 0-9 and a-f.",
        "请填写文件的 SHA-256 值（64 位 0-9、a-f）。",
    ),
    "order_reference_invalid": (
        "Name the order in 1 to 200 printable characters.",
        "请填写司法命令编号，1 至 200 个可读字符。",
    ),
}

CUSTOMERS: dict[str, tuple[str, str]] = {
    "customer_unknown": ("There is no such customer.", "未找到该客户。"),
    "customer_missing": ("Say which customer.", "请填写客户。"),
    "external_id_taken": ("Another customer has this number.", "该平台用户 ID 已属于其他客户。"),
    "date_of_birth_invalid": ("This is nobody's birthday.", "出生日期有误。"),
    "event_in_future": ("This lies in the future.", "事件时间晚于当前时间。"),
    "event_unknown": ("Choose one of the events.", "请选择事件类型。"),
    "ip_invalid": ("Give an IPv4 or IPv6 address.", "请填写 IPv4 或 IPv6 地址。"),
    "email_invalid": ("Give a mail address like name@example.com.", "请填写有效的邮箱地址。"),
    "level_unknown": ("Levels go from 0 to 3.", "身份等级为 0 至 3。"),
    "identity_missing": ("Their name has to be verified first.", "须先核实客户姓名。"),
    "restriction_unknown": ("Choose one of the restrictions.", "请选择限制措施。"),
    "restriction_missing": ("There is no such restriction.", "未找到该限制措施。"),
    "restriction_already_lifted": ("Somebody has lifted it already.", "该限制已由他人解除。"),
    "lift_already_agreed": ("Its end was agreed already.", "解除时间已经商定。"),
    "lift_not_yours": ("Only compliance lifts a customer's own freeze.", "客户自行冻结的账户仅合规人员可以解除。"),
    "reverification_missing": ("Verify who the customer is again, then lift it.", "请先重新核实客户身份，再解除冻结。"),
    "value_invalid": ("This restriction needs a whole number as its value.", "该限制措施须填写整数数值。"),
    "value_unexpected": ("This restriction takes no value.", "该限制措施无需填写数值。"),
    "party_restricted": (
        "A restriction on this customer is in force; lift it first.",
        "该客户有生效中的限制，请先解除。",
    ),
    "party_mismatch": ("Only keys of customers name a customer.", "仅客户密钥可以指定客户。"),
    "before_invalid": (
        "A page of this list does not end there; start from the newest.",
        "分页位置有误，请从最新一页开始。",
    ),
    "after_invalid": ("This is not the number of a link.", "链节编号有误。"),
    "hours_invalid": ("Give a whole number of hours.", "请填写整小时数。"),
    "day_malformed": ("Give a day like 2026-03-31.", "请填写日期，如 2026-03-31。"),
}

KEYS: dict[str, tuple[str, str]] = {
    "key_missing": ("There is no such key.", "未找到该密钥。"),
    "key_already_revoked": ("The key was revoked already.", "该密钥已被撤销。"),
    "role_unknown": ("Choose one of the roles.", "请选择角色。"),
    "scope_missing": ("Your role does not allow this.", "您的角色没有该权限。"),
    "scopes_invalid": (
        "Choose scopes that the role has, and at least one.",
        "请在该角色的权限范围内选择，且至少一项。",
    ),
    "expires_at_past": ("The key would have expired already.", "密钥的到期时间已过。"),
    "sign_in_link_over": (
        "This link was used, or is older than 15 minutes; have another one made.",
        "链接已使用或已超过 15 分钟，请重新生成。",
    ),
    "session_unknown": ("You are not signed in.", "您尚未登录。"),
    "way_missing": ("There is no such way in; use your key.", "没有该登录方式，请使用密钥登录。"),
    "way_unknown": ("There is no such way in.", "未找到该登录方式。"),
    "demo_only": ("Links that sign somebody in exist in the demo only.", "登录链接仅在演示环境中可用。"),
    "form_sent_already": (
        "This form was sent already; what it made is in the list.",
        "该表单已提交，生成的内容见列表。",
    ),
    "file_missing": ("Choose a file, or paste its lines.", "请选择文件或粘贴内容。"),
    "file_not_text": ("The file is not UTF-8 text.", "文件不是 UTF-8 文本。"),
    "file_unknown": ("There is no such file.", "文件不存在。"),
    "view_unknown": ("Choose one of the views.", "请选择视图。"),
    "status_unknown": ("Choose one of the states.", "请选择状态。"),
    "state_unknown": ("Choose one of the states.", "请选择状态。"),
    "place_invalid": ("This is no place in the journal.", "日志位置有误。"),
    "entry_unknown": ("The journal has no such entry.", "日志中没有该记录。"),
    "span_unknown": ("Choose one of the spans.", "请选择时间范围。"),
}

POLICIES: dict[str, tuple[str, str]] = {
    "no_policy": (
        "No policy is in force: propose one, have it approved, put it in force.",
        "尚无生效策略，请先提议、批准并使其生效。",
    ),
    "policy_unknown": ("There is no such version of the policy.", "未找到该策略版本。"),
    "policy_already_active": (
        "This version is in force already, or will be; propose a new one.",
        "该版本已生效或已排期，请提议新版本。",
    ),
    "policy_already_approved": ("This version was approved already.", "该版本已获批准。"),
    "policy_in_force": ("This version is in force; there is nothing to go back to.", "该版本正在生效，无需回退。"),
    "policy_moved_on": (
        "Another version is in force since you opened the editor; look at it, then send yours again.",
        "打开编辑器后已有新版本生效，请核对后重新提交。",
    ),
    "policy_never_active": (
        "This version was never in force; approve it and put it in force.",
        "该版本从未生效，请先批准并使其生效。",
    ),
    "policy_not_approved": ("A second person has to approve this version first.", "该版本须先由另一人批准。"),
    "approver_is_author": ("A second person has to agree; you proposed it.", "须由另一人批准，提议人不得自行批准。"),
    "loosening_locked": (
        "This version loosens something; it may start only after the waiting time.",
        "该版本放宽了限制，须等待期满后方可生效。",
    ),
    "active_from_past": ("This time is past; name now or a later one.", "生效时间已过，请填写当前或之后的时间。"),
    "pack_invalid": ("This is not a policy: something in it is missing or wrong.", "策略内容有误或不完整。"),
    "version_invalid": ("This is not the number of a version.", "版本号有误。"),
    "no_rules": ("There is no rule that could be tried.", "没有可试算的规则。"),
    "what_if_missing": (
        "It changes numbers of the rating: ask first who would have moved.",
        "该版本调整了评级参数，请先进行评级变动预演。",
    ),
    "what_if_outdated": (
        "Another month is over since somebody asked who would move; ask again.",
        "预演之后又有新的月份结束，请重新预演。",
    ),
    "decision_unknown": ("There is no such decision.", "未找到该决策。"),
    "label_unknown": ("Choose one of the labels.", "请选择标注。"),
    "span_empty": ("The span ends before it begins.", "时间范围的结束早于开始。"),
    "stage_unknown": ("Choose one of the stages.", "请选择阶段。"),
    "months_invalid": ("Give a number of months that can be looked at.", "请填写有效的月数。"),
    "numbers_invalid": ("The numbers of the rating are not right.", "评级参数有误。"),
    "egress_not_tripped": ("The breaker holds nothing; there is nothing to reset.", "出金熔断未触发，无需恢复。"),
    "egress_reset_same_person": (
        "You have asked for this already; it takes another person.",
        "您已申请恢复，须由其他人确认。",
    ),
    "exemption_exists": (
        "This customer has an exemption there already; end that one first.",
        "该客户已有该法域的豁免，请先终止。",
    ),
    "exemption_not_open": ("This exemption is not waiting for anybody.", "该豁免不在待批准状态。"),
    "exemption_share_full": (
        "So many customers are exempt there already that no more may be.",
        "该法域豁免客户比例已达上限。",
    ),
    "exemption_unknown": ("There is no such exemption.", "未找到该豁免。"),
    "until_invalid": ("The end has to lie ahead, and not too far.", "结束时间须在将来且不可过远。"),
    "place_unknown": ("Give a place like DE, AE-DU or EU.", "请填写法域代码，如 DE、AE-DU 或 EU。"),
    "switch_already_on": ("This switch is on already.", "该停止开关已启用。"),
    "switch_already_off": ("Somebody has taken this switch off already.", "该停止开关已由他人关闭。"),
    "switch_scope_unknown": (
        "Say whether it is about an asset, a network or everything.",
        "请说明停止范围：币种、网络或全平台。",
    ),
    "switch_subject_unknown": ("There is nothing here of that name.", "未找到该对象。"),
    "switch_unknown": ("There is no such switch.", "未找到该停止开关。"),
    "source_unknown": ("There is no such source of prices.", "未找到该价格来源。"),
    "source_malformed": ("Give a source's name like venue-a.", "请填写价格来源名称，如 venue-a。"),
    "peg_malformed": ("A peg is a price above 0.", "锚定价格须大于 0。"),
    "no_price": ("Nobody has a price for this asset.", "该币种没有可用价格。"),
    "no_level": ("The customer has no identity level yet.", "客户尚无身份等级。"),
    "no_limit": ("The policy has no limit for this level.", "策略未设定该身份等级的额度。"),
    "no_hold": ("The policy does not say how long to pause after this change.", "策略未设定该变更后的暂停时长。"),
    "no_fee": ("The policy has no withdrawal fee for this asset.", "策略未设定该币种的提币手续费。"),
    "no_fee_ceiling": ("The policy has no ceiling for this network's fee.", "策略未设定该网络的手续费上限。"),
    "fee_too_precise": ("The policy's fee has more decimals than the asset.", "策略手续费的小数位超过该币种精度。"),
    "no_list": ("A list that is required was never imported.", "必备名单尚未导入。"),
    "no_screening": ("The policy says nothing of screening.", "策略未包含筛查部分。"),
    "no_standing": ("The policy says nothing of standing withdrawals.", "策略未包含自动提币部分。"),
    "no_merchants": ("The policy says nothing of merchants.", "策略未包含商家部分。"),
    "no_p2p": ("The policy says nothing of the desk.", "策略未包含 C2C 交易部分。"),
    "no_indicators": ("The policy says nothing of indicators.", "策略未包含指标部分。"),
    "bond_too_precise": (
        "The policy's bond has more decimals than the asset.",
        "策略保证资产数额的小数位超过该币种精度。",
    ),
}

TREASURY: dict[str, tuple[str, str]] = {
    "lane_not_stopped": ("It has not stopped; there is nothing to resume.", "出款通道未停止，无需恢复。"),
    "lane_unknown": ("There is no such wallet.", "未找到该钱包。"),
    "payout_not_abandonable": ("This payment cannot be cancelled any more.", "该付款已无法取消。"),
    "payout_not_bumpable": (
        "Only a payment that is sent and in no block can be made dearer.",
        "仅已发送且未打包的付款可以提高手续费。",
    ),
    "payout_not_stopped": ("It has not stopped; there is nothing to resume.", "该付款未停止，无需恢复。"),
    "payout_unknown": ("There is no such payment.", "未找到该付款。"),
    "wallet_kind_unknown": ("Say whether it is a warm or a cold wallet.", "请选择温钱包或冷钱包。"),
    "wallet_known": ("This is a wallet of ours already.", "该地址已登记为本平台钱包。"),
    "wallet_unknown": ("There is no such wallet.", "未找到该钱包。"),
}

LISTS: dict[str, tuple[str, str]] = {
    "list_unknown": ("There is no such list.", "未找到该名单。"),
    "list_columns_shifted": (
        "In many rows the address stands in another column; the list stays as it is.",
        "多行地址与表头列不符，名单保持不变。",
    ),
    "list_empty": (
        "The file has no row that can be read; the list stays as it is.",
        "文件没有可读取的行，名单保持不变。",
    ),
    "list_format_unknown": ("Choose one of the formats.", "请选择文件格式。"),
    "list_header_missing": ("The first row has to name the columns.", "首行须为列名。"),
    "list_history_rewritten": (
        "The file rewrites what the list said before; import it with force if that is right.",
        "文件改写了名单历史；如确认无误，请强制导入。",
    ),
    "list_name_invalid": ("Give a list a name like sanctions.", "请填写名单名称，如 sanctions。"),
    "list_not_csv": ("This is not CSV.", "文件不是有效的 CSV。"),
    "list_shrinks": (
        "The file drops many entries; import it with force if that is right.",
        "文件将移除大量条目；如确认无误，请强制导入。",
    ),
    "list_too_long": ("The file has too many rows; split it into lists.", "文件行数过多，请拆分为多个名单。"),
    "list_unreadable": ("Too many rows cannot be read; the list stays as it is.", "无法读取的行过多，名单保持不变。"),
    "format_unknown": ("Choose one of the formats.", "请选择文件格式。"),
    "travel_message_unknown": ("There is no such message.", "未找到该报文。"),
    "message_unknown": ("There is no such message.", "未找到该报文。"),
    "message_answered": ("The message is answered; nothing more can be asked.", "报文已答复，不能再询问。"),
    "message_changed": ("A message of this number came before with other words.", "相同编号的报文内容不一致。"),
    "account_differs": ("The receiver's account is not the address of the message.", "报文中的收款账户与地址不符。"),
    "question_invalid": (
        "Ask in 1 to 500 printable characters of one line.",
        "请用一行填写问题，1 至 500 个可读字符。",
    ),
    "ivms101_invalid": ("This is no IVMS101 message.", "内容不是有效的 IVMS101 报文。"),
}

WEBHOOKS: dict[str, tuple[str, str]] = {
    "url_invalid": ("This is no address of a server.", "端点地址有误。"),
    "url_not_https": ("The address has to be https.", "端点地址须使用 https。"),
    "url_private": ("The address has to be a public one.", "端点地址须为公网地址。"),
    "types_invalid": ("Choose kinds of news that exist.", "请选择有效的通知类型。"),
    "webhook_disabled": ("The endpoint is switched off; switch it on first.", "端点已停用，请先启用。"),
    "webhook_unknown": ("There is no such endpoint.", "未找到该端点。"),
    "webhooks_too_many": (
        "There are so many endpoints that no more fit; remove one first.",
        "端点数量已达上限，请先删除一个。",
    ),
    "delivery_in_flight": ("It is being sent just now; ask again in a minute.", "正在投递，请稍后再试。"),
    "delivery_unknown": ("There is no such delivery.", "未找到该投递记录。"),
    "overlap_invalid": ("Give a number of hours that both secrets may count.", "请填写新旧密钥并行的小时数。"),
    "topic_unknown": ("Choose one of the topics.", "请选择主题。"),
    "subscribed_already": ("This address is told about that already.", "该邮箱已订阅该主题。"),
    "subscription_unknown": ("There is no such subscription in force.", "未找到生效中的订阅。"),
    "too_many_subscriptions": (
        "So many addresses are told that no more fit; end one first.",
        "订阅数量已达上限，请先取消一个。",
    ),
    "link_confirms_nothing": (
        "This link confirms no withdrawal; it can only freeze the account.",
        "该链接不能确认提币，仅可用于冻结账户。",
    ),
}

TYPED: dict[str, tuple[str, str]] = {
    "owner_invalid": ("Write 1 to 500 readable characters.", "请填写 1 至 500 个可读字符。"),
    "external_id_invalid": (
        "Write 1 to 200 printable characters, without spaces around them.",
        "请填写 1 至 200 个可读字符，首尾不留空格。",
    ),
    "verified_name_invalid": (
        "Write 1 to 200 printable characters, without spaces around them.",
        "请填写 1 至 200 个可读字符，首尾不留空格。",
    ),
    "provider_invalid": (
        "Write 1 to 200 printable characters, without spaces around them.",
        "请填写 1 至 200 个可读字符，首尾不留空格。",
    ),
    "subject_too_long": ("This is longer than any thing's number.", "对象编号过长。"),
    "kind_too_long": ("This is longer than any kind.", "类型过长。"),
    "actor_too_long": ("This is longer than anybody's number.", "操作者编号过长。"),
    "from_day_invalid": ("Give a day like 2026-03-31.", "请填写日期，如 2026-03-31。"),
    "last_day_invalid": ("Give a day like 2026-03-31.", "请填写日期，如 2026-03-31。"),
    "year_invalid": ("Give a year like 2026.", "请填写年份，如 2026。"),
}

RULES: dict[str, tuple[str, str]] = {
    "rule_empty": ("The line is empty; write: condition -> outcome.", "规则为空，请按「条件 -> 结果」填写。"),
    "rule_too_long": ("The line has too many characters.", "规则过长。"),
    "rule_too_many_parts": ("The line has too many words, numbers and signs.", "规则的词语、数字和符号过多。"),
    "rule_too_deep": ("Too many brackets or operators stand inside one another.", "括号或运算嵌套过深。"),
    "rule_not_ascii": ("A character is not plain ASCII, though it may look so.", "含有非 ASCII 字符（可能外观相似）。"),
    "rule_sign": ("A sign is not part of the language.", "含有规则语言不支持的符号。"),
    "rule_word": ("A word is not part of the language.", "含有规则语言不支持的词语。"),
    "rule_number": ("A number could be misread, or has too many digits.", "数字写法易误读或位数过多。"),
    "rule_text": (
        "A quoted text has no end, or something in it is not allowed.",
        "引号内的文字未结束或含有不支持的内容。",
    ),
    "rule_bracket": ("A bracket has no partner.", "括号不成对。"),
    "rule_syntax": ("The words do not make a sentence.", "规则语句不完整或结构有误。"),
    "rule_outcome_missing": ("The line does not say what it asks for.", "规则未写明结果。"),
    "rule_outcome": ("A rule may not ask for that.", "规则不能要求该结果。"),
    "rule_delay": ("A delay needs whole hours within bounds.", "延迟须为范围内的整小时数。"),
    "rule_fact": ("No fact has this name.", "没有该名称的事实。"),
    "rule_function": ("No function has this name, or it takes other arguments.", "没有该函数，或参数不符。"),
    "rule_kinds": ("Two kinds of value do not mix.", "两种类型的值不能混用。"),
    "rule_not_condition": ("A condition is either true or false; this is neither.", "此处须为条件（真或假）。"),
    "rule_not_value": ("Something that has no value stands where a value should.", "此处须为数值。"),
    "rule_constant": (
        "The comparison looks at no fact, so its answer never changes.",
        "比较未涉及任何事实，结果恒定。",
    ),
    "rule_never_equal": ("The two sides can never be the same.", "两侧永不相等。"),
    "rule_chain": ("The comparisons do not run in one direction.", "连续比较的方向不一致。"),
    "rule_set": ('What stands after "in" is not a set.', "「in」之后须为集合。"),
    "rule_too_large": ("The result could have too many digits.", "结果位数可能过多。"),
    "rule_pack": ("There are too many rules, or a rule's name is not a name.", "规则数量过多，或规则名称有误。"),
}

CHOSEN: dict[str, tuple[str, str]] = {
    "trigger_unknown": ("Choose what starts it.", "请选择触发方式。"),
    "take_unknown": ("Choose how much is taken.", "请选择提取方式。"),
    "device_id_invalid": ("A device's number is 1 to 200 printable characters.", "设备编号须为 1 至 200 个可读字符。"),
    "agent_invalid": ("A browser's name is 1 to 200 printable characters.", "浏览器标识须为 1 至 200 个可读字符。"),
    "memo_not_supported": ("This network carries no memo; leave it out.", "该网络不支持备注，请留空。"),
}

REFUSED = {**CASES, **CUSTOMERS, **KEYS, **POLICIES, **TREASURY, **LISTS, **WEBHOOKS, **TYPED, **RULES, **CHOSEN}
