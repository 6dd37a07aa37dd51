"""Takes the screenshots of the documentation from the running product: `make screenshots`.

Starts a server of its own with the example base, plays customers and two operators, and writes the
pictures beside this file, so that the documentation shows what a reader will see.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

FOLDER = Path(__file__).resolve().parent
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
PASSWORD = "снимок для документации"  # noqa: S105  a server that lives for a minute, on this machine only
QUESTION = "Как закрыть займ раньше срока?"
THANKS = "Спасибо! А когда можно скачать справку?"
WAITING = (  # the bot hands both over at once
    "меня прямо сейчас обманывают мошенники, уже перевёл деньги",
    "Вторую неделю жду возврат за телефон, соедините с человеком",
)


@contextmanager
def product() -> Iterator[tuple[str, str]]:
    """Address of a fresh server and the one-time link of its first administrator."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as data:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        settings = {
            "FRONTLINE_PORT": str(port),
            "FRONTLINE_DATA_DIR": data,
            "FRONTLINE_LOG_LEVEL": "warning",
            "FRONTLINE_COMPANY__HOURS": "00:00-23:59",  # pictures do not depend on the hour they are taken
        }
        command = [sys.executable, "-m", "bot", "serve"]
        server = subprocess.Popen(  # noqa: S603  our own command line
            command, env=os.environ | settings, cwd=FOLDER.parent.parent, stdout=subprocess.PIPE, text=True
        )
        try:
            yield f"http://127.0.0.1:{port}", _invitation(server)
        finally:
            server.terminate()
            server.wait()


def _invitation(server: subprocess.Popen[str]) -> str:
    for line in server.stdout or ():
        if found := re.search(r"https?://\S+/invite/\S+", line):
            return found[0]
    raise SystemExit("the server did not start")


class Studio:
    """A browser, its windows, and the pictures."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url

    def window(self, size: dict[str, Any], signed_in: StorageState | None = None) -> BrowserContext:
        context = self._browser.new_context(
            base_url=self._url,
            storage_state=signed_in,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            color_scheme="light",
            reduced_motion="reduce",
            **size,
        )
        context.set_default_timeout(60_000)
        return context

    def page(self, size: dict[str, Any], path: str = "/", signed_in: StorageState | None = None) -> Page:
        page = self.window(size, signed_in).new_page()
        page.goto(path)
        return page

    def waits(self, text: str) -> None:
        """A customer without a window of their own."""
        api = self.window(DESKTOP).request
        session = api.post("/api/chat/sessions", data={"locale": "ru", "consent": True}).json()
        token = {"Authorization": f"Bearer {session['token']}"}
        api.post("/api/chat/messages", headers=token, data={"client_id": uuid4().hex, "text": text})


def await_ready(url: str) -> None:
    """The first start of a server builds the index of the example base."""
    for _ in range(240):
        if httpx.get(f"{url}/health/ready").is_success:
            return
        time.sleep(0.25)
    raise SystemExit("the server does not become ready")


def keep(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)  # fonts and the last repaint
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"{name}.png")


def open_chat(page: Page) -> None:
    page.locator("frontline-widget button").click()
    page.frame_locator("frontline-widget iframe").get_by_role("button", name="Согласиться и начать").click()


def ask(page: Page, text: str, reply: str) -> None:
    """Writes into the chat and waits for what is answered."""
    chat = page.frame_locator("frontline-widget iframe")
    chat.get_by_placeholder("Напишите сообщение").fill(text)
    chat.get_by_placeholder("Напишите сообщение").press("Enter")
    chat.locator(".message:not(.own)").filter(has_text=reply).last.wait_for()


def sign_up(page: Page, invitation: str, name: str, login: str) -> None:
    page.goto(invitation)
    page.get_by_label("Ваше имя").fill(name)
    page.get_by_label("Логин").fill(login)
    page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    page.get_by_label("Пароль ещё раз").fill(PASSWORD)
    page.get_by_role("button", name="Создать учётную запись").click()


def invite(page: Page, name: str, role: str) -> str:
    """The link that the team page shows once."""
    page.get_by_role("button", name="Пригласить").click()
    page.get_by_label("Имя").fill(name)
    page.get_by_label("Роль").last.select_option(role)
    page.get_by_role("button", name="Создать ссылку").click()
    link = page.get_by_label("Ссылка").input_value()
    page.get_by_role("button", name="Готово").click()
    return link


def public_pages(studio: Studio) -> None:
    keep(studio.page(DESKTOP), "demo")
    keep(studio.page(DESKTOP, "/help"), "help")
    keep(studio.page(DESKTOP, "/help/card-block"), "article")


def task(studio: Studio) -> None:
    """A payment date is changed; the code comes to the demonstration's phone."""
    customer = studio.page(DESKTOP)
    customer.locator(".try").evaluate("section => section.scrollIntoView()")
    open_chat(customer)
    chat = customer.frame_locator("frontline-widget iframe")
    ask(customer, customer.locator(".try q").first.inner_text(), "договор")
    ask(customer, "МП-204518", "телефон")
    ask(customer, "+7 900 000-00-12", "код")
    customer.locator("#phone summary").click()
    code = customer.locator("#sms b").first.inner_text()
    ask(customer, code, "число")
    ask(customer, "а проценты добавятся?", "Проценты")
    ask(customer, "на 20-е", "Верно?")
    keep(customer, "task")
    chat.get_by_role("button", name="Да, верно").click()
    chat.locator("article.bot").filter(has_text="график").last.wait_for()
    ask(customer, customer.locator(".try q").nth(1).inner_text(), "PDF")
    keep(customer, "certificate")
    phone = studio.page(PHONE)
    open_chat(phone)
    ask(phone, "Потерял карту, заблокируйте", "заблокировать карту")
    keep(phone, "task-phone")


