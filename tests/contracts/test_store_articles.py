"""Articles on both databases: versions, publication, lost updates, the revision."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import FrontlineError, NotFound
from bot.store.engine import Store
from bot.store.records import NewArticle


def article(source: str, article_id: str = "card") -> NewArticle:
    return NewArticle(article_id, source.upper(), source)


async def sources(store: Store) -> dict[str, str]:
    return {one.id: one.source for one in (await store.articles.published())[1]}


async def test_drafts_are_not_published(store: Store) -> None:
    articles = store.articles
    assert await articles.revision() == 0
    assert await articles.save(article("раз"), "anna", None) == 1
    assert (await articles.revision(), await sources(store)) == (0, {})
    assert await articles.publish("card", "boris") == 1
    assert await articles.save(article("два"), "anna", 1) == 2
    assert await articles.published() == (1, [(await articles.published())[1][0]])
    assert await sources(store) == {"card": "раз"}
    stored = await articles.get("card")
    assert (stored.version, stored.published_version, stored.source, stored.author) == (2, 1, "два", "anna")
    assert await articles.publish("card", "boris") == 2
    assert (await articles.get("card")).changed_by == "boris"
    assert await articles.publish("card", "boris", 1) == 3
    assert await sources(store) == {"card": "раз"}
    assert [(one.version, one.source) for one in await articles.versions("card")] == [(2, "два"), (1, "раз")]


async def test_lost_update_is_refused(store: Store) -> None:
    results = await asyncio.gather(
        *(store.articles.save(article(f"первый {number}"), "anna", None) for number in range(6)),
        return_exceptions=True,
    )
    assert results.count(1) == 1
    results = await asyncio.gather(
        *(store.articles.save_and_publish(article(f"второй {number}"), "anna", 1) for number in range(6)),
        return_exceptions=True,
    )
    assert results.count(2) == 1
    errors = [result for result in results if isinstance(result, FrontlineError)]
    assert {(error.code, error.status) for error in errors} == {("article_conflict", 409)}
    assert await store.articles.revision() == 1
    with pytest.raises(FrontlineError):
        await store.articles.save(article("x", "new"), "anna", 3)


async def test_deleted_articles_are_withdrawn_and_can_return(store: Store) -> None:
    articles = store.articles
    await articles.save_and_publish(article("раз"), "anna", None)
    assert await articles.delete("card", "boris") == 2
    assert (await sources(store), await articles.list()) == ({}, [])
    [gone] = await articles.list(deleted=True)
    assert (gone.deleted, gone.published_version, gone.changed_by) == (True, None, "boris")
    for step in (articles.delete("card", "b"), articles.publish("card", "b"), articles.delete("x", "b")):
        with pytest.raises(NotFound):
            await step
    assert await articles.save(article("снова"), "anna", None) == 2
    assert (await articles.get("card")).published_version is None
    assert await articles.publish("card", "anna") == 3
    with pytest.raises(NotFound):
        await articles.publish("card", "anna", 9)


async def test_import_touches_what_differs(store: Store) -> None:
    articles = store.articles
    many = [article(f"текст {number}", f"a{number:04}") for number in range(1200)]
    progress: list[int] = []
    done = await articles.import_many(many, "import", progress.append)
    assert (done.added, done.changed, done.unchanged, done.revision) == (1200, 0, 0, 1)
    assert progress == [500, 1000, 1200]
    assert len(await sources(store)) == 1200
    same = await articles.import_many(many, "import")
    assert (same.added, same.changed, same.unchanged, same.revision) == (0, 0, 1200, 1)
    await articles.delete("a0000", "x")
    many[1] = article("иначе", "a0001")
    done = await articles.import_many([*many, article("новый", "b")], "import")
    assert (done.added, done.changed, done.unchanged, done.revision) == (1, 2, 1198, 3)
    assert (await sources(store))["a0001"] == "иначе"
    assert (await articles.get("a0000")).deleted is False
    with pytest.raises(FrontlineError) as raised:
        await articles.import_many([article("x"), article("y")], "import")
    assert raised.value.code == "duplicate_article"


async def test_unknown_articles(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.articles.get("nothing")
    with pytest.raises(NotFound):
        await store.articles.versions("nothing")
