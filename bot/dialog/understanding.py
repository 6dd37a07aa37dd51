"""What a message means in its conversation: everything the policy decides on. CPU work, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.core.types import Hit
from bot.dialog import following
from bot.dialog.context import Context, bare, leaning
from bot.dialog.division import Division, Part, Search, whole_first
from bot.dialog.escalation import Rule, Rules, urgent
from bot.dialog.questions import asks
from bot.nlu.entities.spoken import is_dictation
from bot.nlu.facets import Facets
from bot.nlu.intents import OUT_OF_SCOPE, SMALL_TALK, Intent, Intents
from bot.nlu.language import Language, Reading, read
from bot.nlu.project import TASK
from bot.nlu.query import Query
from bot.nlu.signs import Message
from knowledge_base.articles import Article

LIMIT = 10  # hits that are looked at
ALONE = 0.5  # a message that leans less than this on the conversation may hold two questions
LONG_CHARS = 1500  # of a longer message only this much is understood
ANSWER_WORDS = 8  # an answer to "which of these?" is hardly longer
# Evidence, of the message alone and of it in its context, below which it stays on the conversation's
# article: at a task, and while a person is waited for.
STAYS_AT_TASK, STAYS_WAITING = (0.45, 0.6), (0.85, 0.85)
STAYS_WORDS, SHORT_EVIDENCE = 3, 0.3
STAYS_P = 0.5  # how surely, at least, that article is taken for the answer then
NONSENSE_AT, CHATS_AT = 0.2, 0.35
NAMED_AT = 0.05  # evidence of the message alone for an article that the conversation leads to
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
    own: float = 0.0  # how surely the base has the answer to the message alone
    specific: bool = False  # it names a product or a city
    followed: bool = False  # the best article is the one that the conversation is about, or is next to it
    question: str = ""  # what to remember as the question
    words: int = 1


@dataclass(frozen=True, slots=True)
class Understand:
    """Understands messages: language, intent, signs, and what the base has on it."""

    query: Callable[[str], Query]
    known: Callable[[str], bool]
    intents: Intents
    escalations: Rules
    refusals: Rules
    facets: Facets
    names: Callable[[str], bool]  # whether a text names a product, a city and the like

    def __call__(
        self, text: str, context: Context, articles: Mapping[str, Article], search: Search
    ) -> Understanding:
        reading = read(text[:LONG_CHARS], self.known)
        query = self.query(reading.text)
        if not query.tokens:
            return Understanding(reading, Intent({}))
        intent = self.intents.of(query)
        message = Message.of(query)
        # The examples are Russian, and of sentences: «восемь девятьсот двенадцать» is nobody's age.
        taught = reading.language is not Language.ENGLISH and not is_dictation(reading.text)
        rule = urgent(
            self.escalations, message, intent if taught else Intent({}), lambda: _top(search(query, LIMIT))
        )
        refusal = self.refusals.signalled(message)
        if rule is not None or refusal is not None or reading.language is Language.OTHER:
            hits = tuple(search(query, LIMIT)) if rule is not None and rule.articles else ()
            return Understanding(reading, intent, rule, refusal, hits=hits, question=reading.text)
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
        wide = search(query, following.WIDE if context.question else LIMIT)
        own = tuple(wide[:LIMIT])
        named = self.facets.named(query)
        lean = self._lean(query, context)
        bound = 0.0
        if not self._says_nothing(reading, intent, own, context):
            bound = following.bound(query, context, _top(own))
        hits, asked, question = own, query, reading.text
        if context.question and bound > 0:
            before = self._before(context, named)
            asked = self.query(f"{before} {bare(reading.text)}")
            bearing = self._bearing(query, context, named, articles)
            told = [articles[name] for name in context.articles[:1] if name in articles]
            alone = any(following.speaks_for_itself(query, article) for article in told)
            joint = search(asked, following.WIDE)
            hits = following.combine(wide, joint, bound, bearing, LIMIT, alone=alone)
            if lean >= ALONE:
                named |= self.facets.named(asked)
                question = asked.text[-JOINT_CHARS:]
        stays = self._stays(context, (_top(own), _top(hits)), intent, reading)
        stays = stays and context.articles[0] in articles
        if stays:
            hits = staying(context.articles[0], articles, hits)
        values = self._values(hits, articles)
        parts: tuple[Part, ...] = (Part(query, hits),)
        if lean < ALONE and not context.options:
            parts = self._divided(query, hits, articles, search) or parts
        return Understanding(
            reading,
            intent,
            parts=parts,
            hits=hits,
            lean=lean,
            named=named,
            values=values,
            own=_top(own),
            specific=self.names(reading.text),
            followed=stays or (max(lean, bound) >= ALONE and near(hits, own, context, articles)),
            question=question,
            words=len(asked.tokens),
        )

    @staticmethod
    def _says_nothing(reading: Reading, intent: Intent, own: Sequence[Hit], context: Context) -> bool:
        """Noise, and "вы тут?" of one who waits: the conversation gives it no meaning."""
        if reading.language is Language.NONE:
            return True
        noise = intent.score(f"{OUT_OF_SCOPE}/nonsense") >= NONSENSE_AT and not asks(reading.text)
        short = context.called is not None and len(reading.text.split()) < STAYS_WORDS
        return (noise or short) and _top(own) < SHORT_EVIDENCE

    @staticmethod
    def _stays(context: Context, evidence: tuple[float, float], intent: Intent, reading: Reading) -> bool:
        """Whether the conversation's article is meant: by who waits for a person, or is at a task.

        The message alone says little to the base, and is neither noise nor small talk.
        """
        busy = context.called is not None or bool(context.last)
        below = STAYS_AT_TASK if context.called is None else STAYS_WAITING
        unclear = all(each < most for each, most in zip(evidence, below, strict=True))
        empty = intent.score(f"{OUT_OF_SCOPE}/nonsense") >= NONSENSE_AT or reading.language is Language.NONE
        chats = intent.exact is not None or (intent.share(SMALL_TALK) >= CHATS_AT and not asks(reading.text))
        wants = intent.share(TASK) >= CHATS_AT and not asks(reading.text)
        settled = not context.options and bool(context.articles)
        short = len(reading.text.split()) < STAYS_WORDS and max(evidence) < SHORT_EVIDENCE  # "вы тут?"
        return busy and settled and unclear and not (empty or chats or wants or short)

    def _divided(
        self, query: Query, hits: Sequence[Hit], articles: Mapping[str, Article], search: Search
    ) -> tuple[Part, ...] | None:
        named = dict(self.facets.named(query))

        def fits(name: str) -> bool:
            article = articles.get(name)
            if article is None:
                return False
            values = self.facets.of_article(article.category, article.audience)
            return all(named.get(facet, value) == value for facet, value in values.items())

        parts = Division(self.query, search, fits, LIMIT).parts(query, hits)
        return None if parts is None else whole_first(parts, hits)

    def _lean(self, query: Query, context: Context) -> float:
        """How much the message depends on the conversation, by its form; an answer to "which?" does."""
        if not context.question and not context.articles:
            return 0.0
        form = leaning(query.text, len(query.tokens))
        return max(form, 0.8 if len(query.tokens) <= ANSWER_WORDS else 0.4) if context.options else form

    def _before(self, context: Context, named: frozenset[tuple[str, str]]) -> str:
        """The question so far, without what the new message replaces ("а по рассрочке?")."""
        before = context.question[-JOINT_CHARS:]
        for facet in {facet for facet, _ in named}:
            before = self.facets.without(self.query(before), facet)
        return before

    def _bearing(
        self,
        query: Query,
        context: Context,
        named: frozenset[tuple[str, str]],
        articles: Mapping[str, Article],
    ) -> dict[str, float]:
        """What the conversation suggests for each article: its own, related ones, its product."""
        bearing: dict[str, float] = dict.fromkeys(context.options, following.OFFERED)
        for name in context.articles[:1]:
            if (article := articles.get(name)) is not None:
                for other in article.related:
                    bearing[other] = max(bearing.get(other, 0.0), following.RELATED)
                bearing[name] = max(bearing.get(name, 0.0), following.same(query, article))
        values = self._topic(context, articles)
        for facet in {facet for facet, _ in named}:
            values.pop(facet, None)
        if not values:
            return bearing
        apart: dict[tuple[str, tuple[str, ...]], float] = {}  # by what the facets are told from
        for name, article in articles.items():
            kind = article.category, article.audience
            if (away := apart.get(kind)) is None:
                mine = self.facets.of_article(*kind)
                others = sum(values.get(facet, value) != value for facet, value in mine.items())
                away = apart[kind] = others * following.OTHER_FACET
            if away:
                bearing[name] = bearing.get(name, 0.0) + away
        return bearing

    def _topic(self, context: Context, articles: Mapping[str, Article]) -> dict[str, str]:
        """Product and kind of client that the conversation is about."""
        values: dict[str, str] = {}
        if context.articles and (article := articles.get(context.articles[0])) is not None:
            values.update(self.facets.of_article(article.category, article.audience))
        values.update(self.facets.named(self.query(context.question)))
        return values

    def _values(self, hits: Sequence[Hit], articles: Mapping[str, Article]) -> dict[str, Mapping[str, str]]:
        return {
            hit.article_id: self.facets.of_article(article.category, article.audience)
            for hit in hits[:5]
            if (article := articles.get(hit.article_id)) is not None
        }


def _top(hits: Sequence[Hit]) -> float:
    return min(1.0, hits[0].p) if hits else 0.0


def near(hits: Sequence[Hit], own: Sequence[Hit], context: Context, articles: Mapping[str, Article]) -> bool:
    """Whether the best article is the one that the conversation is about, or one that it leads to.

    The latter only where the message alone speaks for it.
    """
    about = articles.get(context.articles[0]) if context.articles else None
    if about is None or not hits:
        return False
    named = any(hit.article_id == hits[0].article_id and hit.p >= NAMED_AT for hit in own)
    return hits[0].article_id == about.id or (named and hits[0].article_id in about.related)


def staying(name: str, articles: Mapping[str, Article], hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits with this article first."""
    found = next((hit for hit in hits if hit.article_id == name), Hit(name, articles[name].title, 0.0))
    rest = tuple(hit for hit in hits if hit.article_id != name)
    return (replace(found, p=max(found.p, STAYS_P, rest[0].p if rest else 0.0)), *rest)
