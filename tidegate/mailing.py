"""Who is written to about which news: each piece once, in the party's language, with the link for "that was not me".

A reader of the journal like `news.py`, with a place of its own: a mail that cannot be ordered holds up no payment.
Staff are written to about the topics to which they subscribed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from tidegate.base.money import to_text
from tidegate.base.times import from_rfc3339
from tidegate.db import Conn, Tx, reader
from tidegate.db.journal import News
from tidegate.notifications import flow as notifications
from tidegate.notifications import rating_words, templates
from tidegate.notifications.letters import FACTORS, METHODS, SIDES, in_fours, said
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.order import Order
from tidegate.p2p.orders.order import Status as OrderStatus
from tidegate.p2p.price import FIAT_DECIMALS
from tidegate.parties import flow as parties
from tidegate.policy.factor_numbers import MAIL
from tidegate.policy.market import flow as market
from tidegate.rating.standing import flow as ratings
from tidegate.rating.subjects import flow as rated_people
from tidegate.screening import flow as screening
from tidegate.withdrawals import answer
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status, Withdrawal

READER = "mails"

STALE = timedelta(hours=24)
"""Whoever was without mail for longer is not told afterwards, mail by mail, what happened meanwhile."""

_EVENTS = {"password_changed", "email_changed", "phone_changed", "mfa_changed"}

Data = Mapping[str, str]


def handlers(now_setting: Callable[[Conn], withdrawals.Setting]) -> dict[str, reader.Handler]:
    """What to write about each kind of news, for `db.reader`."""

    def put(tx: Tx, party_id: str, kind: str, data: Data) -> None:
        owner = parties.get(tx.conn, party_id)
        days = now_setting(tx.conn).policy.factors.freeze_link_days
        notifications.put(tx, notifications.To(owner.id, owner.email, owner.language), kind, data, days)

    def about(kind: str, until: str | None = None) -> reader.Handler:
        """News of a party that needs no look at anything else; `until` is the field of its body that says an end."""

        def handle(tx: Tx, news: News) -> None:
            ends = news.content.get(until) if until is not None else None
            told = {} if ends is None else {"ends_at": _time(ends)}
            put(tx, news.subject, kind, {"at": _minute(news), **told})

        return handle

    def confirming(tx: Tx, news: News) -> None:
        if MAIL in news.content.get("factors", ()):  # another entry than this may be the one that asks for it
            withdrawals.mail_link(tx, news.subject, now_setting(tx.conn))

    def of_withdrawal(kind: str, first: bool) -> reader.Handler:
        """News of a withdrawal; with `first` only where it comes from the customer's confirmation."""

        def handle(tx: Tx, news: News) -> None:
            if first and news.content.get("from") != Status.AWAITING_CONFIRMATION:
                return
            found = withdrawals.get(tx.conn, news.subject)
            setting = now_setting(tx.conn)
            data = answer.as_lines(found, setting.assets[found.asset_id])
            if kind == "settled":
                data["tx"] = news.content["tx"]
            if kind in ("held", "declined"):
                data |= _why(tx, news, found, setting, parties.get(tx.conn, found.party_id).language)
            put(tx, found.party_id, kind, data)

        return handle

    def event(tx: Tx, news: News) -> None:
        what = news.content
        data = {"at": _minute(news), **({"country": what["country"]} if what.get("country") else {})}
        if what["type"] == "login" and parties.on_new_device(tx.conn, what["event"]):
            put(tx, news.subject, "new_device", data)
        elif what["type"] in _EVENTS and "factor" not in what:  # ours says which factor, and is told as that
            put(tx, news.subject, what["type"], data)

    def factor(kind: str) -> reader.Handler:
        def handle(tx: Tx, news: News) -> None:
            language = parties.get(tx.conn, news.subject).language
            which = said(FACTORS[news.content.get("kind", "totp")], language)
            put(tx, news.subject, kind, {"at": _minute(news), "factor": which})

        return handle

    def address(tx: Tx, news: News) -> None:
        places = screening.entries_by_id(tx.conn, [(news.subject, news.content["address"])])
        for entry in places.values():
            shown = {"network": entry.network, "address": in_fours(entry.address), "at": _minute(news)}
            put(tx, news.subject, "address_added", {**shown, **({"memo": entry.memo} if entry.memo else {})})

    def merchant(kind: str) -> reader.Handler:
        """News of a merchant that a person decided; a rejection says the person's reason."""

        def handle(tx: Tx, news: News) -> None:
            why = {"reasons": news.content["reason"]} if kind == "merchant_rejected" else {}
            put(tx, merchants.get(tx.conn, news.subject).party_id, kind, {"at": _minute(news), **why})

        return handle

    def bond(kind: str) -> reader.Handler:
        """News of a bond's movement, with the amounts that it says and the demand as it stands now."""

        def handle(tx: Tx, news: News) -> None:
            assets = {asset.name: asset for asset in now_setting(tx.conn).assets.values()}
            asset, what = assets[news.content["asset"]], news.content
            data = {"at": _minute(news), "asset": asset.symbol}
            if "units" in what:
                data["amount"] = to_text(int(what["units"]), asset.decimals)
            own = [one for one in bonds.of(tx.conn, news.subject) if one.asset_id == asset.id and one.demand]
            for one in own:
                data["demand"] = f"{to_text(one.demand, asset.decimals)} {asset.symbol}"
                if one.top_up_due_at is not None:
                    data["due"] = f"{one.top_up_due_at:%Y-%m-%d %H:%M} UTC"
            put(tx, merchants.get(tx.conn, news.subject).party_id, kind, data)
            if news.kind == "bond.compensate" and int(what["units"]):
                paid = {name: data[name] for name in ("at", "asset", "amount")}
                put(tx, what["receiver"], "compensated", paid)

        return handle

    def order(kind: str, *sides: str) -> reader.Handler:
        """News of an order, to one side ("payer", "seller", "merchant") or to several."""

        def handle(tx: Tx, news: News) -> None:
            found = orders.get(tx.conn, news.subject)
            told = {"payer": found.payer_party, "seller": found.seller_party, "merchant": found.merchant_party}
            for party_id in (told[side] for side in sides):
                language = parties.get(tx.conn, party_id).language
                put(tx, party_id, kind, _order(tx, kind, found, now_setting(tx.conn), language))

        return handle

    def market_changed(tx: Tx, news: News) -> None:
        for to in notifications.subscriptions(tx.conn, "market"):
            notifications.put_notice(tx, to, "market_changed", _market(news.content, to.language))

    def rated(kind: str) -> reader.Handler:
        """News of a rating, for every account of the person it is about."""

        def handle(tx: Tx, news: News) -> None:
            what = news.content
            if kind == "rating_check" and what["check_until"] is None:
                return  # nobody is asked: the text decides, it does not rise, or an authority orders secrecy
            if kind == "rating_fell" and what["rule"] != "T3":
                return  # told with its line, or with the appeal
            subject = news.subject if kind == "rating_fell" else what["subject"]
            for account in rated_people.accounts(tx.conn, subject):
                if account.certification != "closed":
                    put(tx, account.party_id, kind, _rating(tx, kind, news, account.party_id))

        return handle

    def appealed(tx: Tx, news: News) -> None:
        if news.content["status"] in ("upheld", "rejected"):
            rated(f"rating_appeal_{news.content['status']}")(tx, news)

    def interim_over(tx: Tx, news: News) -> None:
        if "why" in news.content:  # other measures end with the tier, which is told
            rated("rating_interim_over")(tx, news)

    made: dict[str, reader.Handler] = {
        "withdrawal.awaiting_confirmation": confirming,
        "withdrawal.factors_raised": confirming,
        "withdrawal.approved": of_withdrawal("confirmed", first=True),
        "withdrawal.screening": of_withdrawal("confirmed", first=True),
        "withdrawal.delayed": of_withdrawal("held", first=False),
        "withdrawal.in_review": of_withdrawal("held", first=False),
        "withdrawal.awaiting_information": of_withdrawal("held", first=False),
        "withdrawal.settled": of_withdrawal("settled", first=False),
        "withdrawal.declined": of_withdrawal("declined", first=False),
        "party.event": event,
        "party.frozen": about("frozen"),
        "party.unfreeze_agreed": about("unfreeze_agreed", "until"),
        "factor.enrolled": factor("factor_added"),
        "factor.removed": factor("factor_removed"),
        "factor.copied": about("passkey_copied"),
        "address.saved": address,
        "allow_list.on": about("allow_list_on"),
        "allow_list.off_asked": about("allow_list_off_asked", "off_from"),
        "merchant.certified": merchant("merchant_certified"),
        "merchant.rejected": merchant("merchant_rejected"),
        "merchant.exit_approved": merchant("merchant_exit_approved"),
        "merchant.exit_declined": merchant("merchant_exit_declined"),
        "merchant.closed": merchant("merchant_closed"),
        "merchant.reinstated": merchant("merchant_reinstated"),
        "bond.deduct": bond("bond_taken"),
        "bond.compensate": bond("bond_taken"),
        "bond.release": bond("bond_released"),
        "bond.refund": bond("bond_refunded"),
        "bond.overdue": bond("bond_overdue"),
        "order.created": order("order_taken", "merchant"),
        "order.paid": order("order_paid", "seller"),
        "order.released": order("order_released", "payer"),
        "order.cancelled": order("order_cancelled", "payer", "seller"),
        "order.expired": order("order_expired", "payer", "seller"),
        "order.disputed": order("order_disputed", "payer", "seller"),
        "order.resolved": order("order_resolved", "payer", "seller"),
        market.KIND: market_changed,
        "rating.published": rated("rating_published"),
        "rating.decided": rated("rating_check"),
        "rating.tier": rated("rating_fell"),
        "rating.interim": rated("rating_interim"),
        "rating.measure_ended": interim_over,
        "rating.appeal_answered": appealed,
    }
    return {kind: _fresh(handle) for kind, handle in made.items()}


