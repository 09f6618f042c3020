"""The table of every call: what the server, the reference and the tests are made from. One line per resource."""

from __future__ import annotations

from tidegate.api.addresses import routes as addresses
from tidegate.api.ads import routes as ads
from tidegate.api.appeals import routes as appeals
from tidegate.api.calendars import routes as calendars
from tidegate.api.cases import routes as cases
from tidegate.api.customers import routes as customers
from tidegate.api.decisions import routes as decisions
from tidegate.api.delistings import routes as delistings
from tidegate.api.deposits import routes as deposits
from tidegate.api.door import Route
from tidegate.api.facts import routes as facts
from tidegate.api.journal import routes as journal
from tidegate.api.jurisdictions import routes as jurisdictions
from tidegate.api.keys import routes as keys
from tidegate.api.kill_switches import routes as kill_switches
from tidegate.api.lists import routes as lists
from tidegate.api.market import routes as market
from tidegate.api.merchants import routes as merchants
from tidegate.api.operation import routes as operation
from tidegate.api.orders import routes as orders
from tidegate.api.payment_accounts import routes as payment_accounts
from tidegate.api.policies import routes as policies
from tidegate.api.rating_runs import routes as rating_runs
from tidegate.api.ratings import routes as ratings
from tidegate.api.restrictions import routes as restrictions
from tidegate.api.standing import routes as standing
from tidegate.api.subscriptions import routes as subscriptions
from tidegate.api.travel_rule import routes as travel_rule
from tidegate.api.treasury import routes as treasury
from tidegate.api.webhooks import routes as webhooks
from tidegate.api.withdrawals import routes as withdrawals

ROUTES: tuple[Route, ...] = (
    *customers.ROUTES,
    *deposits.ROUTES,
    *addresses.ROUTES,
    *withdrawals.ROUTES,
    *decisions.ROUTES,
    *lists.ROUTES,
    *restrictions.ROUTES,
    *cases.ROUTES,
    *policies.ROUTES,
    *kill_switches.ROUTES,
    *jurisdictions.ROUTES,
    *market.ROUTES,
    *subscriptions.ROUTES,
    *standing.ROUTES,
    *merchants.ROUTES,
    *ads.ROUTES,
    *orders.ROUTES,
    *payment_accounts.ROUTES,
    *delistings.ROUTES,
    *keys.ROUTES,
    *appeals.ROUTES,
    *calendars.ROUTES,
    *facts.ROUTES,
    *rating_runs.ROUTES,
    *ratings.ROUTES,
    *treasury.ROUTES,
    *journal.ROUTES,
    *webhooks.ROUTES,
    *travel_rule.ROUTES,
    *operation.ROUTES,
)
