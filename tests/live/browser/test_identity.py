"""A site that says who is signed in: known at once, and never mixed with the next person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.live.actors import Server, example_articles, launch
from tests.live.browser.people import SIZES, Crowd, Customer
from tests.live.test_http_identity import ASKS, ORDER, SECRET, signed

pytestmark = pytest.mark.live


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    running = launch(
        tmp_path / "data", example_articles(tmp_path / "articles", "documents"), identity_secret=SECRET
    )
    yield running
    running.stop()


@pytest.fixture
def crowd(browser: Browser, site: Server) -> Iterator[Crowd]:
    everyone = Crowd(browser, site)
    yield everyone
    for context in everyone.contexts:
        context.close()
    assert everyone.complaints == []


class Shop:
    """A site of another origin, and whom it has signed in."""

    def __init__(self, widget: str) -> None:
        self.identity = ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805  `self` is the shop
                body = (
                    "<!doctype html><html lang=ru><meta charset=utf-8><title>Магазин</title><body>"
                    f'<script src="{widget}" data-identity="{self.identity}" async></script>'
                ).encode()
                handler.send_response(200)
                handler.send_header("Content-Type", "text/html")
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def shows(self, page: Page, identity: str) -> Customer:
        self.identity = identity
        page.goto(f"http://127.0.0.1:{self.server.server_port}/")
        return Customer(page)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def shop(site: Server) -> Iterator[Shop]:
    with closing(Shop(f"{site.url}/widget/loader.js")) as one:
        yield one


def test_who_is_signed_in_is_known_and_who_follows_is_not(crowd: Crowd, shop: Shop) -> None:
    page = crowd.page(SIZES["desktop"])
    customer = shop.shows(page, signed("c-orlov"))
    customer.launcher.click()
    customer.agrees()
    customer.says(ORDER)
    expect(customer.log.get_by_role("link", name="скачать")).to_be_visible()

    # Somebody else signs in at this browser: a new dialog, nothing of the old one.
    customer = shop.shows(page, signed("c-smirnova"))
    customer.launcher.click()
    expect(customer.log.locator(".own")).to_have_count(0)
    customer.says(ORDER)
    expect(customer.log.get_by_role("link", name="скачать")).to_be_visible()

    # Signs out without a reload: the next person begins with the consent.
    page.evaluate("frontlineWidget.identify(null)")
    customer.agrees()
    expect(customer.log.locator(".own")).to_have_count(0)
    customer.says(ORDER)
    expect(customer.answer(ASKS)).to_be_visible()


def test_a_token_that_is_not_believed_leaves_a_chat_that_works(crowd: Crowd, shop: Shop) -> None:
    customer = shop.shows(crowd.page(SIZES["phone"]), signed("c-orlov", secret="тайна чужая"))
    customer.launcher.click()
    customer.agrees()
    customer.says(ORDER)
    expect(customer.answer(ASKS)).to_be_visible()
