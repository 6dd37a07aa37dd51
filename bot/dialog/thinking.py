"""The think stage of a turn: everything it needs, and where its understanding, which is CPU work, is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime

from bot.answers.compose import REMEMBERED, Composer
from bot.backoffice.ports import Backoffice
from bot.core.types import Conversation, Inbound, Say, SayKind
from bot.dialog.answering import TurnActions
from bot.dialog.context import Context
from bot.dialog.decision import Decision
from bot.dialog.engine import Dialogue
from bot.dialog.escalation import Rules
from bot.dialog.offers import Offers
from bot.dialog.phrases import Phrases, language
from bot.dialog.shift import Shift
from bot.dialog.speech import Speech
from bot.dialog.thought import Thinking, Thought
from bot.dialog.twin import Twin
from bot.dialog.understanding import Understand
from bot.nlu.entities import Entities
from bot.settings import Company, Policy
from knowledge_base.articles import Article
from knowledge_base.indexing import KnowledgeIndex

PAUSE = 0.02  # seconds for customers after each article that is read ahead, which takes 2 ms


@dataclass(frozen=True, slots=True)
class Thinker:
    """Everything that thinking needs, none of which it changes.

    `pool`: where understanding runs, `twin`: where else in a crowd. `calls_back`: whether calls that are
    promised are made by us.
    """

    understand: Understand
    knowledge: KnowledgeIndex
    composer: Composer
    phrases: Phrases
    responses: Mapping[str, Mapping[str, tuple[str, ...]]]
    company: Company
    shift: Shift
    limits: Policy
    dialogue: Dialogue
    entities: Entities
    offers: Offers
    escalations: Rules
    backoffice: Backoffice
    skills: Callable[[], frozenset[str]] = frozenset  # of the people at work, as last seen
    pool: Executor | None = None
    twin: Twin | None = None
    calls_back: bool = False

    async def prepare(self) -> None:
        """Begins the twin, and reads the articles before they are asked for, a little at a time.

        A slow encoder is spared the latter.
        """
        if self.twin is not None:
            await self.twin.start()
        if self.pool is None:
            for article in tuple(self.knowledge.current.articles.values())[:REMEMBERED]:
                self.composer.prepare(article)
                await asyncio.sleep(PAUSE)

    async def close(self) -> None:
        if self.twin is not None:
            await self.twin.close()
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)

    async def think(
        self,
        conversation: Conversation,
        inbound: Inbound,
        now: datetime,
        gone: frozenset[str] = frozenset(),
        *,
        crowded: bool = False,
    ) -> Thought | None:
        """Decides on one message. None: the bot leaves it to the person who was called.

        `gone` are articles found to be unpublished since the snapshot. `crowded`: there is more to do here.
        """
        return await Thinking(self, conversation, inbound, now, gone, crowded=crowded).thought()

    def actions(self, conversation: Conversation, now: datetime) -> TurnActions:
        """The project's actions for a turn of this conversation that another process began."""
        inbound = Inbound(conversation.channel, conversation.address, "", "", conversation.locale)
        return Thinking(self, conversation, inbound, now, frozenset()).actions

    def apologise(self, conversation: Conversation, now: datetime) -> Thought:
        """What is said when thinking itself broke."""
        speech = self.speech({}, language(conversation.locale), now)
        context = Context.read(conversation.state)
        text, context = speech.say("failure", context)
        say = Say(SayKind.UNKNOWN, text, quick_replies=(speech.operator_button(),))
        engine = conversation.state.get("engine") or {}
        decision = Decision(say, replace(context, offered=True), "failure")
        return Thought(decision, speech.locale, "failure", engine=engine)

    def speech(self, articles: Mapping[str, Article], locale: str, now: datetime) -> Speech:
        return Speech(
            articles,
            self.composer,
            self.phrases,
            self.responses,
            self.company,
            self.shift,
            now,
            locale,
            skills=self.skills(),
        )
