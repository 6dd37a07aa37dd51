"""Markup in what people write, and in articles, shows as text wherever it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.live.browser.conftest import HOSTILE, HOSTILE_QUESTION, HOSTILE_TITLE
from tests.live.browser.people import DESKTOP, Crowd, saved

pytestmark = pytest.mark.live


def only_text(*places: Locator) -> None:
    for place in places:
        expect(place.locator("img, script, iframe, [onerror], [href^=javascript]")).to_have_count(0)


def test_in_a_dialog(crowd: Crowd, tmp_path: Path) -> None:
    clerk, customer = crowd.clerk(), crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.calls()
    customer.says(HOSTILE)
    expect(customer.log.locator(".own").last).to_contain_text(HOSTILE)
    expect(clerk.cards.first).to_contain_text("<img src=x")
    clerk.takes()
    expect(clerk.lines.locator(".customer").filter(has_text=HOSTILE)).to_be_visible()
    clerk.writes(HOSTILE)
    expect(customer.answer("onerror=")).to_be_visible()
    clerk.page.get_by_role("button", name="Заметка").click()
    clerk.writes(f"заметка {HOSTILE}")
    expect(clerk.lines.locator(".note").filter(has_text=HOSTILE)).to_be_visible()
    only_text(customer.chat.locator("body"), clerk.page.locator("body"))
    clerk.closes()
    with customer.page.expect_download() as download:
        customer.chat.get_by_role("button", name="Скачать переписку").click()
    assert HOSTILE in saved(download.value, tmp_path)
    clerk.page.get_by_role("tab", name="История").click()
    expect(clerk.page.locator(".history .card").first).to_contain_text("<img src=x")
    only_text(clerk.page.locator("body"))


def test_in_an_article(crowd: Crowd) -> None:
    clerk, customer = crowd.clerk(), crowd.customer(DESKTOP)
    page = customer.page
    page.goto("/help")
    link = page.get_by_role("link", name=HOSTILE_TITLE)
    expect(link).to_be_visible()
    only_text(page.locator("main"))
    link.click()
    expect(page.get_by_role("heading", name=HOSTILE_TITLE, level=1)).to_be_visible()
    expect(page.locator(".prose")).to_contain_text(HOSTILE)
    only_text(page.locator("main"))

    customer.launcher.click()
    customer.agrees()
    customer.says(HOSTILE_QUESTION)
    expect(customer.answer(HOSTILE).get_by_role("link", name=HOSTILE_TITLE).first).to_be_visible()
    customer.calls()
    clerk.takes()
    expect(clerk.lines).to_contain_text(HOSTILE)
    expect(clerk.page.locator(".right").get_by_role("link", name=HOSTILE_TITLE).first).to_be_visible()
    only_text(customer.chat.locator("body"), clerk.page.locator("body"))
    clerk.closes()
