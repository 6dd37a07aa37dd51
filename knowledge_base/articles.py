"""An article: Markdown with YAML front matter. Reading it, and saying exactly what is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.core.documents import parse_yaml
from bot.core.errors import InvalidContent

AUDIENCES = ("individual", "business")
MAX_BYTES = 1_000_000
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_ID = re.compile(r"[^\W_]+(?:[-_./ ]*[^\W_]+)*")
_LINK = re.compile(r"\[\[([^\]\n]+)\]\]")
_NOT_ARTICLES = {"readme.md", "license.md", "contributing.md", "changelog.md"}


@dataclass(frozen=True, slots=True)
class Article:
    """One article. Without front matter: the id is the path, the title the first heading.

    `hash` is the SHA-256 of `source`, the full text of the file.
    """

    id: str
    title: str
    body: str
    source: str
    hash: str
    category: str = ""
    audience: tuple[str, ...] = AUDIENCES
    questions: tuple[str, ...] = ()
    voice: str = ""
    tags: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    owner: str = ""
    updated: date | None = None
    review_by: date | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """Ids that the body links to as `[[id]]`."""
        return tuple(_LINK.findall(self.body))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder holds; the broken files do not stop the rest."""

    articles: tuple[Article, ...]
    problems: tuple[InvalidContent, ...]


def parse_article(source: str, path: str, *, strict: bool = True) -> Article:
    """Reads one file's text; raises `InvalidContent` with the line of the first problem.

    `strict` refuses unknown keys; a base that was written for another product is read without it.
    """
    if "\x00" in source:
        raise InvalidContent(path, None, "is not a text file (contains NUL)")
    front = _FRONT.match(source)
    if front is None and re.match(r"\A---[ \t]*\r?\n", source):
        raise InvalidContent(path, 1, "the front matter that opens with --- is never closed with ---")
    fields = _Fields(path, front[1] if front else "")
    body = (source[front.end() :] if front else source).strip()
    heading = _HEADING.search(body)
    stem = Path(path).with_suffix("").as_posix()
    article = Article(
        id=fields.text("id") or stem,
        title=fields.text("title") or (heading[1] if heading else Path(path).stem),
        body=body,
        source=source,
        hash=hashlib.sha256(source.encode()).hexdigest(),
        category=fields.text("category") or "",
        audience=fields.texts("audience") or AUDIENCES,
        questions=fields.texts("questions"),
        voice=fields.text("voice") or "",
        tags=fields.texts("tags"),
        related=fields.texts("related"),
        owner=fields.text("owner") or "",
        updated=fields.day("updated"),
        review_by=fields.day("review_by"),
    )
    if strict:
        fields.done()
    _validate(article, fields, path)
    return article


def _validate(article: Article, fields: _Fields, path: str) -> None:
    if not _ID.fullmatch(article.id) or len(article.id) > 200:
        raise InvalidContent(
            path, fields.line("id"), f"id {article.id!r} may hold letters, digits and - _ . /"
        )
    if not article.body:
        raise InvalidContent(path, None, "has no text")
    unknown = set(article.audience) - set(AUDIENCES)
    if unknown:
        raise InvalidContent(
            path,
            fields.line("audience"),
            f"audience {', '.join(sorted(unknown))} is none of {', '.join(AUDIENCES)}",
        )
    repeated = {question for question in article.questions if article.questions.count(question) > 1}
    if repeated:
        raise InvalidContent(path, fields.line("questions"), f"question is repeated: {min(repeated)}")


def _line_of(front: str, key: str) -> int | None:
    for number, line in enumerate(front.splitlines(), 2):
        if line.startswith(f"{key}:"):
            return number
    return None


class _Fields:
    """The front matter, taken out field by field; what is left over is unknown."""

    def __init__(self, path: str, text: str) -> None:
        self._path, self._text = path, text
        try:
            values = parse_yaml(text) if text.strip() else {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "cannot be read"
            raise InvalidContent(path, mark.line + 2 if mark else 1, f"YAML: {problem}") from error
        except ValueError as error:  # a date such as 2026-13-40
            raise InvalidContent(path, _bad_date(text), f"not a date: {error}") from error
        if not isinstance(values, dict):
            raise InvalidContent(path, 2, "the front matter must be keys and values")
        self._values: dict[str, Any] = values

    def line(self, key: str) -> int | None:
        """Line of the file (from 1) where the key stands; the first line is the opening `---`."""
        return _line_of(self._text, key)

    def text(self, key: str) -> str | None:
        value = self._values.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, str | int | float):
            raise InvalidContent(self._path, self.line(key), f"{key} must be text")
        return str(value).strip()

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.pop(key, None) or []
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            raise InvalidContent(self._path, self.line(key), f"{key} must be a list of texts")
        return tuple(one.strip() for one in value)

    def day(self, key: str) -> date | None:
        value = self._values.pop(key, None)
        if value is not None and not isinstance(value, date):
            raise InvalidContent(self._path, self.line(key), f"{key} must be a date, YYYY-MM-DD")
        return value

    def done(self) -> None:
        for key in self._values:
            raise InvalidContent(self._path, self.line(str(key)), f"unknown key {key}")


def _bad_date(text: str) -> int:
    """Line of the file whose value YAML takes for a date that does not exist."""
    for number, line in enumerate(text.splitlines(), 2):
        try:
            parse_yaml(line)
        except yaml.YAMLError:
            continue  # a part of something longer
        except ValueError:
            return number
    return 1


def load_folder(
    folder: Path, *, strict: bool = True, on_progress: Callable[[int, int], None] | None = None
) -> Loaded:
    """Reads every Markdown file below the folder, in order of path; progress as (done, total)."""
    paths = [
        path
        for path in sorted(folder.rglob("*.md"))
        if path.is_file() and path.name.lower() not in _NOT_ARTICLES
    ]
    kept: dict[str, tuple[Article, str]] = {}
    problems: list[InvalidContent] = []
    for number, path in enumerate(paths, 1):
        name = path.relative_to(folder).as_posix()
        try:
            if path.stat().st_size > MAX_BYTES:
                raise InvalidContent(name, None, f"is larger than {MAX_BYTES} bytes")
            article = parse_article(path.read_text("utf-8-sig"), name, strict=strict)
            _, first = kept.setdefault(article.id, (article, name))
            if first != name:
                raise InvalidContent(name, _line_of_id(article), f"id {article.id} is used by {first}")
        except InvalidContent as problem:
            problems.append(problem)
        except UnicodeDecodeError:
            problems.append(InvalidContent(name, None, "is not UTF-8 text"))
        except OSError as error:
            problems.append(InvalidContent(name, None, error.strerror or "cannot be read"))
        if on_progress:
            on_progress(number, len(paths))
    return Loaded(tuple(article for article, _ in kept.values()), tuple(problems))


def _line_of_id(article: Article) -> int | None:
    front = _FRONT.match(article.source)
    return None if front is None else _line_of(front[1], "id")


def dangling_links(articles: Iterable[Article]) -> list[tuple[str, str]]:
    """(article, missing id) for every `related` and `[[link]]` that leads nowhere."""
    by_id = {article.id: article for article in articles}
    return [
        (article.id, target)
        for article in by_id.values()
        for target in (*article.related, *article.links)
        if target not in by_id
    ]
