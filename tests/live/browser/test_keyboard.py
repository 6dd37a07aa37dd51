"""The customer's way without a mouse, and what a screen reader is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live.browser.people import DESKTOP, Crowd

pytestmark = pytest.mark.live
FOCUSED = "node => document.hasFocus() && node.getRootNode().activeElement === node"
RINGED = """node => {
    const { outlineStyle, outlineWidth } = getComputedStyle(node);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
}"""


def tab_to(page: Page, target: Locator, key: str = "Tab", most: int = 60) -> None:
    """Presses Tab until the target has the focus, which must then be seen."""
    target.wait_for()
    for _ in range(most):
        page.keyboard.press(key)
        if target.evaluate(FOCUSED):
            assert target.evaluate(RINGED), "the focus cannot be seen"
            return
    pytest.fail(f"{target} is out of the keyboard's reach")


def test_the_customers_way_with_keys_only(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    page, chat = customer.page, customer.chat
    page.goto("/")
    tab_to(page, customer.launcher)
    page.keyboard.press("Enter")
    tab_to(page, chat.get_by_role("button", name="Согласиться и начать"))
    page.keyboard.press("Enter")
    expect(customer.field).to_be_focused()

    # Two lines by Shift+Enter; the field keeps the focus after sending.
    page.keyboard.type("первая строка")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("как закрыть карту мост")
    page.keyboard.press("Enter")
    own = customer.log.locator(".own .plain")
    expect(own).to_have_text("первая строка\nкак закрыть карту мост", use_inner_text=True)
    expect(customer.field).to_be_focused()

    # The source of the answer, the menu, and a human.
    page.keyboard.type("Я потерял карту!")
    page.keyboard.press("Enter")
    tab_to(page, customer.answer("Источник").last.get_by_role("link").last, "Shift+Tab")
    menu = chat.get_by_role("button", name="Меню")
    tab_to(page, menu, "Shift+Tab")
    page.keyboard.press("Enter")
    items = chat.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    tab_to(page, chat.get_by_role("button", name="Позвать оператора").last)
    page.keyboard.press("Enter")
    back = chat.get_by_role("button", name="Вернуться к боту")
    tab_to(page, back, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(back).to_have_count(0)

    # Escape leaves the chat, and the focus is where it came from.
    tab_to(page, customer.field)
    page.keyboard.press("Escape")
    expect(customer.launcher).to_be_focused()
    expect(customer.launcher).to_have_attribute("aria-expanded", "false")


def test_what_a_screen_reader_hears(crowd: Crowd) -> None:
    """New messages are announced, each with its author; every control has a name."""
    customer = crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    expect(customer.log).to_have_attribute("aria-live", "polite")
    expect(customer.log).to_have_accessible_name("Переписка")
    customer.says("Я потерял карту!")
    expect(customer.log.locator(".own header")).to_have_text("Вы")
    expect(customer.answer("Источник").locator("header").first).to_contain_text("Робот")
    controls = customer.chat.locator("button, textarea, a")
    for control in controls.all():
        name = control.evaluate(
            "node => node.ariaLabel || node.textContent.trim() || node.labels?.[0]?.textContent"
        )
        assert name, control.evaluate("node => node.outerHTML")
    customer.calls()
    expect(customer.chat.get_by_role("status").filter(has_text="Ждём оператора.")).to_be_visible()
    customer.chat.get_by_role("button", name="Вернуться к боту").click()


def test_the_desk_with_keys_only(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.calls()
    clerk = crowd.clerk()
    page = clerk.page
    clerk.cards.first.wait_for()
    page.keyboard.press("j")
    page.locator("#claim").wait_for()
    page.keyboard.press("c")
    page.get_by_role("button", name="Ответ клиенту").wait_for()
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.type("Пишу без мыши.")
    page.keyboard.press("Enter")
    expect(customer.answer("Пишу без мыши.")).to_be_visible()
    expect(clerk.lines).to_have_attribute("aria-live", "polite")
    tab_to(page, page.get_by_role("button", name="Закрыть вопрос"), "Shift+Tab")
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog")
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    clerk.closes()
