"""What a message means in its conversation: everything the policy decides on. CPU work, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.types import Hit
from bot.dialog.context import Context, bare, combine, leaning
from bot.dialog.division import Part, Search, divide
from bot.dialog.escalation import Rule, Rules, urgent
from bot.nlu.facets import Facets
from bot.nlu.intents import Intent, Intents
from bot.nlu.language import Language, Reading, read
from bot.nlu.query import Query
from bot.nlu.signs import Message
from knowledge_base.articles import Article

LIMIT = 10  # hits that are looked at
LONG_CHARS = 1500  # of a longer message only this much is understood
JOINT_CHARS = 300  # of what was said before, read together with a follow-up


@dataclass(frozen=True, slots=True)
class Understanding:
    """`parts` are what to answer, in order: one, or two when the message asks two things.

    `named` are the (facet, value) pairs that the message, or the conversation it leans on, names;
    `values` the facets of the articles found.
    """

    reading: Reading
    intent: Intent
    escalation: Rule | None = None
    refusal: Rule | None = None
    parts: tuple[Part, ...] = ()
    hits: tuple[Hit, ...] = ()
    lean: float = 0.0
    named: frozenset[tuple[str, str]] = frozenset()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    question: str = ""  # what to remember as the question
    why: str = ""


@dataclass(frozen=True, slots=True)
class Understand:
    """Understands messages: language, intent, signs, and what the base has on it."""

    query: Callable[[str], Query]
    known: Callable[[str], bool]
    intents: Intents
    escalations: Rules
    refusals: Rules
    facets: Facets

    def __call__(
        self, text: str, context: Context, articles: Mapping[str, Article], search: Search
    ) -> Understanding:
        reading = read(text[:LONG_CHARS], self.known)
        query = self.query(reading.text)
        if not query.tokens:
            return Understanding(reading, Intent({}))
        intent = self.intents.of(query)
        message = Message.of(query)
        rule = urgent(self.escalations, message, intent)
        refusal = self.refusals.signalled(message)
        if rule is not None or refusal is not None or reading.language is Language.OTHER:
            return Understanding(reading, intent, rule, refusal, question=reading.text)
        return self._searched(reading, intent, query, context=context, articles=articles, search=search)

    def _searched(
        self,
        reading: Reading,
        intent: Intent,
        query: Query,
        *,
        context: Context,
        articles: Mapping[str, Article],
        search: Search,
    ) -> Understanding:
        own = tuple(search(query, LIMIT))
        named = self.facets.named(query)
        lean = self._lean(query, own, context)
        hits, asked, question = own, query, reading.text
        if lean > 0 and context.question:
            before = self._before(context, named)
            asked = self.query(f"{before} {bare(reading.text)}")
            joint = search(asked, LIMIT)
            hits = combine(own, joint, lean, self._near(context, articles))
            if lean >= 0.5:
                named |= self.facets.named(asked)
                question = asked.text[-JOINT_CHARS:]
        parts: tuple[Part, ...] = (Part(query, hits),)
        if lean < 0.8 and not context.options:
            parts = divide(query, hits, self.query, search, LIMIT) or parts
        return Understanding(
            reading,
            intent,
            parts=parts,
            hits=hits,
            lean=lean,
            named=named,
            values=self._values(hits, articles),
            question=question,
        )

    def _lean(self, query: Query, own: Sequence[Hit], context: Context) -> float:
        """How much the message depends on the conversation: its form, and whether it answers alone."""
        if not context.question and not context.articles:
            return 0.0
        form = leaning(query.text, len(query.tokens))
        if context.options:
            form = max(form, 0.8 if len(query.tokens) <= 8 else 0.4)
        top = own[0].p if own else 0.0
        return form * (1.0 - 0.6 * top)

    def _before(self, context: Context, named: frozenset[tuple[str, str]]) -> str:
        """The question so far, without what the new message replaces ("а по рассрочке?")."""
        before = context.question[-JOINT_CHARS:]
        for facet in {facet for facet, _ in named}:
            before = self.facets.without(self.query(before), facet)
        return before

    def _near(self, context: Context, articles: Mapping[str, Article]) -> dict[str, float]:
        near: dict[str, float] = {}
        for rank, name in enumerate(context.articles[:2]):
            article = articles.get(name)
            if article is None:
                continue
            weight = 1.0 if rank == 0 else 0.5
            for other in article.related:
                near[other] = max(near.get(other, 0.0), 0.8 * weight)
            near[name] = max(near.get(name, 0.0), weight)
        for name in context.options:
            near[name] = 1.0
        return near

    def _values(self, hits: Sequence[Hit], articles: Mapping[str, Article]) -> dict[str, Mapping[str, str]]:
        return {
            hit.article_id: self.facets.of_article(article.category, article.audience)
            for hit in hits[:5]
            if (article := articles.get(hit.article_id)) is not None
        }
