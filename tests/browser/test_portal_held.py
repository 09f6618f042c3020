"""What holds a customer's coins up, and what they do about it: look-alikes, questions, appeals, lists, the travel rule;
a passkey; a standing withdrawal that rests. Wide in English, on a phone in Chinese."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from console_kit import check, opened
from eth_account import Account
from eth_account.messages import encode_defunct
from house import RECEIVER, Customer, House, furnish
from playwright.sync_api import Browser, Page
from portal_kit import signed_in, visit
from serving import Site, served
from standing_kit import read_news, standing
from travel_kit import under_law, usd

from tidegate.cases import flow as cases
from tidegate.codec.evm_address import checksum
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store

COIN = 10**6
POISON = checksum(bytes.fromhex(RECEIVER[2:8] + "b" * 27 + RECEIVER[-7:]))
BLOCKED, CLEAN = checksum(b"\x21" * 20), checksum(b"\x47" * 20)
WALLET = Account.from_key("0x" + "47" * 32)
SIZES = [("en", 1440), ("zh", 400)]


@pytest.fixture
def house(conn: Conn) -> House:
    house = furnish(conn)
    screening.import_list(
        conn, "blocklist", f"asset,address,entry\nETH,{BLOCKED},Rug 7\n", "test", house.now, max_age_hours=24 * 365
    )
    return house


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as site:
        yield site


def rich(site: Site) -> Customer:
    """Somebody who signed in and paid to an address of theirs before, long ago."""
    house = site.house
    ada = house.customer(level=3, USDT=300_000 * COIN)
    signed_in(site, ada.id)
    house.confirm(ada, house.asked(ada, "25").id)
    house.wait(hours=200)
    return ada


def ask(page: Page, site: Site, who: Customer, address: str, amount: str) -> str:
    """Ask for a withdrawal at the form; its id."""
    visit(page, site, who.id, "/withdraw")
    page.fill("[name=address]", address)
    page.fill("[name=amount]", amount)
    page.click("main form .btn-primary")
    page.wait_for_selector("[data-payload]")
    return page.url.split("?")[0].rpartition("/")[2]


def confirm(page: Page, house: House, who: Customer) -> None:
    house.wait(seconds=30)
    page.fill("main [name=code]:visible", who.code(house.now))
    send(page, "main .btn.good:visible")


def send(page: Page, button: str) -> None:
    page.click(button)
    page.wait_for_selector("[data-done]")


def people(house: House, id: str, said: str) -> None:
    """A person answers the open case about it, and the news reach the withdrawal."""
    case = next(c for c in cases.about(house.conn, id) if c.status == "open")
    cases.answer(house.conn, case.id, "key_mei", said, "We called back", house.now)
    read_news(house)


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_a_look_alike_is_seen_questioned_declined_and_appealed(
    browser: Browser, site: Site, house: House, language: str, width: int
) -> None:
    ada = rich(site)
    with opened(browser, width=width, language=language) as page:
        id = ask(page, site, ada, POISON, "20000")
        assert page.locator("[data-look-alike] .fours .other").count() == 16
        assert page.locator("[data-waits]").count() == 1
        check(page, f"portal-alike-{language}-{width}")
        confirm(page, house, ada)
        check(page, f"portal-held-{language}-{width}")
        (case,) = cases.about(house.conn, id)
        withdrawals.ask(house.conn, case.id, "source_of_funds", 48, "key_mei", house.now)
        page.wait_for_selector("form[action$=inform]")  # by itself: its news came
        check(page, f"portal-asked-{language}-{width}")
        page.fill("form[action$=inform] textarea", "Sold my <b>boat</b>")
        send(page, "form[action$=inform] .btn-primary")
        people(house, id, "decline")
        page.wait_for_selector("[data-status=declined]")
        page.click("[data-opens=ask-appeal]")
        page.fill("dialog[open] textarea", "It is my brother's wallet")
        send(page, "dialog[open] .btn-primary")
        check(page, f"portal-appealed-{language}-{width}")
        assert [c.status for c in cases.about(house.conn, id) if c.kind == "withdrawal_appeal"] == ["open"]


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_a_listed_address_a_receiver_and_what_waits_is_taken_back(
    browser: Browser, site: Site, house: House, language: str, width: int
) -> None:
    under_law(house, usd("travel_rule", "100", over="at_least", fields="basic"))
    ada = rich(site)
    with opened(browser, width=width, language=language, dark=True) as page:
        ask(page, site, ada, BLOCKED, "30")
        check(page, f"portal-listed-{language}-{width}")
        send(page, "form[action$=acknowledge] button")
        send(page, "form[action$=insist] button")
        assert page.locator("[data-insisted]").count() == 1
        assert page.locator("form[action$=insist]").count() == 0
        check(page, f"portal-insisted-{language}-{width}")
        page.click("[data-opens=ask-cancel]")
        send(page, "dialog[open] .btn.bad")
        page.wait_for_selector("[data-status=cancelled]")
        id = ask(page, site, ada, CLEAN, "200")
        confirm(page, house, ada)
        page.wait_for_selector("form[action$=receiver]")
        check(page, f"portal-receiver-{language}-{width}")
        page.fill("form[action$=receiver] [name=name]", "Clark")
        page.check("form[action$=receiver] [name=self_hosted]")
        send(page, "form[action$=receiver] .btn-primary")
        assert house.get(id).status not in ("awaiting_information", "awaiting_confirmation")
        check(page, f"portal-received-{language}-{width}")


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_a_passkey_is_added_and_confirms_and_a_standing_withdrawal_rests_and_goes_on(
    browser: Browser, site: Site, house: House, language: str, width: int
) -> None:
    ada = rich(site)
    order = standing(house, ada, balance="500000")
    with opened(browser, width=width, language=language) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        how = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": how})
        visit(page, site, ada.id, "/security")
        page.fill("form:has([data-passkey-new]) [name=name]", "My <b>telephone</b>")
        send(page, "[data-passkey-new]")
        check(page, f"portal-factors-{language}-{width}")
        assert [f.kind for f in parties.factors(house.conn, ada.id)] == ["totp", "passkey"]
        read_news(house)
        visit(page, site, ada.id, f"/standing/{order.id}")  # a change of factors has paused it
        check(page, f"portal-standing-paused-{language}-{width}")
        house.wait(hours=100)
        visit(page, site, ada.id, f"/standing/{order.id}")
        page.click("[data-opens=ask-resume]")
        page.fill("dialog[open] [name=code]", ada.code(house.now))
        send(page, "dialog[open] .btn-primary")
        send(page, "form[action$=pause] button")
        id = ask(page, site, ada, RECEIVER, "40")
        check(page, f"portal-passkey-{language}-{width}")
        send(page, "[data-passkey]")
        found = withdrawal_store.get(house.conn, id)
        assert found is not None
        assert list(found.used_factors) == ["passkey"]


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_an_address_is_proven_by_a_signature_and_its_withdrawal_goes_on(
    browser: Browser, site: Site, house: House, language: str, width: int
) -> None:
    under_law(house, usd("ownership_proof", "100", over="at_least"))
    ada = rich(site)
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        id = ask(page, site, ada, WALLET.address, "200")
        confirm(page, house, ada)
        page.wait_for_selector("[data-status=awaiting_information]")
        check(page, f"portal-unproven-{language}-{width}")
        page.click("[data-prove]")
        page.click("[data-copy].btn")
        text = page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n")
        assert WALLET.address in text
        assert text == page.inner_text("[data-message]")
        check(page, f"portal-prove-{language}-{width}")
        page.fill("[name=signature]", sign(text + " "))  # not a letter may differ
        page.click("form[action$=ownership] .btn-primary")
        page.wait_for_selector("[role=alert]")
        assert page.input_value("[name=signature]") == sign(text + " ")
        check(page, f"portal-prove-refused-{language}-{width}")
        page.fill("[name=signature]", f" {sign(text)}\n")
        send(page, "form[action$=ownership] .btn-primary")
        assert house.get(id).status == "approved"
        check(page, f"portal-proven-{language}-{width}")
        page.goto(f"{site.url}/portal/withdrawals/{id}/ownership")  # as from a bookmark
        assert page.url == f"{site.url}/portal/withdrawals/{id}"  # which waits for no proof any more


def sign(text: str) -> str:
    return "0x" + WALLET.sign_message(encode_defunct(text=text)).signature.hex()
