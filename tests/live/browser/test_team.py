"""A colleague from the invitation to a password of their own choice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.live.actors import PASSWORD
from tests.live.browser.people import DESKTOP, SIZES, Crowd

pytestmark = pytest.mark.live
ANOTHER = "совсем другая лошадь"


def change_password(page: Page, old: str, new: str, repeat: str) -> None:
    window = page.get_by_role("dialog", name="Сменить пароль")
    window.get_by_label("Текущий пароль").fill(old)
    window.get_by_label("Новый пароль", exact=True).fill(new)
    window.get_by_label("Новый пароль ещё раз").fill(repeat)
    window.get_by_role("button", name="Сохранить пароль").click()


@pytest.mark.parametrize("size", SIZES)
def test_an_operator_joins_and_changes_the_password(crowd: Crowd, size: str) -> None:
    clerk, page = crowd.clerk(), crowd.page(SIZES[size])
    page.goto(invitation(clerk.page, "Игорь Соколов"))
    page.get_by_label("Логин").fill(f"igor-{size}")
    page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    page.get_by_label("Пароль ещё раз").fill(PASSWORD)
    page.get_by_role("button", name="Создать учётную запись").click()
    page.wait_for_url("**/desk")

    account = page.get_by_role("button", name="Учётная запись: Игорь Соколов")
    account.click()
    page.get_by_role("menuitem", name="Сменить пароль").click()
    change_password(page, PASSWORD, ANOTHER, PASSWORD)
    expect(page.get_by_text("Новые пароли не совпадают.")).to_be_visible()
    change_password(page, ANOTHER, ANOTHER, ANOTHER)
    expect(page.get_by_text("Текущий пароль введён неверно.")).to_be_visible()
    change_password(page, PASSWORD, ANOTHER, ANOTHER)
    expect(page.get_by_text("Пароль изменён.")).to_be_visible()
    page.get_by_role("button", name="Готово").click()

    # The desk goes on: a new customer still appears.
    customer = crowd.customer(DESKTOP)
    customer.comes()
    customer.agrees()
    customer.calls()
    expect(page.locator(".card").first).to_be_visible()
    customer.chat.get_by_role("button", name="Вернуться к боту").click()
    expect(page.locator(".card")).to_have_count(0)

    account.click()
    page.get_by_role("menuitem", name="Выйти").click()
    page.get_by_label("Логин").fill(f"igor-{size}")
    page.get_by_label("Пароль").fill(ANOTHER)
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url("**/desk")


def invitation(team: Page, name: str) -> str:
    """The link that the team page shows once."""
    team.goto("/team")
    team.get_by_role("button", name="Пригласить").click()
    team.get_by_label("Имя").fill(name)
    team.get_by_role("button", name="Создать ссылку").click()
    return team.get_by_label("Ссылка").input_value()


def test_the_team_page_fits_a_phone(crowd: Crowd) -> None:
    """Tables scroll inside their panels; a window stands in the middle of the screen."""
    page = crowd.clerk(SIZES["phone"]).page
    page.goto("/team")
    page.get_by_role("cell", name="anna").wait_for()
    width = SIZES["phone"]["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("button", name="Пригласить").click()
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] == pytest.approx(width - box["x"] - box["width"], abs=1)
