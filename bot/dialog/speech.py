"""The voice of one turn: phrases, articles and the clock, in the customer's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.answers.compose import Composer
from bot.answers.markdown import help_url
from bot.core.types import QuickReply
from bot.dialog.context import Context
from bot.dialog.phrases import Phrases
from bot.dialog.shift import Shift
from bot.nlu.intents import SMALL_TALK
from bot.nlu.query import Query
from bot.settings import Company
from knowledge_base.articles import Article


@dataclass(frozen=True, slots=True)
class Speech:
    """Says things; remembers in the context how often, so that the next time sounds different."""

    articles: Mapping[str, Article]
    composer: Composer
    phrases: Phrases
    responses: Mapping[str, Mapping[str, tuple[str, ...]]]  # small talk: intent -> locale -> variants
    company: Company
    shift: Shift
    now: datetime
    locale: str
    spoken: bool = False  # heard, not read: no markup
    skills: frozenset[str] = frozenset()  # of the people who may be called

    def say(self, key: str, context: Context, **values: object) -> tuple[str, Context]:
        """A phrase of the bot, or small talk when the key names an intent."""
        if key.startswith(f"{SMALL_TALK}/"):
            return self.small_talk(key.removeprefix(f"{SMALL_TALK}/"), context)
        text = self.phrases(
            f"bot.{key}", self.locale, variant=context.said.get(key, 0), company=self.company.name, **values
        )
        return text, context.counted(key)

    def small_talk(self, name: str, context: Context) -> tuple[str, Context]:
        key = f"{SMALL_TALK}/{name}"
        texts = self.responses.get(key, {})
        variants = texts.get(self.locale) or texts.get("ru") or (self.phrases("bot.ask_other", self.locale),)
        return variants[context.said.get(key, 0) % len(variants)], context.counted(key)

    def answer(self, article: Article, query: Query, budget: int) -> str:
        """The article's own words; in English only the way to it, for there are no English articles."""
        if self.locale == "en":
            return self.phrases(
                "bot.english_answer", self.locale, title=article.title, url=help_url(article.id)
            )
        if self.spoken:
            return self.composer.spoken(article, query)
        return self.composer.answer(article, query, self.articles, budget)

    def read(self, text: str) -> Query:
        return self.composer.read(text)

    def heading(self, article: Article) -> str:
        return self.phrases("bot.second_question", self.locale, title=article.title)

    def handoff(self, reason: str, *, around_the_clock: bool = False) -> str:
        """What is said, once, when a human is called; honest about when they will answer."""
        key = f"bot.handoff_{reason}"
        if not self.phrases.has(key):
            key = "bot.handoff_urgent"
        return self.phrases(key, self.locale, when=self._when(around_the_clock), phone=self.company.phone)

    def operator_button(self) -> QuickReply:
        return QuickReply(self.phrases("bot.operator_button", self.locale), "operator")

    def other_button(self) -> QuickReply:
        return QuickReply(self.phrases("bot.other_button", self.locale), "other")

    def _when(self, around_the_clock: bool) -> str:
        if around_the_clock:
            return self.phrases("bot.when_always", self.locale)
        if self.shift.is_open(self.now):
            return self.phrases("bot.when_open", self.locale)
        day = "today" if self.shift.opens_today(self.now) else "tomorrow"
        return self.phrases(
            "bot.when_closed",
            self.locale,
            opens=f"{self.shift.opens:%H:%M}".lstrip("0"),
            closes=f"{self.shift.closes:%H:%M}".lstrip("0"),
            zone=self.phrases("bot.zone", self.locale),
            day=self.phrases(f"bot.{day}", self.locale),
            phone=self.company.phone,
        )
