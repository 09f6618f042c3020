"""Who waits for which news: rooms below write rows, rooms above act on them, each piece once."""

from __future__ import annotations

from collections.abc import Callable

from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import Conn, Tx, reader
from tidegate.db.journal import News
from tidegate.notifications.webhooks import flow as webhooks
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.deductions import flow as deductions
from tidegate.p2p.disputes import flow as disputes
from tidegate.p2p.merchants import flow as merchants
from tidegate.rating.events import flow as events
from tidegate.rating.insisting import flow as insisting
from tidegate.rating.standing import flow as ratings
from tidegate.rating.subjects import flow as rated_people
from tidegate.screening.inbox import flow as inbox
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.standing import flow as standing

READER = "withdrawals"
RATING = "rating"
"""A reader with a place of its own: what the rating cannot digest holds up no payment."""

WEBHOOK_HOURS = 24
"""Somebody looks within a day at an endpoint that was switched off: what happens meanwhile is kept for it."""


def handlers(now_setting: Callable[[Conn], withdrawals.Setting]) -> dict[str, reader.Handler]:
    """What to do about each kind of news, for `db.reader`."""

    def answered(tx: Tx, news: News) -> None:
        said, case = news.content, news.subject
        kind = said.get("kind", "withdrawal_review")  # entries of before name none: there was one kind
        if kind == "withdrawal_review":
            withdrawals.answered(tx, said["subject"], said["answer"], case, now_setting(tx.conn))
        elif kind == "withdrawal_appeal":
            withdrawals.appeal_answered(tx, said["subject"], said["answer"], case)
        elif kind == "seizure":
            withdrawals.seizure_answered(tx, said["subject"], said["answer"], case)
        elif kind == "travel_rule":
            inbox.answered(tx, said["subject"], said["answer"])
        elif kind == "merchant_exit":
            merchants.exit_answered(tx, said["subject"], said["answer"], now_setting(tx.conn).policy)
        elif kind == "bond_deduction":
            setting = now_setting(tx.conn)
            deductions.answered(tx, case, said["answer"], setting.assets, setting.policy)
        elif kind == "webhook" and said["answer"] == "approved":
            webhooks.switch_on(tx, said["subject"])
        elif kind == "p2p_dispute":
            disputes.answered(tx, said["subject"], said["answer"], case)

    def of_withdrawal(act: Callable[[Tx, str, News], None]) -> reader.Handler:
        def handle(tx: Tx, news: News) -> None:
            if news.subject.startswith("wd_"):  # gas and sweeps are custody's own affair
                act(tx, news.subject, news)

        return handle

    def proven(tx: Tx, news: News) -> None:
        withdrawals.address_proven(tx, news.content["address"], now_setting(tx.conn))

    def alarmed(tx: Tx, news: News) -> None:
        standing.alarmed(tx, news.subject)

    def switched_off(tx: Tx, news: News) -> None:
        open_ = cases.latest(tx.conn, [news.subject], "webhook").get(news.subject)
        if open_ is None or open_.status != "open":
            cases.open_case(
                tx,
                kind="webhook",
                subject=news.subject,
                party_id=None,
                requester=news.actor,
                reasons=["webhook_disabled"],
                quorum=1,
                sla_hours=WEBHOOK_HOURS,
            )
        cases.tell(tx, news.subject, "webhook", f"{news.content['label']}: {news.content['why']}")

    def received(tx: Tx, news: News) -> None:
        message = inbox.get(tx.conn, news.subject)
        if message.status == "pending":
            cases.open_case(
                tx,
                kind="travel_rule",
                subject=message.id,
                party_id=message.party_id,
                requester=news.actor,
                reasons=["receiver_differs"],
                quorum=1,
                sla_hours=now_setting(tx.conn).policy.review_sla_hours,
            )
            cases.tell(tx, message.id, "travel_rule", message.why)
        if message.party_id is not None:  # the coins may have been seen before the message came
            since = message.received_at - inbox.MATCH_WITHIN
            fitting = [
                d.id
                for d in custody.deposits(tx.conn, message.party_id, None, 200)[::-1]
                if (d.asset_id, d.claimed) == (message.asset_id, message.units)
                and d.status != "gone"
                and d.seen_at >= since
            ]
            any(inbox.link(tx, message.id, id) for id in fitting)  # the oldest that no other message is about

    def arrives(tx: Tx, news: News) -> None:
        ours = {d.id: d for d in custody.deposits(tx.conn, news.subject, None, 200)}
        found = ours[news.content["deposit"]]
        waiting = inbox.about(tx.conn, found.party_id, found.asset_id, found.claimed, tx.now)
        any(inbox.link(tx, id, found.id) for id in waiting)

    def settled_itself(tx: Tx, news: News) -> None:
        cases.moot(tx, news.subject, f"the endpoint was {news.kind.partition('.')[2]}", ["webhook"])

    def delisted(tx: Tx, news: News) -> None:
        ads.close_of_asset(tx, news.content["asset"], "asset_delisting")

    def left(tx: Tx, news: News) -> None:
        ads.close_of_merchant(tx, news.subject, news.kind.removeprefix("merchant."))

    return {
        "travel_rule.received": received,
        "deposit.seen": arrives,
        "deposit.credited": arrives,
        "webhook.disabled": switched_off,
        "webhook.enabled": settled_itself,
        "webhook.removed": settled_itself,
        "party.event": alarmed,
        "party.frozen": alarmed,
        "party.restricted": alarmed,
        "case.answered": answered,
        "address.proven": proven,
        "asset.delisting": delisted,
        "merchant.exit_asked": left,
        "merchant.dismissed": left,
        "payout.paying": of_withdrawal(lambda tx, id, _: withdrawals.paying(tx, id)),
        "payout.paid": of_withdrawal(lambda tx, id, news: withdrawals.settled(tx, id, news.content["tx"])),
        "payout.failed": of_withdrawal(lambda tx, id, news: withdrawals.returned(tx, id, news.content["reason"])),
        "payout.lapsed": of_withdrawal(lambda tx, id, _: withdrawals.authorisation_lapsed(tx, id)),
    }


def rating_handlers() -> dict[str, reader.Handler]:
    """What the rating does about news from below."""

    def closed(tx: Tx, news: News) -> None:
        ratings.closed(tx, rated_people.account(tx.conn, news.subject).subject_id)

    def linked(tx: Tx, news: News) -> None:
        ratings.joined(tx, news.content["person"], news.content["person_before"])

    def unlinked(tx: Tx, news: News) -> None:
        for apart in news.content["apart"]:
            events.parted(tx, news.content["person"], apart)

    def insisted(tx: Tx, news: News) -> None:
        insisting.insisted(tx, news.subject, news.content["warning"], news.content["party"])

    return {
        "warning.insisted": insisted,
        "withdrawal.settled": lambda tx, news: insisting.executed(tx, news.subject, news.at),
        "merchant.closed": closed,
        "merchant.linked": linked,
        "merchant.unlinked": unlinked,
    }
