"""The main job of the product in a real browser, on a desktop and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.live.browser.people import DESKTOP, SIZES, Crowd, saved

pytestmark = pytest.mark.live
BLOCK_CARD = "Заблокировать карту: потеря, кража, подозрение"
STOLEN = "Украли кошелёк с вашей картой, что делать?"  # an example question of that article


@pytest.mark.parametrize("size", SIZES)
def test_from_question_to_human_and_rating(crowd: Crowd, size: str, tmp_path: Path) -> None:
    clerk = crowd.clerk()
    customer = crowd.customer(SIZES[size])

    # Robot disclosure and consent come before the first word.
    customer.comes()
    expect(customer.chat.get_by_text("не человек")).to_be_visible()
    expect(customer.field).to_have_count(0)
    customer.agrees()

    # A right answer with its source, which opens.
    customer.says(STOLEN)
    answer = customer.answer("Источник")
    source = answer.get_by_role("link", name=BLOCK_CARD).first
    expect(source).to_be_visible()
    with customer.page.context.expect_page() as opened:
        source.click()
    expect(opened.value.get_by_role("heading", name=BLOCK_CARD, level=1)).to_be_visible()
    opened.value.close()

    # Honest about what the base does not know: no source, and a human is offered.
    customer.says("какой пароль от вайфая в кафе на углу?")
    unknown = customer.log.locator(".message.bot").last
    expect(unknown.get_by_role("button", name="Позвать оператора")).to_be_visible()
    expect(unknown.get_by_text("Источник")).to_have_count(0)

    # A human is asked for; the desk sees the reason and the whole dialog.
    customer.calls()
    expect(clerk.cards.filter(has_text="Попросил оператора").first).to_be_visible()
    expect(clerk.page).to_have_title(re.compile(r"^\(\d+\) "))
    clerk.takes()
    expect(customer.chat.get_by_text("присоединился оператор")).to_be_visible()
    for said in (STOLEN, "какой пароль от вайфая", BLOCK_CARD):
        expect(clerk.lines).to_contain_text(said)
    expect(clerk.page.locator(".right")).to_contain_text("Попросил оператора")

    # The operator answers, leaves a note that stays inside, and the customer replies.
    clerk.writes("Здравствуйте! Карту заблокировала.")
    expect(customer.answer("Карту заблокировала.")).to_be_visible()
    clerk.page.get_by_role("button", name="Заметка").click()
    clerk.writes("клиент подтвердил кодовое слово")
    expect(clerk.lines.locator(".note")).to_contain_text("кодовое слово")
    customer.says("Спасибо!")
    expect(clerk.lines.locator(".customer").filter(has_text="Спасибо!")).to_be_visible()

    # A reload loses nothing.
    customer.page.reload()
    customer.launcher.click()
    expect(customer.answer("Карту заблокировала.")).to_be_visible()
    expect(customer.log.locator(".own").filter(has_text="Спасибо!")).to_have_count(1)
    expect(customer.log).not_to_contain_text("кодовое слово")

    # Closed with a resolution; rated; the transcript is kept; a new dialog can begin.
    clerk.closes()
    customer.chat.get_by_text("5 из 5").click(force=True)
    customer.chat.get_by_label("Что можно улучшить?").fill("Всё хорошо")
    customer.chat.get_by_role("button", name="Отправить оценку").click()
    expect(customer.chat.get_by_text("Спасибо за оценку!")).to_be_visible()
    expect(clerk.lines).to_contain_text("Оценка клиента: 5 из 5")
    with customer.page.expect_download() as download:
        customer.chat.get_by_role("button", name="Скачать переписку").click()
    transcript = saved(download.value, tmp_path)
    assert STOLEN in transcript
    assert "Карту заблокировала." in transcript
    assert "кодовое слово" not in transcript
    customer.chat.get_by_role("button", name="Новый разговор").click()
    expect(customer.chat.get_by_role("button", name="Я потерял карту!")).to_be_visible()


def test_the_bot_asks_which_was_meant(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.says("потеряла карту, что делать?")
    customer.chat.get_by_role("button", name=BLOCK_CARD).click()
    expect(customer.answer("Источник").get_by_role("link", name=BLOCK_CARD).first).to_be_visible()
    expect(customer.log.locator(".own").last).to_contain_text(BLOCK_CARD)
    expect(customer.log.get_by_role("button", name=BLOCK_CARD)).to_have_count(0)


def test_back_to_the_bot_by_the_customer_and_by_the_operator(crowd: Crowd) -> None:
    clerk, customer = crowd.clerk(), crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.calls()
    customer.chat.get_by_role("button", name="Вернуться к боту").click()
    expect(customer.chat.locator(".call")).to_be_visible()
    customer.calls()
    clerk.takes()
    clerk.writes("Подключаюсь.")
    expect(customer.answer("Подключаюсь.")).to_be_visible()
    clerk.page.get_by_role("button", name="Вернуть боту").click()
    expect(customer.chat.get_by_text("дальше отвечает робот")).to_be_visible()
    customer.says("как закрыть карту?")
    expect(customer.answer("Источник").first).to_be_visible()


def test_who_becomes_more_urgent_is_served_first(crowd: Crowd) -> None:
    clerk, patient, hunted = crowd.clerk(), crowd.customer(DESKTOP), crowd.customer(DESKTOP)
    for customer in (patient, hunted):
        customer.comes()
        customer.agrees()
        customer.calls()
    waiting = clerk.page.locator(".group").first.locator(".card")
    hunted.says("Коллекторы ломятся в дверь и угрожают, мне страшно")
    expect(waiting.first).to_contain_text("Клиенту угрожают")
    waiting.first.get_by_role("button").first.click()
    expect(clerk.lines).to_contain_text("Стало срочнее: Клиенту угрожают")
    expect(clerk.page.locator(".timeline")).to_contain_text("Стало срочнее: Клиенту угрожают")
    clerk.takes()
    clerk.closes()
    expect(waiting.first).to_contain_text("Попросил оператора")
    clerk.takes()
    clerk.closes()


def test_a_desk_on_a_phone(crowd: Crowd) -> None:
    customer = crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.calls()
    clerk = crowd.clerk(SIZES["phone"])
    clerk.takes()
    clerk.writes("Пишу с телефона.")
    expect(customer.answer("Пишу с телефона.")).to_be_visible()
    clerk.page.get_by_role("button", name="Сведения").click()
    expect(clerk.page.get_by_role("heading", name="Почему нужен человек")).to_be_visible()
    clerk.page.get_by_role("button", name="К диалогу").click()
    clerk.closes()
    clerk.page.get_by_role("button", name="К списку").click()
    expect(clerk.page.get_by_role("heading", name="Ждут")).to_be_visible()
