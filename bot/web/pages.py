"""The pages people open: the demo page, the widget's frame, the public articles, sign-in and desk."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.answers.markdown import help_url, render, resolve
from bot.core.errors import NotFound
from bot.web import demo
from bot.web.access import caller_of
from bot.web.assets import Assets
from bot.web.house import House, TheHouse
from knowledge_base.articles import Article

_HERE = Path(__file__).parent
_HEADING = re.compile(r"\A\s*#\s+[^\n]*\n")
routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
assets = Assets(_HERE / "static")

Language = Annotated[str, Query(alias="locale", max_length=20)]


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Escapes everything, and fails on a name that the page does not give it."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    house: House, name: str, language: str, section: str = "pages", status: int = 200, **values: Any
) -> HTMLResponse:
    """A template with its phrases as `t`; `data` is what the page's script reads."""
    locale = "en" if language.lower().startswith("en") else "ru"
    text = (
        templates()
        .get_template(name)
        .render(
            locale=locale,
            t=house.phrases.section(section, locale),
            company=house.settings.company,
            base_url=house.settings.base_url,
            **values,
        )
    )
    return HTMLResponse(text, status_code=status, headers={"Cache-Control": "no-cache"})


@routes.get("/static/{name:path}")
async def static(name: str, request: Request) -> Response:
    return assets.serve(request, name)


@routes.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    return assets.serve(request, "favicon.svg", "public, max-age=86400")


@routes.get("/")
async def home(house: TheHouse, language: Language = "ru") -> Response:
    """The example company's page with the widget, or the articles where there is no demo."""
    if not house.settings.demo:
        return RedirectResponse("/help")
    played = demo.played() if demo.example_of(house) is not None else ()
    return page(house, "demo.html", language, played=played)


@routes.get("/widget/loader.js")
async def loader(request: Request) -> Response:
    return assets.serve(request, "loader.js", "public, max-age=300")


@routes.get("/widget/")
async def widget(house: TheHouse, language: Language = "ru") -> Response:
    return page(house, "widget.html", language, section="widget")


@routes.get("/help")
async def help_index(house: TheHouse, language: Language = "ru") -> Response:
    """The published articles by category."""
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for article in sorted(house.library.articles.values(), key=lambda one: one.title):
        groups[article.category].append({"title": article.title, "url": help_url(article.id)})
    return page(house, "help.html", language, groups=dict(sorted(groups.items())))


@routes.get("/help/{article_id:path}")
async def help_article(article_id: str, house: TheHouse, language: Language = "ru") -> Response:
    articles = house.library.articles
    article = articles.get(article_id)
    if article is None:
        return page(house, "not_found.html", language, status=404)
    related = [
        {"title": articles[other].title, "url": help_url(other)}
        for other in article.related
        if other in articles
    ]
    return page(
        house,
        "help_article.html",
        language,
        title=article.title,
        category=article.category,
        updated=article.updated,
        body=_body(article, {one.id: one.title for one in articles.values()}),
        related=related,
    )


def lost(request: Request) -> Response | None:
    """The page for a person whose address leads nowhere; None for programs, which get JSON."""
    if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return None
    language = request.query_params.get("locale", "ru")
    return page(request.app.state.house, "not_found.html", language, status=404)


def _body(article: Article, titles: dict[str, str]) -> str:
    """Safe HTML. The page shows the title itself, so a first heading is not repeated."""
    return render(resolve(_HEADING.sub("", article.body), titles))


@routes.get("/login")
async def login(house: TheHouse, language: Language = "ru") -> Response:
    return page(house, "login.html", language)


@routes.get("/invite/{token}")
async def invite(token: str, house: TheHouse, language: Language = "ru") -> Response:
    """The page reads the invitation itself; the token stays in the address."""
    return page(house, "invite.html", language, token=token)


@routes.get("/desk")
async def desk(request: Request, house: TheHouse, language: Language = "ru") -> Response:
    return await _for_operators(request, house, "desk.html", language)


@routes.get("/team")
async def team(request: Request, house: TheHouse, language: Language = "ru") -> Response:
    return await _for_operators(request, house, "team.html", language)


async def _for_operators(request: Request, house: House, name: str, language: str) -> Response:
    """The empty page; what it shows comes by the API, which asks for the role."""
    if await caller_of(request, house) is None:
        return RedirectResponse("/login", status_code=303)
    return page(house, name, language, section="desk")


def checked_templates() -> list[str]:
    """Names of the templates that can be read; for `frontline check` and the tests."""
    names = templates().list_templates()
    for name in names:
        templates().get_template(name)
    if not names:
        raise NotFound("template")
    return names
