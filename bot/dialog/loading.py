"""Builds what thinks from the configuration and the project in `nlu_data`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor

from bot.answers.compose import Composer
from bot.backoffice.ports import Backoffice
from bot.dialog.engine import Dialogue
from bot.dialog.escalation import Rules
from bot.dialog.offers import Offers
from bot.dialog.phrases import Phrases
from bot.dialog.shift import Shift
from bot.dialog.thinking import Thinker
from bot.dialog.twin import Twin, possible
from bot.dialog.understanding import Understand
from bot.engine.agent import Agent
from bot.engine.parsing import Reading
from bot.engine.ports import Engine
from bot.engine.understanding import FALLBACK
from bot.nlu.entities import Entities, Gazetteers
from bot.nlu.facets import Facets
from bot.nlu.intents import Intents
from bot.nlu.language import Dictionary
from bot.nlu.project import Project
from bot.nlu.query import Query
from bot.project.model import Project as Loaded
from bot.settings import Settings
from knowledge_base.indexing import KnowledgeIndex

WORKERS = 2  # threads that think; Python runs one at a time, the second covers waits in native code


class Unread:
    """The parser of an engine whose messages are understood outside: what it must read is not understood."""

    def parse(self, text: str) -> Reading:
        return Reading(text, FALLBACK, 1.0, ((FALLBACK, 1.0),), ())


def builtin(loaded: Loaded) -> Agent:
    """The built-in engine for the product's turn."""
    return Agent.train(loaded, Unread())


def load_thinker(
    settings: Settings,
    loaded: Loaded,
    knowledge: KnowledgeIndex,
    query: Callable[[str], Query],
    *,
    engine: Engine,
    questions: Iterable[str],
    backoffice: Backoffice,
    skills: Callable[[], frozenset[str]] = frozenset,
) -> Thinker:
    """Learns intents, or takes what was learnt before from the cache.

    `questions` are the example questions of the articles, `skills` those of the people at work.
    Raises `InvalidContent`.
    """
    project = Project.of(loaded)
    escalations = Rules.load(settings.nlu_data / "escalation.yml", query)
    entities = Entities(Gazetteers.of(loaded))
    understand = Understand(
        query=query,
        known=Dictionary().__contains__,
        intents=Intents.learn(project, questions, query, settings.index_dir),
        escalations=escalations,
        refusals=Rules.load(settings.nlu_data / "refusals.yml", query),
        facets=Facets.load(settings.nlu_data / "facets.yml", query),
        names=entities.names,
    )
    return Thinker(
        understand=understand,
        knowledge=knowledge,
        composer=Composer(query),
        phrases=Phrases.load(),
        responses=project.responses,
        company=settings.company,
        shift=Shift.parse(settings.company.hours, settings.company.timezone),
        limits=settings.policy,
        dialogue=Dialogue.of(loaded, engine),
        entities=entities,
        offers=Offers.load(settings.nlu_data / "offers.yml"),
        escalations=escalations,
        backoffice=backoffice,
        skills=skills,
        pool=_pool(settings),
        twin=Twin(understand, knowledge) if settings.twin and _is_quick(settings) and possible() else None,
        calls_back=bool(settings.voice.ami_url),
    )


def _pool(settings: Settings) -> Executor | None:
    """Threads for an encoder that waits or computes long.

    Without them a few milliseconds of Python block the loop, which they would do from a thread as
    well, and the two do not wrestle for the interpreter: a quarter more turns per second.
    """
    if _is_quick(settings):
        return None
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="think")


def _is_quick(settings: Settings) -> bool:
    """Whether the encoder neither waits nor computes long."""
    return settings.retrieval.encoder == "static"
