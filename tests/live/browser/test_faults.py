"""Bad input and lost connections, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.live.browser.people import DESKTOP, PHONE, Crowd

pytestmark = pytest.mark.live


def test_messages_written_offline_arrive_once_and_in_order(crowd: Crowd) -> None:
    customer = crowd.customer(PHONE)
    customer.comes()
    customer.agrees()
    customer.calls()  # a human is waited for: nothing answers in between
    context = customer.page.context
    context.set_offline(True)
    expect(customer.chat.get_by_text("Нет связи.")).to_be_visible()
    for number in range(1, 4):
        customer.says(f"сообщение {number}")
    expect(customer.log.locator(".pending")).to_have_count(3)
    context.set_offline(False)
    expect(customer.log.locator(".pending")).to_have_count(0)
    customer.page.reload()
    customer.launcher.click()
    said = customer.log.locator(".own .bubble").filter(has_text="сообщение")
    expect(said).to_have_text(["сообщение 1", "сообщение 2", "сообщение 3"])
    customer.chat.get_by_role("button", name="Вернуться к боту").click()


def test_a_lost_reply_of_the_server_does_not_double_a_message(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        route.fetch()  # the server has it, the browser never hears of it
        lost.append(route.request.url)
        route.abort()

    customer.page.route("**/api/chat/messages", lose_the_first)
    customer.comes()
    customer.agrees()
    customer.says("как закрыть карту?")
    expect(customer.answer("Источник").first).to_be_visible()
    expect(customer.log.locator(".pending")).to_have_count(0)
    expect(customer.log.locator(".own")).to_have_count(1)
    assert lost


def test_a_message_survives_a_reload_before_it_was_sent(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.page.route("**/api/chat/messages", lambda route: route.abort())
    customer.says("как закрыть карту?")
    expect(customer.log.locator(".pending")).to_have_count(1)
    customer.page.unroute("**/api/chat/messages")
    customer.page.reload()
    customer.launcher.click()
    expect(customer.answer("Источник").first).to_be_visible()
    expect(customer.log.locator(".own")).to_have_count(1)


def test_a_stale_token_begins_anew(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    customer.page.goto("/")  # the demo page and the chat share an origin, so they share its storage
    customer.page.evaluate(
        "localStorage.setItem('frontline.chat', JSON.stringify({ token: 'x'.repeat(40) }))"
    )
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    customer.page.route("**/api/chat/sessions", hold)
    with customer.page.expect_request("**/api/chat/sessions"):
        customer.comes()
    customer.field.fill("как закрыть карту?")  # written while the chat begins anew
    with customer.page.expect_response("**/api/chat/sessions"):
        held[0].continue_()
    customer.field.press("Enter")
    expect(customer.answer("Источник").first).to_be_visible()


def test_an_unread_answer_shows_on_the_closed_launcher(crowd: Crowd) -> None:
    clerk, customer = crowd.clerk(), crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.calls()
    clerk.takes()
    customer.launcher.click()
    clerk.writes("Вы здесь?")
    expect(customer.launcher).to_contain_text("1")
    customer.page.reload()
    expect(customer.launcher).to_contain_text("1")
    customer.launcher.click()
    expect(customer.answer("Вы здесь?")).to_be_visible()
    expect(customer.launcher.locator("b")).to_be_hidden()
    clerk.closes()


def test_the_widget_in_english(crowd: Crowd) -> None:
    page = crowd.customer(DESKTOP, locale="en-GB").page
    page.goto("/?locale=en")
    page.locator("frontline-widget button").click()
    chat = page.frame_locator("frontline-widget iframe")
    expect(chat.get_by_text("not a person")).to_be_visible()
    chat.get_by_role("button", name="Русская версия").click()
    expect(chat.get_by_text("не человек")).to_be_visible()


def test_a_text_that_is_too_long_is_kept_back(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.field.fill("я" * 4005)
    expect(customer.chat.get_by_text("Лишних знаков: 5")).to_be_visible()
    expect(customer.chat.get_by_role("button", name="Отправить")).to_be_disabled()


def test_only_our_frame_is_listened_to(crowd: Crowd) -> None:
    page = crowd.customer(DESKTOP).page
    page.goto("/")
    page.locator("frontline-widget button").click()
    page.frame_locator("frontline-widget iframe").get_by_text("не человек").wait_for()
    page.evaluate("window.postMessage({ frontline: 'unread', count: 7 }, '*')")
    page.evaluate("window.postMessage({ frontline: 'close' }, '*')")
    page.wait_for_timeout(100)
    expect(page.locator("frontline-widget button")).to_have_attribute("aria-expanded", "true")
