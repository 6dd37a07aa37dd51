"""The one place that renders Markdown to HTML, for every surface.

Raw HTML is shown as text, images are not rendered, and links go to http(s), mailto, tel or our own
pages only, so that what an article or an operator writes cannot run in a customer's browser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

HELP = "/help/"
_REFERENCE = re.compile(r"\[\[([\w./-]+)\]\]")
# An empty line after which a paragraph, a heading or a table begins: no list or quotation goes on there.
_BETWEEN = re.compile(r"\n[ \t]*\n(?=[^\W\d_]|\*\*\S|[|#«])")
_WHOLE = re.compile(r"```|~~~|\]:")  # of what begins here a later block may be a part, or depend on it
_SAFE = re.compile(r"^(?:https?:|mailto:|tel:|/(?!/)|#)", re.IGNORECASE)


def help_url(article_id: str) -> str:
    """Where customers read the whole article."""
    return f"{HELP}{article_id}"


def resolve(text: str, titles: Mapping[str, str]) -> str:
    """`[[id]]` becomes a Markdown link with the article's title; of an unknown one nothing remains."""

    def link(match: re.Match[str]) -> str:
        title = titles.get(match.group(1))
        if title is None:
            return ""
        return f"[{title.replace('[', '(').replace(']', ')')}]({help_url(match.group(1))})"

    return _REFERENCE.sub(link, text)


def render(text: str) -> str:
    """Markdown (CommonMark with tables) to safe HTML; line breaks in chat text are kept.

    Answers are made of the same passages in many orders, so what is remembered is blocks.
    """
    blocks = _BETWEEN.split(text) if _WHOLE.search(text) is None else [text]
    return "".join(map(_block, blocks)).strip()


@lru_cache(4_000)
def _block(text: str) -> str:
    return str(_MARKDOWN.render(text))


def plain(text: str) -> str:
    """Without links' addresses and markup, for channels that show text only."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*\|?[\s:|-]*-{3,}[\s:|-]*\|?\s*$\n?", "", text, flags=re.MULTILINE)
    text = re.sub(
        r"^\s*\|(.*)\|\s*$",
        lambda row: " — ".join(c.strip() for c in row.group(1).split("|")),
        text,
        flags=re.MULTILINE,
    )
    return re.sub(r"[*_`#]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", text)


def _open_link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Links leave the chat's frame in a new tab and tell the other site nothing."""
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _build() -> MarkdownIt:
    markdown = (
        MarkdownIt("commonmark", {"html": False, "breaks": True})
        .enable("table")
        .disable(["image", "html_block", "html_inline"])
    )
    markdown.validateLink = lambda url: _SAFE.match(url.strip()) is not None  # type: ignore[method-assign]  # its documented hook
    markdown.add_render_rule("link_open", _open_link)
    return markdown


_MARKDOWN = _build()