def team(studio: Studio, invitation: str) -> Page:
    """The administrator's page, with a colleague of each kind."""
    administrator = studio.page(DESK)
    sign_up(administrator, invitation, "Анна Петрова", "anna")
    administrator.wait_for_url("**/team")
    for name, login, role in (
        ("Игорь Соколов", "igor", "operator"),
        ("Ольга Белова", "olga", "editor"),
        ("Марат Ахметов", "marat", "supervisor"),
    ):
        sign_up(colleague := studio.page(DESK), invite(administrator, name, role), name, login)
        colleague.wait_for_url("**/desk")
        colleague.context.close()
    administrator.reload()
    administrator.get_by_text("Марат Ахметов").first.wait_for()
    keep(administrator, "team")
    return administrator


def desk(studio: Studio, operator: Page) -> None:
    """One dialog from the question to the operator's answer, seen from both sides."""
    customer = studio.page(DESKTOP)
    open_chat(customer)
    ask(customer, QUESTION, "Источник")
    chat = customer.frame_locator("frontline-widget iframe")
    chat.get_by_role("button", name="К последнему сообщению").click()
    keep(customer, "widget")
    phone = studio.page(PHONE)
    open_chat(phone)
    ask(phone, QUESTION, "Источник")
    keep(phone, "widget-phone")
    chat.locator(".call").click()
    for text in WAITING:
        studio.waits(text)
    operator.goto("/desk")
    operator.locator(".card").nth(len(WAITING)).wait_for()
    card = operator.locator(".card").filter(has_text=QUESTION)
    card.get_by_role("button", name="Взять").click()
    reply = operator.locator("#reply")
    operator.get_by_role("button", name="Ответ клиенту").wait_for()
    reply.fill("Здравствуйте! Вижу вашу заявку: сумма на сегодня уже рассчитана, её видно в приложении.")
    reply.press("Enter")
    ask(customer, THANKS, "сумма на сегодня")
    operator.locator(".line.customer").filter(has_text=THANKS).wait_for()
    reply.fill("На следующий день после оплаты, когда договор получит статус «Закрыт».")
    keep(operator, "desk")
    keep(customer, "operator")
    phone = studio.page(PHONE, operator.url, operator.context.storage_state())
    phone.locator(".line.customer").filter(has_text=THANKS).wait_for()
    keep(phone, "desk-phone")


def main() -> None:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with product() as (url, invitation), sync_playwright() as playwright:
        await_ready(url)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        studio = Studio(browser, url)
        public_pages(studio)
        task(studio)
        desk(studio, team(studio, invitation))
        browser.close()


if __name__ == "__main__":
    main()
