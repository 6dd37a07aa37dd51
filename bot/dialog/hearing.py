"""A message as the dialogue engine takes it: its intent, given what the conversation waits for.

Without a form the classifier's families decide. While a form asks something, most messages are its
answer; a question, a cancellation or small talk is told from it by what the message has besides the
asked value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.dialog.context import Context
from bot.dialog.doubt import ambiguous
from bot.dialog.offers import Offer, Offers
from bot.dialog.questions import asks, opens
from bot.dialog.understanding import Understanding
from bot.engine.events import UserSaid
from bot.nlu.language import Language
from bot.nlu.project import OUT_OF_SCOPE, QUESTION, SMALL_TALK, SPOKEN, TASK
from bot.project.model import EntitySpan

TASK_AT = 0.5  # probability from which a request begins a task
AT_ONCE_AT = 0.3  # of what must not wait
POLITE_TASK_AT = 0.85  # of a request that is put as a question
SMALL_TALK_AT, SURE_SMALL_TALK_AT = 0.6, 0.95  # the second for a long message or a question
LONG = 7  # words
FOUND_AT = 0.4  # below, the base does not tell which of a task's articles was meant
CANCEL_AT = 0.5  # in a form, where "нет" is an answer
AGREES_AT = 0.4  # "да, всё так" is a yes, with other words around it
ASKS_AT, SURELY_ASKS_AT = 0.5, 0.8  # the base answers this: in a form it is a question
# Words that are no content of an answer: what is left beside the asked value tells a question.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "а и но ну да нет не тогда давайте давай пусть можно мне меня на в к по до с со у за это этот ладно "
        "хорошо ок окей или лучше нужно надо хочу будет число числа часов часа час года год мой моя моё "
        "номер телефон дата день время пожалуйста ставьте поставьте поставь запишите пишите вот так что как "
        "раз бы то же ещё договор добрый здравствуйте спасибо нормально удобно подойдёт подходит устроит "
        "около примерно где после",
    )
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the dialogue waits for.

    `answers`: the message has what was asked for, as has one of the entities `takes`; `free`: any words
    do. `yes_no`: it is a question to be agreed with or not. `corrects`: the message has another value for
    what is filled.
    """

    form: str | None = None
    slot: str | None = None
    takes: frozenset[str] = frozenset()
    free: bool = False
    answers: bool = False
    yes_no: bool = False
    corrects: bool = False


def hear(
    u: Understanding, spans: Sequence[EntitySpan], waiting: Waiting, context: Context, offers: Offers
) -> UserSaid:
    """The message for the engine, with an intent of the project's domain."""
    intent, confidence = _in_form(u, spans, waiting) if waiting.form else _freely(u, spans, context, offers)
    base, _, name = intent.partition("/")
    ranking = ((base, confidence),)
    return UserSaid(u.reading.text, base, tuple(spans), confidence, ranking, intent if name else None)


def _freely(
    u: Understanding, spans: Sequence[EntitySpan], context: Context, offers: Offers
) -> tuple[str, float]:
    outside = u.intent.share(OUT_OF_SCOPE)
    return (
        (None if context.called is not None else _small_talk(u))
        or _offered(u, spans, context, offers)
        or _task(u, spans, offers)
        or ((f"{OUT_OF_SCOPE}/{u.intent.best(OUT_OF_SCOPE)}", outside) if outside >= 0.5 > _top(u) else None)
        or (QUESTION, max(_top(u), 1 - outside))
    )


def _task(u: Understanding, spans: Sequence[EntitySpan], offers: Offers) -> tuple[str, float] | None:
    """A request for something that is done here, not a question about it, which articles answer."""
    name = u.intent.best(TASK)
    if name is None:
        return None
    offer, share = offers.of_intent(name), u.intent.score(f"{TASK}/{name}")
    at = AT_ONCE_AT if offer and offer.at_once else POLITE_TASK_AT if asks(u.reading.text) else TASK_AT
    if share < at or opens(u.reading.text):
        return None
    return None if offer is not None and _elsewhere(u, spans, offer) else (name, share)