def _rating(tx: Tx, kind: str, news: News, party_id: str) -> dict[str, str]:
    """What a mail about a rating says: the tier, the reasons and measures in the merchant's words, and the times."""
    what, language = news.content, parties.get(tx.conn, party_id).language
    tier = {"rating_published": "after", "rating_check": "tier", "rating_fell": "to"}.get(kind)
    held = what[tier] if tier else ratings.of(tx.conn, what["subject"]).tier
    data = {"at": _minute(news), "tier": rating_words.said(rating_words.TIERS[held], language)}
    if what.get("why"):
        data["reasons"] = rating_words.said(rating_words.ENDED[what["why"]], language)
    if what.get("clauses"):
        data["reasons"] = rating_words.reasons(what["clauses"], language)
    taken = what.get("measures") or ([what["measure"]] if "measure" in what else [])
    if taken:
        data["measures"] = rating_words.measures(taken, language)
    for name, field in (("check_until", "check_until"), ("appeal_until", "appeal_until"), ("ends", "ends_at")):
        if what.get(name) and (name != "appeal_until" or held != "low"):
            data[field] = _time(what[name])
    return data


def _fresh(handle: reader.Handler) -> reader.Handler:
    def fresh(tx: Tx, news: News) -> None:
        if tx.now - news.at <= STALE:
            handle(tx, news)

    return fresh


