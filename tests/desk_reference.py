"""The indicators a second time: slow, plain, in Python over lists of rows. What SQL says must be what this says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from indicator_kit import Row, Rows

from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.rating.indicators.reading import Span

Answer = tuple[int, int | None, int | None, bool, int, set[str]]
"""n, part, whole, enough, grade, everything that may be evidence."""

DONE = ("released", "resolved_release")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def median(values: Iterable[Any]) -> Any:
    """The middle one, of two the lower; None of none."""
    ordered = sorted(values)
    return ordered[(len(ordered) + 1) // 2 - 1] if ordered else None


class Reference:
    """One desk, one window."""

    def __init__(self, rows: Rows, span: Span, numbers: IndicatorNumbers) -> None:
        self.span, self.p, self.limits = span, numbers.values, numbers.structuring_limits
        self.rows = defaultdict(list, {name: list(of) for name, of in rows.items()})
        self.subjects = {
            row["subject_id"]
            for row in self.rows["p2p_scope"]
            if row["from_at"] < span.end and (row.get("until_at") is None or row["until_at"] > span.start)
        }
        self.subject_of: dict[str, set[str]] = defaultdict(set)
        for row in self.rows["p2p_merchants"]:
            if row["subject_id"] in self.subjects:
                self.subject_of[row["party_id"]].add(row["subject_id"])
        self.all = [row for row in self.rows["p2p_orders"] if row["subject_id"] in self.subjects]
        self.ended = [row for row in self.all if self.known(row["ended_at"], row) and self.counts(row["ended_at"], row)]
        self.completed = [row for row in self.ended if row["status"] in DONE]

    def known(self, at: datetime | None, row: Row) -> bool:
        return at is not None and at < self.span.end and row["known_at"] < self.span.end

    def counts(self, at: datetime, row: Row) -> bool:
        return self.known(at, row) and max(at, row["known_at"]) >= self.span.start

    def done(self, subject: str, side: str | None = None) -> list[Row]:
        return [r for r in self.completed if r["subject_id"] == subject and side in (None, r["side"])]

    def flows(self, subject: str) -> list[Row]:
        return [
            r for r in self.rows["coin_flows"] if subject in self.subject_of[r["party_id"]] and self.known(r["at"], r)
        ]

    def freezes(self, subject: str) -> list[Row]:
        return [
            r
            for r in self.rows["rating_facts"]
            if r["subject_id"] == subject
            and r["fact"] == "counterparty_freeze"
            and r["disposition"] in ("open", "confirmed")
            and r["evidence_level"] in ("E2", "E3")
            and self.counts(r["at"], r)
        ]

    def answers(self) -> dict[tuple[str, str], Answer]:
        """Of every subject and indicator; an indicator with nothing to look at says nothing of a subject."""
        asked: dict[str, Callable[[str], Answer | None]] = {
            f"I-{name[2:]}": getattr(self, name) for name in dir(self) if name.startswith("i_")
        }
        return {
            (subject, id): answer
            for id, ask in asked.items()
            for subject in self.subjects
            if (answer := ask(subject)) is not None
        }

    def i_01(self, subject: str) -> Answer | None:
        orders = self.done(subject)
        if not orders:
            return None
        bought, sold = (sum(r["value"] or 0 for r in self.done(subject, side)) for side in ("buy", "sell"))
        direction = "out" if bought > sold else "in"
        tagged = [r for r in self.flows(subject) if self.counts(r["at"], r) and r["counterpart"] == "exchange"]
        counter = [r for r in tagged if r["direction"] == direction]
        moved = sum(r["value"] or 0 for r in counter)
        part, whole = abs(bought - sold), bought + sold
        enough = len(orders) >= self.p["one_sided_orders"]
        fired = (
            enough
            and whole > 0
            and part * 100 >= whole * self.p["one_sided_share_percent"]
            and moved * 100 >= max(bought, sold) * self.p["one_sided_counter_flow_percent"]
        )
        return len(orders), part, whole, enough, int(fired), {r["ref"] for r in counter}

    def i_02(self, subject: str) -> Answer | None:
        orders = self.done(subject)
        if not orders:
            return None
        ever = [
            r for r in self.all if r["subject_id"] == subject and r["status"] in DONE and self.known(r["ended_at"], r)
        ]
        first = min(r["created_at"] for r in ever)
        brought = [
            r for r in self.flows(subject) if r["direction"] == "in" and r["counterpart"] != "own" and r["at"] < first
        ]
        mine = {r["merchant_id"] for r in self.rows["p2p_merchants"] if r["subject_id"] == subject}
        bonded = [
            r
            for r in self.rows["p2p_bond_movements"]
            if r["merchant_id"] in mine
            and r["kind"] in ("lock", "top_up", "release")
            and self.known(r["at"], r)
            and r["at"] < first
        ]
        funds = max(0, sum(r["value"] or 0 for r in brought) - sum(r["value"] or 0 for r in bonded))
        values = [r["value"] for r in orders if r["value"] is not None]
        largest = max(values, default=None)
        enough = largest is not None and all(r["value"] is not None for r in (*brought, *bonded))
        fired = enough and largest is not None and largest * 100 > funds * self.p["initial_funds_percent"]
        told = {r["order_id"] for r in orders if r["value"] is not None and r["value"] == largest}
        shown = {r["ref"] for r in brought} | {r["movement_id"] for r in bonded}
        return len(values), largest, funds, enough, int(fired), told | shown

    def i_03(self, subject: str) -> Answer | None:
        accounts = self.rows["p2p_accounts"]
        mine = [
            r
            for r in accounts
            if subject in self.subject_of[r["party_id"]]
            and r["first_at"] < self.span.end
            and r["last_at"] >= self.span.start
        ]
        shared = set()
        for hash in {r["account_hash"] for r in mine}:
            others = [
                r
                for r in accounts
                if r["account_hash"] == hash
                and r["verified"]
                and r["first_at"] < self.span.end
                and subject not in self.subject_of[r["party_id"]]
            ]
            if others or any(r["attested_elsewhere"] for r in mine if r["account_hash"] == hash):
                shared.add(hash)
        if not mine:
            return None
        fired = len(shared) >= self.p["shared_account_accounts"]
        return len({r["account_hash"] for r in mine}), len(shared), 1, True, int(fired), shared

    def i_04(self, subject: str) -> Answer | None:
        again = {
            r["insisted_withdrawal_id"]
            for r in self.rows["listed_warnings"]
            if subject in self.subject_of[r["party_id"]]
            and r.get("insisted_at") is not None
            and r.get("acknowledged_at") is not None
            and r["listed_since"] <= r["shown_at"]
            and r["acknowledged_at"] <= r["insisted_at"]
            and r["insisted_at"] - r["shown_at"] <= self.p["insisted_hours"] * HOUR
            and self.span.start <= r["insisted_at"] < self.span.end
        }
        if not again:
            return None
        sent = again & {r["ref"] for r in self.flows(subject) if r["direction"] == "out"}
        if len(again) >= self.p["insisted_case_times"] or sent:
            return len(again), len(again), 1, True, 2, again
        return len(again), len(again), 1, True, int(len(again) >= self.p["insisted_times"]), again

    def i_05(self, subject: str) -> Answer | None:
        told: set[str] = set()
        facts, people = set(), set()
        for fact in self.freezes(subject):
            for paid in (r for r in self.all if r["order_id"] == fact["order_id"] and r["subject_id"] == subject):
                for inflow in self.all:
                    if (
                        paid["side"] == "buy"
                        and paid["paid_at"] is not None
                        and inflow["subject_id"] == subject
                        and inflow["side"] == "sell"
                        and not inflow["has_conditions"]
                        and inflow["status"] in DONE
                        and self.known(inflow["ended_at"], inflow)
                        and inflow["paid_at"] is not None
                        and timedelta(0) <= paid["paid_at"] - inflow["paid_at"] <= self.p["unrestricted_days"] * DAY
                    ):
                        facts.add(fact["fact_id"])
                        people.add(fact["counterparty_id"])
                        told |= {fact["fact_id"], paid["order_id"], inflow["order_id"]}
        if not facts:
            return None
        return len(facts), len(people), 1, True, int(len(people) >= self.p["unrestricted_frozen"]), told

    def i_06(self, subject: str) -> Answer | None:
        found = [r for r in self.freezes(subject) if r["attributed"] in (True, None)]
        if not found:
            return None
        people = len({r["counterparty_id"] for r in found})
        met = len({r["taker_id"] for r in self.done(subject)})
        mass = people >= self.p["freezes_mass_people"] or (
            people >= self.p["freezes_mass_share_people"] and people * 100 >= met * self.p["freezes_mass_share_percent"]
        )
        grade = 2 if mass else int(people >= self.p["freezes_people"])
        return people, people, 1, True, grade, {r["fact_id"] for r in found}

    def i_07(self, subject: str) -> Answer | None:
        orders = self.done(subject)
        if not orders:
            return None
        sold = sum(r["value"] or 0 for r in orders if r["side"] == "sell")
        traded = sum(r["value"] or 0 for r in orders)
        gated = (
            len(orders) >= self.p["pass_through_orders"]
            and traded > 0
            and sold * 100 >= traded * self.p["pass_through_least_sell_percent"]
            and sold * 100 <= traded * self.p["pass_through_most_sell_percent"]
        )
        moves = [r for r in orders if r["value"] is not None and r["paid_at"] is not None]
        if not gated or not moves:
            return len(orders), None, None, False, 0, set()
        quick = received = 0
        for fiat in {r["fiat"] for r in moves}:
            queue: list[list[Any]] = []
            for r in sorted((r for r in moves if r["fiat"] == fiat), key=lambda r: (r["paid_at"], r["side"] != "sell")):
                if r["side"] == "sell":
                    queue.append([r["paid_at"], r["value"]])
                    received += r["value"]
                    continue
                left = r["value"]
                while left and queue:
                    taken = min(left, queue[0][1])
                    if r["paid_at"] - queue[0][0] < self.p["pass_through_hours"] * HOUR:
                        quick += taken
                    left, queue[0][1] = left - taken, queue[0][1] - taken
                    if not queue[0][1]:
                        queue.pop(0)
        fired = received > 0 and quick * 100 >= received * self.p["pass_through_share_percent"]
        return len(orders), quick, received, True, int(fired), {r["order_id"] for r in orders}

    def i_08(self, subject: str) -> Answer | None:
        flows = [r for r in self.flows(subject) if self.counts(r["at"], r) and r["counterpart"] != "own"]
        moves = [(r["at"], r["asset_id"], r["direction"], r["units"], r["ref"]) for r in flows]
        moves += [
            (r["released_at"], r["asset_id"], "in", r["units"], r["order_id"])
            for r in self.done(subject, "buy")
            if r["released_at"] is not None
        ]
        hits, arrivals, told = [], 0, set()
        for asset in {asset for _, asset, _, _, _ in moves}:
            stack: list[list[Any]] = []  # of arrivals: when, units, those still here, those that left soon, evidence
            here = [move for move in moves if move[1] == asset]
            for at in sorted({move[0] for move in here}):
                left = sum(units for when, _, way, units, _ in here if when == at and way == "out")
                for one in reversed(stack):  # what came last leaves first
                    gone = min(left, one[2])
                    one[2], left = one[2] - gone, left - gone
                    one[3] += gone if at - one[0] <= self.p["fast_out_hours"] * HOUR else 0
                came = [(units, ref) for when, _, way, units, ref in here if when == at and way == "in"]
                if total := sum(units for units, _ in came):
                    stack.append([at, total, total, 0, {ref for _, ref in came}])
            arrivals += len(stack)
            quick = [one for one in stack if one[3] * 100 >= one[1] * self.p["fast_out_percent"]]
            hits += [at for at, *_ in quick]
            told |= set().union(*(refs for *_, refs in quick))
        if not arrivals:
            return None
        span = self.p["fast_out_days"] * DAY
        times = max((sum(timedelta(0) <= at - other <= span for other in hits) for at in hits), default=0)
        return arrivals, times, 1, True, int(times >= self.p["fast_out_times"]), told

    def i_09(self, subject: str) -> Answer | None:
        orders = self.done(subject)
        if not orders:
            return None
        longest, told = 0, set()
        for limit in self.limits:
            near: dict[tuple[str, Any], list[Row]] = defaultdict(list)
            for r in orders:
                value = r["value"]
                if value is None or not limit * self.p["structuring_from_percent"] <= value * 100 <= limit * 100:
                    continue
                near["account", r["payer_hash"] if r["side"] == "sell" else r["payee_hash"]].append(r)
                near["device", r["device_id"]].append(r)
            for (_, who), runs in near.items():
                if who is None:
                    continue
                days = set()
                for r in runs:
                    span = timedelta(hours=self.p["structuring_hours"])
                    within = sum(timedelta(0) <= r["created_at"] - o["created_at"] <= span for o in runs)
                    if within >= self.p["structuring_orders"]:
                        days.add(r["created_at"].astimezone(self.span.zone).date())
                longest = max(longest, len(days))
                if len(days) >= self.p["structuring_days"]:
                    told |= {r["order_id"] for r in runs}
        return len(orders), longest, 1, True, int(longest >= self.p["structuring_days"]), told

    def _newcomers(self, subject: str) -> tuple[int, dict[str, datetime | None]]:
        faces: dict[str, datetime | None] = {}
        for r in self.done(subject):
            since = r["taker_since"]
            young = since is not None and r["created_at"] - since < self.p["newcomers_days"] * DAY
            known = faces.setdefault(r["taker_id"], None)
            if young and (known is None or r["created_at"] < known):
                faces[r["taker_id"]] = r["created_at"]
        return len(self.done(subject)), faces

    def i_10(self, subject: str) -> Answer | None:
        n, faces = self._newcomers(subject)
        if not n:
            return None
        shares = []
        for other in self.subjects:
            orders, met = self._newcomers(other)
            if orders >= self.p["newcomers_orders"]:
                shares.append(sum(at is not None for at in met.values()) * 1_000_000 // len(met))
        middle = median(shares)
        line = self.p["newcomers_least_percent"] * 10_000
        if middle is not None:
            line = max(line, middle + self.p["newcomers_mads"] * median(abs(share - middle) for share in shares))
        young = sorted(at for at in faces.values() if at is not None)
        span = self.p["newcomers_burst_hours"] * HOUR
        burst = max((sum(timedelta(0) <= at - other <= span for other in young) for at in young), default=0)
        enough = n >= self.p["newcomers_orders"]
        fired = (enough and len(young) * 1_000_000 > len(faces) * line) or burst >= self.p["newcomers_burst"]
        told = {taker for taker, at in faces.items() if at is not None}
        return n, len(young), len(faces), enough, int(fired), told

    def i_11(self, subject: str) -> Answer | None:
        things: dict[tuple[Any, ...], set[str]] = defaultdict(set)
        for r in self.done(subject):
            if r["device_id"] is not None:
                things["device", r["device_id"]].add(r["taker_id"])
            if r["ip_net"] is not None and r["agent"] is not None:
                things["program", r["ip_net"], r["agent"]].add(r["taker_id"])
        takers = {r["taker_id"] for r in self.done(subject)}
        if not takers:
            return None
        groups = [{taker} for taker in takers]
        for linked in things.values():
            joined = [group for group in groups if group & linked]
            groups = [group for group in groups if not group & linked] + [set().union(*joined)]
        largest = max(map(len, groups))
        told = set().union(*(group for group in groups if len(group) >= self.p["ring_takers"]))
        return len(takers), largest, 1, True, int(largest >= self.p["ring_takers"]), told

    def i_12(self, subject: str) -> Answer | None:
        def off(r: Row) -> int:
            return int(r["price"] * 10**8) * 1_000_000 // int(r["reference_price"] * 10**8) - 1_000_000

        def channel(r: Row) -> tuple[Any, ...]:
            return r["side"], r["asset_id"], r["fiat"], r["method"]

        quoted = [r for r in self.completed if r["reference_price"]]
        mine = [r for r in quoted if r["subject_id"] == subject]
        outside = set()
        for r in mine:
            peers = [off(o) for o in quoted if channel(o) == channel(r)]
            middle = median(peers)
            line = max(
                self.p["price_least_percent"] * 10_000,
                self.p["price_mads"] * median(abs(one - middle) for one in peers),
            )
            if abs(r["price"] - r["reference_price"]) * 1_000_000 > r["reference_price"] * line:
                outside.add(r["order_id"])
        if not mine:
            return None
        return len(mine), len(outside), 1, True, int(len(outside) >= self.p["price_orders"]), outside

    def i_13(self, subject: str) -> Answer | None:
        if not self.done(subject):
            return None
        days = self.p["jump_days"]
        history = self.span.before(days + 8)
        orders = [
            r
            for r in self.all
            if r["subject_id"] == subject
            and r["status"] in DONE
            and r["value"] is not None
            and r["created_at"] >= history
            and self.known(r["ended_at"], r)
        ]

        def day(r: Row) -> Any:
            return r["created_at"].astimezone(self.span.zone).date()

        volumes: dict[Any, int] = defaultdict(int)
        for r in orders:
            volumes[day(r)] += r["value"]
        beyond = set()
        for r in (r for r in orders if self.counts(r["ended_at"], r)):
            if day(r) - (days + 1) * DAY < history.astimezone(self.span.zone).date():
                continue
            volume = sum(o["value"] for o in orders if timedelta(0) <= r["created_at"] - o["created_at"] <= 24 * HOUR)
            usual = median(volumes.get(day(r) - n * DAY, 0) for n in range(1, days + 1))
            if volume > max(self.p["jump_limit"], self.p["jump_factor"] * usual):
                beyond.add(day(r))
        n = sum(r["value"] is not None for r in self.done(subject))
        told = {r["order_id"] for r in self.done(subject) if day(r) in beyond and r["value"] is not None}
        return n, len(beyond), 1, n > 0, int(bool(beyond)), told

    def i_14(self, subject: str) -> Answer | None:
        orders = self.done(subject)
        if not orders:
            return None
        values: dict[str, int] = defaultdict(int)
        for r in orders:
            values[r["taker_id"]] += r["value"] or 0
        top, whole = max(values.values()), sum(values.values())
        told = {
            taker
            for taker, value in values.items()
            if value == top and top * 100 > whole * self.p["concentration_percent"]
        }
        starts = set()
        for a, b in self._steps():
            if a["subject_id"] != subject:
                continue
            if b["subject_id"] == subject:
                starts.add(a["order_id"])
                told |= {a["order_id"], b["order_id"]}
                continue
            for c, d in self._steps():
                if (
                    c["subject_id"] == b["subject_id"]
                    and d["subject_id"] == subject
                    and c["released_at"] >= b["released_at"]
                    and self._soon(a, d)
                ):
                    starts.add(a["order_id"])
                    told |= {a["order_id"], d["order_id"]}
        enough = len(orders) >= self.p["concentration_orders"]
        fired = (enough and top * 100 > whole * self.p["concentration_percent"]) or len(starts) >= self.p[
            "concentration_cycles"
        ]
        return len(orders), top, whole, enough, int(fired), told

    def _steps(self) -> list[tuple[Row, Row]]:
        sales = [r for r in self.completed if r["side"] == "sell"]
        returns = [r for r in self.completed if r["side"] == "buy"]
        return [
            (s, r)
            for s in sales
            for r in returns
            if r["taker_id"] == s["taker_id"] and self._soon(s, r) and r["released_at"] > s["released_at"]
        ]

    def _soon(self, a: Row, b: Row) -> bool:
        """`b` brings back about what `a` gave, in time; circles of four compare their first sale's values as well."""
        if None in (a["value"], b["value"], a["released_at"], b["released_at"]):
            return False
        near = abs(b["value"] - a["value"]) * 100 <= a["value"] * self.p["concentration_cycle_percent"]
        return near and b["released_at"] - a["released_at"] <= self.p["concentration_cycle_hours"] * HOUR

    def i_15(self, subject: str) -> Answer | None:
        compared = [r for r in self.done(subject) if r["payer_similarity"] is not None]
        wrong = {r["order_id"] for r in compared if r["payer_similarity"] < self.p["names_similarity_percent"]}
        if not self.done(subject):
            return None
        return len(compared), len(wrong), 1, bool(compared), int(len(wrong) >= self.p["names_orders"]), wrong

    def i_17(self, subject: str) -> Answer | None:
        signs = {
            (r["sign"], r["ref"], r["at"])
            for r in self.rows["account_signs"]
            if subject in self.subject_of[r["party_id"]] and self.counts(r["at"], r)
        }
        if not signs:
            return None
        most, told = 0, set()
        for _, _, start in signs:
            soon = [s for s in signs if timedelta(0) <= s[2] - start <= self.p["takeover_hours"] * HOUR]
            kinds = len({kind for kind, _, _ in soon})
            most = max(most, kinds)
            if kinds == 3:
                told |= {ref for _, ref, _ in soon}
        return len(signs), most, 1, True, int(most == 3), told

    def i_18(self, subject: str) -> Answer | None:
        ended = [r for r in self.ended if r["subject_id"] == subject]
        if not ended:
            return None
        lost = {r["order_id"] for r in ended if r.get("dispute_lost_by") == "merchant"}
        n = len(self.done(subject))
        enough = n >= self.p["lost_orders"]
        fired = len(lost) >= self.p["lost_times"] or (enough and len(lost) * 100 >= n * self.p["lost_percent"])
        return n, len(lost), 1, enough, int(fired), lost

    def i_20(self, subject: str) -> Answer | None:
        found = {
            r["deposit_id"]
            for r in self.rows["counterfeits"]
            if subject in self.subject_of[r["party_id"]] and self.counts(r["at"], r)
        }
        if not found:
            return None
        return len(found), len(found), 1, True, int(len(found) >= self.p["counterfeit_events"]), found

    def i_21(self, subject: str) -> Answer | None:
        ended = [r for r in self.ended if r["subject_id"] == subject]
        return (len(ended), len(self.done(subject)), len(ended), True, 0, set()) if ended else None

    def i_22(self, subject: str) -> Answer | None:
        mine = {r["merchant_id"] for r in self.rows["p2p_merchants"] if r["subject_id"] == subject}
        bonds = [r for r in self.rows["p2p_bonds"] if r["merchant_id"] in mine and r["required"] > 0]
        if not bonds:
            return None
        shares: Sequence[int] = [r["locked"] * 1_000_000 // r["required"] for r in bonds]
        least = [r for r, share in zip(bonds, shares, strict=True) if share == min(shares)]
        assert len(least) == 1, "draw bonds apart, or nobody knows which is meant"
        worst = least[0]
        fired = worst["locked"] * 100 < worst["required"] * self.p["bond_percent"]
        return 1, worst["locked"], worst["required"], True, int(fired), {worst["merchant_id"]}