def _elsewhere(u: Understanding, spans: Sequence[EntitySpan], offer: Offer) -> bool:
    """Two things were asked, or the base knows another article for it, or cannot tell which is meant."""
    if len(u.parts) > 1 or not offer.articles:
        return len(u.parts) > 1
    ours, top = bool(u.hits) and u.hits[0].article_id in offer.articles, _top(u)
    if not ours and top >= ASKS_AT:
        return True
    named = any(span.entity in offer.plain for span in spans) and not asks(u.reading.text)
    if offer.at_once or named:
        return False
    if ours and top >= SURELY_ASKS_AT:
        return False
    if top < FOUND_AT or offer.question:
        return bool(offer.question) and (top < FOUND_AT or ambiguous(u))
    rival = u.hits[1].article_id if len(u.hits) > 1 else None
    return (rival not in offer.articles or asks(u.reading.text)) and ambiguous(u)


def _offered(
    u: Understanding, spans: Sequence[EntitySpan], context: Context, offers: Offers
) -> tuple[str, float] | None:
    """A task that the last answer was about, and that the message gives a value for."""
    offer = offers.of_article(context.articles[0]) if context.articles else None
    if offer is None or not any(span.entity in offer.entities for span in spans):
        return None
    return None if opens(u.reading.text) else (offer.intent, 1.0)


def _in_form(u: Understanding, spans: Sequence[EntitySpan], waiting: Waiting) -> tuple[str, float]:
    """What the form asked for, unless the message cancels, asks, agrees or is small talk."""
    named = waiting.answers or any(span.entity in waiting.takes for span in spans)
    if waiting.yes_no and waiting.corrects and not asks(u.reading.text):
        return "correct", 1.0
    if named and not asks(u.reading.text):
        return _agreeing(u) or ("inform", 1.0)
    return (
        _cancelled(u, waiting)
        or (_agreeing(u) if waiting.yes_no and not asks(u.reading.text) else None)
        or _asked(u, spans, waiting, named=named)
        or _agreeing(u)
        or (None if named or waiting.free else _small_talk(u, SURE_SMALL_TALK_AT))
        or ("inform", 0.9 if named or waiting.free else 0.5)
    )


def _cancelled(u: Understanding, waiting: Waiting) -> tuple[str, float] | None:
    """A "no" that answers no question takes back the whole."""
    share = _spoken(u, "cancel")
    refused = 0.0 if waiting.yes_no else _spoken(u, "deny")
    return ("cancel", share + refused) if share + refused >= CANCEL_AT and share > 0.1 else None


def _asked(
    u: Understanding, spans: Sequence[EntitySpan], waiting: Waiting, *, named: bool
) -> tuple[str, float] | None:
    asked = asks(u.reading.text)
    told = len(_rest(u.reading.text, spans))
    if named and told <= (1 if opens(u.reading.text) else 2):
        return None  # "а 25-е можно?"
    if waiting.answers and told <= 1 and _top(u) < ASKS_AT:
        return None  # "как можно скорее"
    sure = _top(u) >= (SURELY_ASKS_AT if waiting.free or named else ASKS_AT)
    if sure and (asked or (told >= 2 and not waiting.free)):
        return QUESTION, _top(u)
    plainly = u.reading.text.rstrip().endswith("?") if waiting.free else asked
    return (QUESTION, _top(u)) if plainly and _readable(u) else None


def _agreeing(u: Understanding) -> tuple[str, float] | None:
    for name in ("affirm", "deny"):
        share = _spoken(u, name)
        if share >= AGREES_AT:
            return name, share
    return None


def _small_talk(u: Understanding, at: float = SMALL_TALK_AT) -> tuple[str, float] | None:
    name, share = u.intent.exact, 1.0
    if name is None:
        if not _readable(u) or _top(u) >= ASKS_AT:
            return None
        share, name = u.intent.share(SMALL_TALK), u.intent.best(SMALL_TALK)
        doubtful = u.words > LONG or asks(u.reading.text)
        if name is None or share < (SURE_SMALL_TALK_AT if doubtful else at):
            return None
    return (name if name in SPOKEN else f"{SMALL_TALK}/{name}"), share


def _spoken(u: Understanding, name: str) -> float:
    """How sure it is that this plain intent was said."""
    return max(u.intent.score(f"{SMALL_TALK}/{name}"), float(u.intent.exact == name))


def _readable(u: Understanding) -> bool:
    return u.reading.language is not Language.NONE


def _rest(text: str, spans: Sequence[EntitySpan]) -> list[str]:
    """The words of content beside the entities."""
    kept = list(text)
    for span in spans:
        kept[span.start : span.end] = " " * (span.end - span.start)
    return [word for word in re.findall(r"\w+", "".join(kept).lower()) if word not in _EMPTY]


def _top(u: Understanding) -> float:
    return u.hits[0].p if u.hits else 0.0
