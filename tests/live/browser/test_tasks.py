"""Tasks that finish in the chat, in a real browser: another day of payment, a certificate, a person."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect
from pypdf import PdfReader

from tests.live.actors import Server, example_articles, launch
from tests.live.browser.people import SIZES, Crowd, Customer

pytestmark = pytest.mark.live
# The customers whom the demonstration suggests: one of the two may move a payment on any day of a month.
ORLOV = ("Орлов Дмитрий Сергеевич", "МП-204518", "+79000000012")
BELOVA = ("Белова Марина Игоревна", "РС-330417", "+79000000013")
LATER = "Хочу перенести дату платежа по рассрочке"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    """A company whose contracts nobody has changed yet."""
    articles = example_articles(tmp_path / "articles", "repay", "pos", "documents", "card")
    running = launch(tmp_path / "data", articles)
    yield running
    running.stop()


@pytest.fixture
def crowd(browser: Browser, site: Server) -> Iterator[Crowd]:
    everyone = Crowd(browser, site)
    yield everyone
    for context in everyone.contexts:
        context.close()
    assert everyone.complaints == []


def suggested(customer: Customer, title: str) -> str:
    """What the page says one could write."""
    card = customer.page.locator(".try li").filter(has_text=title)
    return card.locator("q").inner_text()


def answered(customer: Customer, text: str) -> Locator:
    """The bot's last word, once it has come; the sign that it types is no article."""
    before = customer.log.locator("article.bot").count()
    customer.says(text)
    expect(customer.log.locator("article.bot")).to_have_count(before + 1)
    return last(customer)


def last(customer: Customer) -> Locator:
    return customer.log.locator("article.bot").last


def read_code(customer: Customer, name: str) -> str:
    """On the demonstration's phone; on a small screen the chat is hidden meanwhile."""
    small = customer.chat.get_by_role("button", name="Свернуть чат")
    whole_screen = customer.page.viewport_size == SIZES["phone"]["viewport"]
    if whole_screen:
        small.click()
    phone = customer.page.locator("#phone")
    phone.locator("summary").click()
    phone.get_by_label("Чей телефон").select_option(name)
    sent = phone.get_by_role("log").locator("li").first
    expect(sent).to_contain_text("Код")
    code = sent.locator("b").inner_text()
    phone.locator("summary").click()
    if whole_screen:
        customer.launcher.click()
    return code


def identifies(customer: Customer, who: tuple[str, str, str]) -> Locator:
    name, contract, number = who
    expect(answered(customer, contract)).to_contain_text("телефон")
    expect(answered(customer, number)).to_contain_text("од")  # «код»: sent
    return answered(customer, read_code(customer, name))


def presses(customer: Customer, button: str) -> Locator:
    """A button of the last message, which is gone when it was used."""
    before = customer.log.locator("article.bot").count()
    customer.chat.get_by_role("button", name=button).click()
    expect(customer.log.locator(".own").last).to_contain_text(button)
    expect(customer.chat.get_by_role("button", name=button)).to_have_count(0)
    expect(customer.log.locator("article.bot")).to_have_count(before + 1)
    return last(customer)


def asks_for_a_day(customer: Customer) -> None:
    """Leads to the question for the new day; on the last days before Orlov's payment as Belova."""
    expect(answered(customer, suggested(customer, "Перенести дату платежа"))).to_contain_text("договор")
    said = identifies(customer, ORLOV)
    if "слишком мало времени" in said.inner_text():
        customer.chat.get_by_role("button", name="Меню").click()
        customer.chat.get_by_text("Завершить и оценить").click()
        customer.chat.get_by_role("button", name="Новый разговор").click()
        expect(answered(customer, LATER)).to_contain_text("договор")
        said = identifies(customer, BELOVA)
    expect(said).to_contain_text("На какое число")


def allowed_day(said: str) -> str:
    """The last day that the bot names."""
    return re.findall(r"\d+", re.split("оступны|ожно на", said)[-1])[-1]


