"""Words of signing in at the console and of one's own ways in."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "my_sign_in": ("My sign-in", "我的登录方式"),
    "ways_in": ("What opens the console", "可登录控制台的方式"),
    "with_passkey": ("Sign in with a passkey", "使用通行密钥登录"),
    "by_passkey": ("With a passkey", "使用通行密钥验证"),
    "with_password": ("Name, password and code", "用户名、密码与验证码"),
    "with_key": ("Key", "密钥登录"),
    "passkey": ("Passkey", "通行密钥"),
    "passkey_failed": (
        "The passkey did not answer. Try again, or use another way.",
        "通行密钥未响应，请重试或使用其他方式。",
    ),
    "passkey_name": ("Name of the passkey", "通行密钥名称"),
    "passkey_add": ("Add a passkey", "添加通行密钥"),
    "login_name": ("Name", "用户名"),
    "password": ("Password", "密码"),
    "password_new": ("New password", "新密码"),
    "password_again": ("The same once more", "再次输入新密码"),
    "password_add": ("Add a password and an app", "添加密码与身份验证器"),
    "password_change": ("Another password and app", "更换密码与身份验证器"),
    "counts_again": ("The next try counts", "下次可尝试："),
    "app_code": ("Code of your authenticator app", "身份验证器验证码"),
    "app_scan": (
        "Scan this with an authenticator app, then type the code that it shows.",
        "请用身份验证器扫描，并输入其显示的验证码。",
    ),
    "app_square": ("The app's secret as a square to scan", "身份验证器密钥二维码"),
    "app_by_hand": ("Or type it in by hand:", "或手动输入："),
    "save": ("Save", "保存"),
    "way_counts": ("opens the console", "可登录"),
    "way_barred": ("does not open the console", "不可登录"),
    "way_key": ("With the key", "密钥登录"),
    "way_link": ("By a link of one use", "一次性链接登录"),
    "way_password": ("With a password and a code", "密码与验证码登录"),
    "way_passkey": ("With a passkey", "通行密钥登录"),
    "way_remove": ("Remove", "移除"),
    "way_remove_hint": ("It opens the console no more.", "移除后将无法再用其登录控制台。"),
    "ways_prove_first": (
        "Show once more that it is you, to add or remove a way in.",
        "添加或移除登录方式前，请再次验证身份。",
    ),
    "ways_take": ("Take all of them away", "移除全部登录方式"),
    "ways_take_hint": (
        "For a lost device. Whoever is signed in is signed out; the key stays as it is.",
        "用于设备遗失。当前会话全部结束，密钥不受影响。",
    ),
    "key_bar": ("Do not let the key in", "禁止使用密钥登录"),
    "key_bar_hint": (
        "The key goes on to open the API, and no longer the console.",
        "密钥仍可调用 API，但不能登录控制台。",
    ),
    "key_allow": ("Let the key in again", "允许使用密钥登录"),
    "key_allow_hint": ("The key opens the console again.", "密钥恢复登录控制台的权限。"),
}

DONE: dict[str, tuple[str, str]] = {
    "way_added": ("It opens the console from now on.", "已添加，可用于登录控制台。"),
    "way_removed": ("It opens the console no more.", "已移除。"),
    "ways_taken": ("Nothing but the key opens the console for them now.", "除密钥外的登录方式已全部移除。"),
    "key_barred": ("The key does not open the console any more.", "已禁止使用密钥登录控制台。"),
    "key_allowed": ("The key opens the console again.", "已恢复密钥登录。"),
}

CODES: dict[str, tuple[str, str]] = {
    "kind.way_in.added": ("A way into the console was added", "添加登录方式"),
    "kind.way_in.removed": ("A way into the console was removed", "移除登录方式"),
    "kind.way_in.taken": ("Every way in beside the key was taken", "移除全部登录方式"),
    "kind.way_in.copied": ("A passkey exists twice", "通行密钥疑似被复制"),
    "kind.key.barred": ("The key opens the console no more", "禁止密钥登录"),
    "kind.key.allowed": ("The key opens the console again", "允许密钥登录"),
    "kind.session.refused": ("A wrong password or code", "密码或验证码错误"),
}

REFUSED: dict[str, tuple[str, str]] = {
    "proof_wrong": ("This is not right, or not of whoever is signed in.", "验证未通过，或与当前登录人员不符。"),
    "app_code_wrong": (
        "This is not the code that the app shows now. Scan it and try again.",
        "验证码与身份验证器当前显示不符，请重新扫描后再试。",
    ),
    "app_unknown": ("This form is old. Open the page again.", "表单已失效，请重新打开页面。"),
    "login_taken": ("Somebody else signs in by that name.", "该用户名已被使用。"),
    "login_invalid": ("Give a name of 2 to 100 characters.", "用户名需为 2 至 100 个字符。"),
    "way_last": (
        "Your key does not open the console, and this is the only other way in. Add one first.",
        "您的密钥不能登录控制台，且这是唯一的其他登录方式，请先添加新的方式。",
    ),
    "key_barred": (
        "This key does not open the console. Use a passkey or a password.",
        "该密钥不能登录控制台，请使用通行密钥或密码。",
    ),
    "passkey_taken": ("This passkey is in use already.", "该通行密钥已被使用。"),
    "key_unknown": ("Nobody has this key.", "密钥不存在。"),
    "key_revoked": ("This key was revoked.", "密钥已吊销。"),
    "key_expired": ("This key has expired.", "密钥已过期。"),
    "key_wrong_address": ("This key may not be used from here.", "该密钥不允许从当前网络使用。"),
    "not_staff": ("This key is of a machine or a customer.", "该密钥属于系统集成或客户，不能登录控制台。"),
}
