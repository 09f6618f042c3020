"""Ids that say what they name: a prefix and 26 characters, the first ten of them time.

Prefixes in use: `cus_` customer, `fac_` factor, `key_` API key, `adr_` address-book entry, `wd_` withdrawal,
`dec_` decision, `hld_` hold, `trf_` ledger transfer, `dep_` deposit, `pay_` payout, `att_` payout attempt,
`case_` case, `res_` restriction, `evt_` party event, `who_` staff session, `imp_` list import, `lwn_` warning,
`mail_` mail, `och_` text to sign, `trm_` travel-rule message, `ask_` question to a vendor,
`stw_` standing withdrawal, `sub_` subscription, `mer_` merchant, `bmv_` bond movement, `bcl_` claim on a bond,
`pac_` payment account, `fct_` fact, `exm_` exemption, `cal_` year of working days,
`rat_` rating run, `rln_` line, `rcm_` comment on a line, `msr_` measure, `apl_` appeal,
`whk_` webhook endpoint, `whs_` its secret, `msg_` event told, `ad_` ad, `ord_` order,
`lot_` retention lot,
`tri_` travel-rule message received.
"""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def new_id(prefix: str) -> str:
    """A fresh id such as `wd_01kq…`: 48 bits of milliseconds, then 80 random bits; sorts by time."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    pairs = [_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)]
    return f"{prefix}_{''.join(pairs)}"
