"""Articles for editors: read, save, publish, withdraw; a change is answered from when the call returns."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from bot.core.errors import InvalidContent
from bot.core.types import Role
from bot.store.records import NewArticle, StoredArticle
from bot.web.access import Caller, require
from bot.web.errors import declared
from bot.web.fields import ArticleId, Body
from bot.web.house import House, TheHouse
from knowledge_base.articles import Article, parse_article

routes = APIRouter(prefix="/api/articles", tags=["articles"], responses=declared(401, 403))

Reader = Annotated[Caller, Depends(require(Role.EDITOR, Role.SUPERVISOR))]
Editor = Annotated[Caller, Depends(require(Role.EDITOR))]


class ArticleLine(BaseModel):
    id: str
    title: str
    version: int = Field(description="The newest; a draft unless it equals `published_version`.")
    published_version: int | None
    author: str
    updated_at: str


class ArticleText(ArticleLine):
    source: str = Field(description="Markdown with front matter, of `version`.")


class VersionText(BaseModel):
    version: int
    title: str
    source: str
    author: str
    created_at: str


class SaveArticle(Body):
    source: str = Field(max_length=1_000_000, description="Markdown with front matter.")
    base_version: int | None = Field(
        default=None, ge=1, description="The version that was edited; null for a new article."
    )
    publish: bool = False


@routes.get("", summary="All articles")
async def articles(_: Reader, house: TheHouse) -> list[ArticleLine]:
    return [_line(item) for item in await house.store.articles.list()]


@routes.get("/{article_id:path}/versions", summary="Every saved version", responses=declared(404))
async def versions(article_id: ArticleId, _: Reader, house: TheHouse) -> list[VersionText]:
    return [
        VersionText(
            version=item.version,
            title=item.title,
            source=item.source,
            author=item.author,
            created_at=item.created_at.isoformat(),
        )
        for item in await house.store.articles.versions(article_id)
    ]


@routes.get("/{article_id:path}", summary="One article", responses=declared(404))
async def article(article_id: ArticleId, _: Reader, house: TheHouse) -> ArticleText:
    return _text(await house.store.articles.get(article_id))


@routes.put("/{article_id:path}", summary="Save a version", responses=declared(409))
async def save(article_id: ArticleId, body: SaveArticle, caller: Editor, house: TheHouse) -> ArticleText:
    """Saves a draft, or with `publish` what customers get from now on.

    `article_conflict` when somebody else saved a version after `base_version`; `invalid_content`
    names the line that is wrong.
    """
    parsed = _parsed(article_id, body.source)
    new = NewArticle(id=article_id, title=parsed.title, source=body.source)
    author = caller.operator.login
    if body.publish:
        version = await house.store.articles.save_and_publish(new, author, body.base_version)
        await _serve(house, caller, "publish_article", article_id, version)
    else:
        version = await house.store.articles.save(new, author, body.base_version)
        await house.store.audit.record(
            caller.operator.id, "save_article", f"article:{article_id}", {"version": version}
        )
    return _text(await house.store.articles.get(article_id))


@routes.post("/{article_id:path}/publish", summary="Publish the newest version", responses=declared(404))
async def publish(article_id: ArticleId, caller: Editor, house: TheHouse) -> ArticleText:
    stored = await house.store.articles.get(article_id)
    _parsed(article_id, stored.source)
    await house.store.articles.publish(article_id, caller.operator.login, stored.version)
    await _serve(house, caller, "publish_article", article_id, stored.version)
    return _text(await house.store.articles.get(article_id))


@routes.delete("/{article_id:path}", summary="Withdraw an article", status_code=204, responses=declared(404))
async def delete(article_id: ArticleId, caller: Editor, house: TheHouse) -> None:
    """Nobody is answered from it any more; its versions stay."""
    await house.store.articles.delete(article_id, caller.operator.login)
    house.library.forget(article_id)
    await _serve(house, caller, "delete_article", article_id, None)


async def _serve(house: House, caller: Caller, action: str, article_id: str, version: int | None) -> None:
    details = {} if version is None else {"version": version}
    await house.store.audit.record(caller.operator.id, action, f"article:{article_id}", details)
    await house.library.changed()


def _parsed(article_id: str, source: str) -> Article:
    parsed = parse_article(source, f"{article_id}.md")
    if parsed.id != article_id:
        raise InvalidContent(f"{article_id}.md", None, f"the front matter names another id, {parsed.id}")
    return parsed


def _line(item: StoredArticle) -> ArticleLine:
    return ArticleLine(
        id=item.id,
        title=item.title,
        version=item.version,
        published_version=item.published_version,
        author=item.author,
        updated_at=item.updated_at.isoformat(),
    )


def _text(item: StoredArticle) -> ArticleText:
    return ArticleText(**_line(item).model_dump(), source=item.source)