def _order(tx: Tx, kind: str, found: Order, setting: withdrawals.Setting, language: str) -> dict[str, str]:
    """An order as lines, and until when something waits where something does."""
    asset = setting.assets[found.asset_id]
    lines = {
        "id": found.id,
        "amount": to_text(found.units, asset.decimals),
        "asset": asset.symbol,
        "pays": f"{to_text(found.fiat_amount, FIAT_DECIMALS)} {found.fiat}",
        "method": said(METHODS[found.method], language),
    }
    if kind == "order_taken":
        lines["ends_at"] = f"{found.expires_at:%Y-%m-%d %H:%M} UTC"
    if kind == "order_released":
        lines["ends_at"] = f"{lots.of_order(tx.conn, found.id).matures_at:%Y-%m-%d %H:%M} UTC"
    if kind == "order_resolved":
        lines["goes_to"] = said(SIDES["seller" if found.status == OrderStatus.RESOLVED_REFUND else "payer"], language)
    return lines


def _why(tx: Tx, news: News, found: Withdrawal, setting: withdrawals.Setting, language: str) -> dict[str, str]:
    """The reasons of a wait or a refusal as the hold letter says them; nothing where it has gone on meanwhile."""
    hold = withdrawals.view(tx.conn, found, setting.assets)["hold"]
    if hold is None or news.content["status"] != found.status:
        return {}
    lines = {
        "reasons": " ".join(reason[language] for reason in hold["reasons"]),
        "next_step": hold["next_step"][language],
    }
    return lines | ({"ends_at": _time(hold["ends_at"])} if hold["ends_at"] is not None else {})


def _market(change: Mapping[str, Any], language: str) -> Data:
    """A change of regime, line by line. Staff may read the numbers."""
    lines = {
        "asset": change["asset"],
        "network": change["network"],
        "at": _time(change["at"]),
        "was": said(templates.MARKET_LEVELS[change["from"]], language),
        "regime": said(templates.MARKET_LEVELS[change["to"]], language),
        "why": said(templates.MARKET_REASONS[change["reason"]], language),
        "left": f"{change['multiplier_percent']} %",
    }
    return lines if change["review_at"] is None else {**lines, "review": _time(change["review_at"])}


def _minute(news: News) -> str:
    return f"{news.at:%Y-%m-%d %H:%M} UTC"


def _time(text: str) -> str:
    return f"{from_rfc3339(text):%Y-%m-%d %H:%M} UTC"