@pytest.mark.parametrize("size", SIZES)
def test_another_day_of_payment_and_a_certificate(crowd: Crowd, size: str) -> None:
    customer = crowd.customer(SIZES[size])
    customer.comes()
    customer.agrees()
    asks_for_a_day(customer)

    # A question in the middle is answered, and the form goes on where it was.
    answer = answered(customer, "а сколько это стоит?")
    expect(answer.locator(".prose")).to_contain_text(re.compile("бесплатно|₽"))
    expect(answer).to_contain_text(re.compile("На какое число"))

    said = answered(customer, "на 20 число").inner_text()
    if "Верно?" not in said:  # Belova's payment may move by 10 days
        said = answered(customer, f"на {allowed_day(said)} число").inner_text()
    assert re.search(r"Перенести платёж по договору (МП-204518|РС-330417) на \d+-е число", said)
    done = presses(customer, "Да, верно")
    expect(done).to_contain_text(re.compile(r"З-\d{6}"))
    expect(done).to_contain_text("новый график")

    # Who is known is not asked again; the certificate is a real document.
    ready = answered(customer, suggested(customer, "Получить справку в PDF"))
    link = ready.get_by_role("link", name=re.compile("скачать"))
    expect(link).to_have_attribute("href", re.compile("^/files/certificates/"))
    content = downloaded(customer, link)
    assert content.startswith(b"%PDF-")
    text = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert "Справка о текущей задолженности" in text
    assert re.search("Орлов Дмитрий Сергеевич|Белова Марина Игоревна", text)


def downloaded(customer: Customer, link: Locator) -> bytes:
    """The link opens a window of its own, which the download closes again."""
    downloads: list[Download] = []

    def keep(download: Download) -> None:
        downloads.append(download)

    def watch(page: Page) -> None:
        page.on("download", keep)

    customer.page.context.on("page", watch)
    watch(customer.page)
    link.click()
    for _ in range(100):
        if downloads:
            break
        customer.page.wait_for_timeout(50)
    assert downloads[0].suggested_filename.endswith(".pdf")
    return Path(downloads[0].path()).read_bytes()


@pytest.mark.parametrize("size", SIZES)
def test_the_operator_sees_what_the_form_knows(crowd: Crowd, size: str) -> None:
    clerk = crowd.clerk()
    customer = crowd.customer(SIZES[size])
    customer.comes()
    customer.agrees()
    expect(answered(customer, "Закажите мне справку о текущей задолженности")).to_contain_text("договор")
    said = identifies(customer, ORLOV)
    expect(said.get_by_role("button")).not_to_have_count(0)
    paper = said.get_by_role("button").filter(has_text=re.compile("очт|исьм"))
    expect(presses(customer, paper.inner_text())).to_contain_text("адрес")
    customer.says("позовите оператора")
    expect(customer.chat.get_by_text("Ждём оператора.")).to_be_visible()

    clerk.takes()
    panel = clerk.page.locator(".right")
    expect(panel.get_by_role("heading", name="Задача с роботом")).to_be_visible()
    for seen in ("Заказ справки", "не закончена", "МП-204518", "+79000000012", "о текущем долге", "почтой"):
        expect(panel).to_contain_text(seen)
    for proof in ("code", "Код", "identity"):
        expect(panel.locator(".slots")).not_to_contain_text(proof)
    clerk.closes()


def test_buttons_of_a_form_by_keyboard(crowd: Crowd) -> None:
    customer = crowd.customer(SIZES["desktop"])
    customer.comes()
    customer.agrees()
    said = answered(customer, suggested(customer, "Заблокировать карту"))
    button = said.get_by_role("button", name="Заморозить на время")
    expect(button).to_be_visible()
    customer.field.press("Shift+Tab")  # «Позвать оператора», then the buttons above
    for _ in range(6):
        if button.evaluate("button => button === document.activeElement"):
            break
        customer.page.keyboard.press("Shift+Tab")
    expect(button).to_be_focused()
    customer.page.keyboard.press("Enter")
    expect(customer.log.locator(".own").last).to_contain_text("Заморозить на время")
    expect(last(customer)).to_contain_text("дату рождения")
