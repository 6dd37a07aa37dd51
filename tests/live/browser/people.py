"""The two people of the story and their browser windows.

`Customer` and `Clerk` do what a person does on the page; every test says what must be seen. A page
that reports a script error, or breaks the content security policy, fails its test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from tests.live.actors import PASSWORD, Server

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
ADMINISTRATOR = "anna"


@dataclass
class Crowd:
    browser: Browser
    site: Server
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def page(self, size: dict[str, Any], **options: Any) -> Page:
        context = self.browser.new_context(
            base_url=self.site.url, **{"locale": "ru-RU", "accept_downloads": True, **size, **options}
        )
        context.set_default_timeout(8_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.text))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        return page

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.complaints.append(text)

    def customer(self, size: dict[str, Any], **options: Any) -> Customer:
        return Customer(self.page(size, **options))

    def clerk(self, size: dict[str, Any] = DESKTOP) -> Clerk:
        """The first administrator, who accepts the invitation in the first test that needs one."""
        page = self.page(size)
        if self.site.app.state.house.invite_url is not None:
            page.goto(self.site.invite)
            page.get_by_label("Ваше имя").fill("Анна Петрова")
            page.get_by_label("Логин").fill(ADMINISTRATOR)
            page.get_by_label("Пароль", exact=True).fill(PASSWORD)
            page.get_by_label("Пароль ещё раз").fill(PASSWORD)
            page.get_by_role("button", name="Создать учётную запись").click()
            page.wait_for_url("**/team")
            page.goto("/desk")
        else:
            page.goto("/desk")
            page.get_by_label("Логин").fill(ADMINISTRATOR)
            page.get_by_label("Пароль").fill(PASSWORD)
            page.get_by_role("button", name="Войти").click()
            page.wait_for_url("**/desk")
        page.locator(".queue").wait_for()
        return Clerk(page)


@dataclass
class Customer:
    """Someone on the company's page, with the chat in its frame."""

    page: Page

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("frontline-widget iframe")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("frontline-widget button")

    @property
    def log(self) -> Locator:
        return self.chat.get_by_role("log")

    @property
    def field(self) -> Locator:
        return self.chat.get_by_placeholder("Напишите сообщение")

    def comes(self) -> None:
        self.page.goto("/")
        self.launcher.click()

    def agrees(self) -> None:
        self.chat.get_by_role("button", name="Согласиться и начать").click()
        self.field.wait_for()

    def says(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def answer(self, text: str) -> Locator:
        """The bot's or operator's message that contains the text."""
        return self.log.locator(".message:not(.own)").filter(has_text=text)

    def calls(self) -> None:
        """Presses the button that is always in reach."""
        self.chat.locator(".call").click()
        expect(self.chat.get_by_text("Ждём оператора.")).to_be_visible()


@dataclass
class Clerk:
    """Someone at the desk."""

    page: Page

    @property
    def cards(self) -> Locator:
        return self.page.locator(".card")

    @property
    def lines(self) -> Locator:
        return self.page.get_by_role("log")

    def takes(self) -> None:
        self.page.get_by_role("button", name="Взять").first.click()
        self.page.get_by_role("button", name="Ответ клиенту").wait_for()  # before, one writes notes only

    def writes(self, text: str) -> None:
        self.page.locator("#reply").fill(text)
        self.page.locator("#reply").press("Enter")

    def closes(self) -> None:
        self.page.get_by_role("button", name="Закрыть вопрос").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Закрыть вопрос").click()


def saved(download: Any, folder: Path) -> str:
    """The text of a downloaded file."""
    download.save_as(folder / "saved.txt")
    return (folder / "saved.txt").read_text("utf-8-sig")
