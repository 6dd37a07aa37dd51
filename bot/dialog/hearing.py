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
from bot.dialog.offers import Offers
from bot.dialog.understanding import Understanding
from bot.engine.events import UserSaid
from bot.nlu.project import OUT_OF_SCOPE, QUESTION, SMALL_TALK, SPOKEN, TASK
from bot.project.model import EntitySpan

TASK_AT = 0.5  # probability from which a task begins
SMALL_TALK_AT = 0.6
CANCEL_AT = 0.5  # in a form, where "нет" is an answer
AGREES_AT = 0.4  # "да, всё так" is a yes, with other words around it
ASKS_AT = 0.5  # the base answers this: in a form it is a question
SURELY_ASKS_AT = 0.8
# Words that are no content of an answer: what is left beside the asked value tells a question.
_EMPTY = frozenset(
    ["а", "и", "но", "ну", "да", "нет", "не", "тогда", "давайте", "давай", "пусть", "можно", "мне", "меня", "на", "в", "к", "по", "до", "с", "со", "у", "за", "это", "этот", "ладно", "хорошо", "ок", "окей", "или", "лучше", "нужно", "надо", "хочу", "будет", "число", "числа", "часов", "часа", "час", "год", "года", "мой", "моя", "моё", "номер", "телефон", "дата", "день", "время", "пожалуйста", "ставьте", "поставьте", "поставь", "запишите", "пишите", "вот", "так", "что", "как", "раз", "бы", "то", "же", "ещё", "и", "договор", "добрый", "здравствуйте", "спасибо", "нормально", "удобно", "подойдёт", "подходит", "устроит", "около", "примерно", "где-то", "после"]
)
_OPENS_QUESTION = re.compile(
    r"^(?:а|и|но|стоп|подождите|погодите|скажите|подскажите|ой|так)?[\s,]*(?:а\s+)?(?:как|где|когда|сколько|почему|зачем|кто|что|чего|какой|"
    r"какая|какие|какое|какую|каком|куда|откуда|чем|почём|до\s+скольки|можно\s+ли|вы\s|у\s+вас|это\s+платно|если)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the dialogue waits for.

    `answers`: the message has what was asked for, as has one of the entities `takes`; `free`: any words
    do. `keyed`: a number is a value, not the number of a button.
    """

    form: str | None = None
    slot: str | None = None
    takes: frozenset[str] = frozenset()
    free: bool = False
    answers: bool = False
    keyed: bool = False


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
    small = _small_talk(u, SMALL_TALK_AT)
    if small is not None:
        return small
    if (begun := _offered(u, spans, context, offers)) is not None:
        return begun
    task = u.intent.best(TASK)
    if task is not None and u.intent.score(f"{TASK}/{task}") >= TASK_AT:
        return task, u.intent.score(f"{TASK}/{task}")
    outside = u.intent.share(OUT_OF_SCOPE)
    if outside >= 0.5 > _top(u):
        return f"{OUT_OF_SCOPE}/{u.intent.best(OUT_OF_SCOPE)}", outside
    return QUESTION, max(_top(u), 1 - outside)


def _offered(
    u: Understanding, spans: Sequence[EntitySpan], context: Context, offers: Offers
) -> tuple[str, float] | None:
    """A task that the last answer was about, and that the message gives a value for."""
    offer = offers.of_article(context.articles[0]) if context.articles else None
    if offer is None or not any(span.entity in offer.entities for span in spans):
        return None
    return None if _OPENS_QUESTION.search(u.reading.text) else (offer.intent, 1.0)


def _in_form(u: Understanding, spans: Sequence[EntitySpan], waiting: Waiting) -> tuple[str, float]:
    text = u.reading.text
    named = waiting.answers or any(span.entity in waiting.takes for span in spans)
    rest = _rest(text, spans)
    cancels = max(u.intent.score(f"{SMALL_TALK}/cancel"), float(u.intent.exact == "cancel"))
    if cancels >= CANCEL_AT and not named:
        return "cancel", cancels
    if named and len(rest) <= 2 and not _asks(text):
        return _agreeing(u) or ("inform", 1.0)
    if _top(u) >= (SURELY_ASKS_AT if waiting.free or named else ASKS_AT) and _looks_asked(
        text, rest, waiting
    ):
        return QUESTION, _top(u)
    if (agreed := _agreeing(u)) is not None:
        return agreed
    small = _small_talk(u, SMALL_TALK_AT) if not named else None
    if small is not None and small[0] not in ("cancel",) and not (waiting.free and len(rest) > 3):
        return small
    if _asks(text) and not named and not waiting.free:
        return QUESTION, _top(u)
    return "inform", 0.9 if named or waiting.free else 0.5


def _looks_asked(text: str, rest: Sequence[str], waiting: Waiting) -> bool:
    return _asks(text) or (len(rest) >= 3 and not waiting.free)


def _asks(text: str) -> bool:
    return text.rstrip().endswith("?") or bool(_OPENS_QUESTION.search(text))


def _agreeing(u: Understanding) -> tuple[str, float] | None:
    for name in ("affirm", "deny"):
        score = max(u.intent.score(f"{SMALL_TALK}/{name}"), float(u.intent.exact == name))
        if score >= AGREES_AT:
            return name, score
    return None


def _small_talk(u: Understanding, at: float) -> tuple[str, float] | None:
    name, share = u.intent.exact, 1.0
    if name is None:
        share = u.intent.share(SMALL_TALK)
        name = u.intent.best(SMALL_TALK) if share >= at and _top(u) < ASKS_AT else None
    if name is None:
        return None
    return (name if name in SPOKEN else f"{SMALL_TALK}/{name}"), share


def _rest(text: str, spans: Sequence[EntitySpan]) -> list[str]:
    """The words of content beside the entities."""
    kept = list(text)
    for span in spans:
        kept[span.start : span.end] = " " * (span.end - span.start)
    return [word for word in re.findall(r"\w+", "".join(kept).lower()) if word not in _EMPTY]


def _top(u: Understanding) -> float:
    return u.hits[0].p if u.hits else 0.0
