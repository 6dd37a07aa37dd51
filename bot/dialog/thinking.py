"""The think stage of a turn: understanding and decision, timed. Runs in a worker thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.answers.compose import Composer
from bot.core.types import Conversation, Hit, Inbound, Say, SayKind
from bot.dialog import policy
from bot.dialog.context import Context
from bot.dialog.escalation import Rules
from bot.dialog.phrases import Phrases, language
from bot.dialog.policy import Decision
from bot.dialog.shift import Shift
from bot.dialog.speech import Speech
from bot.dialog.understanding import Understand, Understanding
from bot.nlu.facets import Facets
from bot.nlu.intents import Intents
from bot.nlu.language import Dictionary, Language
from bot.nlu.project import Project
from bot.nlu.query import Query
from bot.settings import Company, Policy, Settings
from knowledge_base.articles import Article
from knowledge_base.indexing import KnowledgeIndex
from knowledge_base.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Thought:
    """What is to be done and all that led to it. `cancels`: the customer goes back to the bot."""

    decision: Decision
    locale: str
    intent: str = ""
    understanding: Understanding | None = None
    cancels: bool = False
    timings: Mapping[str, float] = field(default_factory=dict)

    @property
    def hits(self) -> tuple[Hit, ...]:
        return () if self.understanding is None else self.understanding.hits


@dataclass(frozen=True, slots=True)
class Thinker:
    """Everything that thinking needs, none of which it changes."""

    understand: Understand
    knowledge: KnowledgeIndex
    composer: Composer
    phrases: Phrases
    responses: Mapping[str, Mapping[str, tuple[str, ...]]]
    company: Company
    shift: Shift
    limits: Policy

    @classmethod
    def load(
        cls,
        settings: Settings,
        knowledge: KnowledgeIndex,
        query: Callable[[str], Query],
        questions: Iterable[str],
    ) -> Thinker:
        """Reads the NLU project and learns intents, or takes what was learnt before from the cache.

        `questions` are the example questions of the articles. Raises `InvalidContent`.
        """
        project = Project.load(settings.nlu_data)
        escalations = Rules.load(settings.nlu_data / "escalation.yml", query)
        understand = Understand(
            query=query,
            known=Dictionary().__contains__,
            intents=Intents.learn(project, escalations.examples(), questions, query, settings.index_dir),
            escalations=escalations,
            refusals=Rules.load(settings.nlu_data / "refusals.yml", query),
            facets=Facets.load(settings.nlu_data / "facets.yml", query),
        )
        return cls(
            understand=understand,
            knowledge=knowledge,
            composer=Composer(query),
            phrases=Phrases.load(),
            responses=project.responses,
            company=settings.company,
            shift=Shift.parse(settings.company.hours, settings.company.timezone),
            limits=settings.policy,
        )

    def think(
        self, conversation: Conversation, inbound: Inbound, now: datetime, gone: frozenset[str] = frozenset()
    ) -> Thought:
        """Decides on one message. `gone` are articles found to be unpublished since the snapshot."""
        snapshot = self.knowledge.current
        articles = snapshot.articles
        if gone:
            articles = {key: article for key, article in articles.items() if key not in gone}
        context = Context.read(conversation.state)
        if inbound.choice is not None:
            speech = self._speech(articles, language(conversation.locale), now)
            cancels = inbound.choice == policy.BACK_TO_BOT
            decision = _back(context, speech) if cancels else policy.press(inbound.choice, context, speech)
            if decision is not None:
                return Thought(decision, speech.locale, f"choice/{inbound.choice}", cancels=cancels)
        search = _Search(snapshot.retriever, gone)
        started = time.perf_counter()
        understanding = self.understand(inbound.text, context, articles, search)
        understood = time.perf_counter()
        locale = _locale(understanding.reading.language, conversation.locale)
        speech = self._speech(articles, locale, now)
        decision = policy.decide(understanding, context, speech, self.limits)
        decided = time.perf_counter()
        timings = {
            "understand": (understood - started) * 1000 - search.ms,
            "retrieve": search.ms,
            "decide": (decided - understood) * 1000,
        }
        return Thought(decision, locale, understanding.intent.name, understanding, timings=timings)

    def apologise(self, conversation: Conversation, now: datetime) -> Thought:
        """What is said when thinking itself broke."""
        speech = self._speech({}, language(conversation.locale), now)
        context = Context.read(conversation.state)
        text, context = speech.say("failure", context)
        say = Say(SayKind.UNKNOWN, text, quick_replies=(speech.operator_button(),))
        return Thought(Decision(say, replace(context, offered=True), "failure"), speech.locale, "failure")

    def _speech(self, articles: Mapping[str, Article], locale: str, now: datetime) -> Speech:
        return Speech(
            articles, self.composer, self.phrases, self.responses, self.company, self.shift, now, locale
        )


class _Search:
    """The retriever, timed, without articles that are gone."""

    def __init__(self, retriever: Retriever, gone: frozenset[str]) -> None:
        self._retriever, self._gone = retriever, gone
        self.ms = 0.0

    def __call__(self, query: Query, limit: int) -> Sequence[Hit]:
        started = time.perf_counter()
        hits = self._retriever.search(query, limit)
        self.ms += (time.perf_counter() - started) * 1000
        return [hit for hit in hits if hit.article_id not in self._gone] if self._gone else hits


def _back(context: Context, speech: Speech) -> Decision:
    text, context = speech.say("back_to_bot_done", context)
    return Decision(Say(SayKind.SMALL_TALK, text), replace(context, misses=0, offered=False), "back_to_bot")


def _locale(spoken: Language, usual: str) -> str:
    return spoken.value if spoken in {Language.RUSSIAN, Language.ENGLISH} else language(usual)
