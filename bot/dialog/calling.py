"""How a person is called, and what is said until they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answers.compose import source
from bot.core.types import Escalate, Hit, Say, SayKind, Source
from bot.dialog import languages
from bot.dialog.context import Context
from bot.dialog.decision import Decision
from bot.dialog.escalation import ASKED, Rule, Rules
from bot.dialog.speech import Speech
from knowledge_base.articles import Article

PATIENCE = 2  # misunderstandings, or utterances not heard, in a row after which a person is called
SAYS_WHAT_ABOUT = 5  # words from which a call for a person says what it is about
NOT_HEARD, NOT_HEARD_PRIORITY = "not_heard", 6
TASK_PRIORITY = 4  # of a task that could not be finished: the customer has done his part


def call_for(reason: str, context: Context, speech: Speech, rules: Rules) -> Decision:
    """Hands over because of a task or a rule of this reason."""
    return call_person(context, speech, rules.get(reason) or Rule(reason, "", TASK_PRIORITY))


def call_person(
    context: Context, speech: Speech, rule: Rule | None = None, hits: Sequence[Hit] = (), question: str = ""
) -> Decision:
    """Hands over; nobody who asks for a human is kept by the bot.

    What the rule's articles say to do until then is said at once: the one that the search prefers.
    """
    settled = replace(context, misses=0, options=(), offered=False, unheard=0)
    if len(question.split()) >= SAYS_WHAT_ABOUT and not settled.question:
        settled = replace(settled, question=question)
    spoken = languages.skills(context, speech)
    if rule is None:
        said = languages.called(context, speech, speech.handoff(ASKED))
        return Decision(Escalate(ASKED, 5, said, skills=spoken), settled, ASKED)
    text = languages.called(
        context, speech, speech.handoff(rule.reason, around_the_clock=rule.around_the_clock)
    )
    sources: tuple[Source, ...] = ()
    if (aid := _first_aid(rule, hits, speech)) is not None:
        text = f"{text}\n\n{aid.voice}" if aid.voice else text
        sources = (source(aid),)
        settled = replace(
            settled, articles=tuple(dict.fromkeys((aid.id, *context.articles)))[:4], question=question
        )
    escalate = Escalate(
        rule.reason,
        rule.priority,
        text,
        sources,
        skills=(*rule.skills, *spoken),
        decide_minutes=rule.decide_minutes,
        finish_minutes=rule.finish_minutes,
    )
    return Decision(escalate, settled, rule.reason)


def _first_aid(rule: Rule, hits: Sequence[Hit], speech: Speech) -> Article | None:
    ranked = [hit.article_id for hit in hits if hit.article_id in rule.articles]
    return next(
        (speech.articles[name] for name in (*ranked, *rule.articles) if name in speech.articles), None
    )


def not_heard(context: Context, speech: Speech) -> Decision:
    if context.unheard + 1 >= PATIENCE:
        return call_person(context, speech, Rule(NOT_HEARD, "", NOT_HEARD_PRIORITY))
    text, context = speech.say("not_heard", context)
    return Decision(Say(SayKind.UNKNOWN, text), replace(context, unheard=context.unheard + 1), NOT_HEARD)
