"""What to do with a message: answer, ask, refuse, admit not knowing, or call a human.

`guard` decides what is so whatever the dialogue is about, `decide` answers from the base. Both are pure:
the same understanding, context and world give the same decision. The order of the steps is the policy;
the first that has something to say wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.answers.compose import CHAT_CHARS, SHARED_CHARS, related, source
from bot.core.types import Ask, Escalate, Hit, QuickReply, Say, SayKind, Source
from bot.dialog import languages
from bot.dialog.calling import PATIENCE, call_person, not_heard
from bot.dialog.choices import chosen_option
from bot.dialog.context import Context
from bot.dialog.decision import Decision
from bot.dialog.division import Part
from bot.dialog.doubt import FOLLOWED_AT, ambiguous, plain
from bot.dialog.escalation import MISUNDERSTOOD, MISUNDERSTOOD_PRIORITY
from bot.dialog.speech import Speech
from bot.dialog.understanding import Understanding
from bot.nlu.intents import OUT_OF_SCOPE, SMALL_TALK
from bot.nlu.language import Language
from bot.settings import Policy

ARTICLE = "article:"
OPERATOR = "operator"
BACK_TO_BOT = "back_to_bot"
OTHER = "other"
OPTIONS = 3
OPTION_AT = 0.02  # a candidate at least this likely, relative to the first, is offered as an option
HEARD_AT = 0.45  # confidence of recognised speech from which it is taken as it is
WAITING_AT = 0.05  # while a person is waited for, a question is most likely about what they were called for
WAITING = frozenset([SayKind.ANSWER, SayKind.TASK])  # said while a person is waited for
OUT_OF_SCOPE_AT = 0.5  # probability of the classifier
HARM_AT, HARM_WORDS = 0.5, 3  # one word is no attempt at anything
SMALL_TALK_AT = 0.6
# The classifier knows topics that are not ours; the base's own certainty overrules it from SURE_AT on,
# unless the classifier is as good as certain.
SURE_AT, CERTAIN_AT = 0.8, 0.9
ASKED_AT = 0.99  # the base is this sure of its own example questions: then no classifier has a say
MEANT_AT = 0.1  # below, the message alone means nothing to the base and only leans on what was said
CHOICE_AT = 0.14  # from here on two candidates are worth asking about
RELATED_AT = 0.1  # from here on an article is worth naming to a customer who gets no answer
HARM = frozenset({"prompt_injection", "harmful"})
OFF_TOPIC = {
    "near_miss_finance": "not_offered",
    "other_company": "other_company",
    "politics": "politics",
    "medical": "medical",
    "legal_tax_advice": "legal_advice",
    "nonsense": "rephrase",
    "prompt_injection": "refusal_instructions",
    "harmful": "refusal_harmful",
}


Step = Callable[[Understanding, Context, Speech, Policy], Decision | None]


def press(choice: str, context: Context, speech: Speech) -> Decision | None:
    """The decision for a pressed button; None for a payload that is not known."""
    if choice == OPERATOR:
        return call_person(context, speech)
    if choice == OTHER:
        return _ask_again(context, speech)
    if choice.startswith(ARTICLE):
        article = speech.articles.get(choice.removeprefix(ARTICLE))
        if article is None:
            return _offer("article_gone", context, speech, "article_gone")
        query = speech.read(f"{context.question} {article.title}")
        part = Part(query, (Hit(article.id, article.title, 1.0),))
        return _say_articles((part,), context, speech, context.question, "chosen")
    return None


def guard(
    u: Understanding, context: Context, speech: Speech, limits: Policy, confidence: float | None = None
) -> Decision | None:
    """What no dialogue may delay: a person, a refusal, another language, speech that was not heard."""
    for step in (_urgent, _refused, _foreign_language):
        decision = step(u, context, speech, limits)
        if decision is not None:
            return decision
    if confidence is not None and confidence < HEARD_AT:
        return not_heard(context, speech)
    return None


def decide(
    understanding: Understanding, context: Context, speech: Speech, limits: Policy, *, asks: bool = False
) -> Decision:
    """The answer to a written or spoken message, from the base. `asks`: it is no small talk."""
    for step in STEPS:
        if asks and step is _small_talk:
            continue
        decision = step(understanding, context, speech, limits)
        if decision is not None:
            return decision
    return _unknown(understanding, context, speech)


def said_while_waiting(decision: Decision, context: Context) -> bool:
    """Whether the bot says it though a person was called: what is surely known, and what is more urgent."""
    answer = decision.answer
    if isinstance(answer, Escalate):
        return context.called is not None and answer.priority < context.called
    return isinstance(answer, Say) and answer.kind in WAITING


def back_to_bot(context: Context, speech: Speech) -> Decision:
    text, context = speech.say("back_to_bot_done", context)
    settled = replace(context, misses=0, offered=False, called=None)
    return Decision(Say(SayKind.SMALL_TALK, text), settled, "back_to_bot")


def nothing_said(context: Context, speech: Speech) -> Decision:
    """An engine that has no words: the customer is met with some."""
    return _misunderstood("rephrase", context, speech)


def _foreign_language(u: Understanding, context: Context, speech: Speech, _: Policy) -> Decision | None:
    if languages.wants_person(u.reading.text, context):
        return call_person(context, speech)
    if u.reading.language is not Language.OTHER:
        return None
    text, button, context = languages.offer(context, speech)
    say = Say(SayKind.UNKNOWN, text, quick_replies=(button,))
    return Decision(say, replace(context, offered=True, options=()), "other_language")


def _urgent(u: Understanding, context: Context, speech: Speech, _: Policy) -> Decision | None:
    return None if u.escalation is None else call_person(context, speech, u.escalation, u.hits, u.question)


def _refused(u: Understanding, context: Context, speech: Speech, _: Policy) -> Decision | None:
    key = None
    if u.refusal is not None:
        key = f"refusal_{u.refusal.reason}"
    elif (
        u.reading.language is Language.RUSSIAN
        and len(u.reading.text.split()) >= HARM_WORDS
        and u.intent.share(OUT_OF_SCOPE) >= HARM_AT
        and u.intent.best(OUT_OF_SCOPE) in HARM
    ):
        key = OFF_TOPIC[u.intent.best(OUT_OF_SCOPE) or ""]
    if key is None:
        return None
    text, context = speech.say(key, context)
    return Decision(Say(SayKind.REFUSAL, text), replace(context, offered=False), key)


def _foreign(u: Understanding) -> float:
    """Probability that the message is about what the base does not cover."""
    return 0.0 if _top(u) >= ASKED_AT else u.intent.share(OUT_OF_SCOPE)


def _unreadable(u: Understanding, context: Context, speech: Speech, limits: Policy) -> Decision | None:
    option = chosen_option(u.reading.text, context.options)
    if option is not None:
        return press(f"{ARTICLE}{option}", context, speech)
    if u.reading.language is Language.NONE and _top(u) < limits.answer_at:
        return _misunderstood("rephrase", context, speech)
    return None


def _small_talk(u: Understanding, context: Context, speech: Speech, limits: Policy) -> Decision | None:
    waits = context.called is not None  # for a person: then nobody chats
    name = None if waits else u.intent.exact
    if (
        name is None
        and not waits
        and u.intent.share(SMALL_TALK) >= SMALL_TALK_AT
        and _top(u) < limits.clarify_at
    ):
        name = u.intent.best(SMALL_TALK)
    if name is None:
        return None
    if name == "affirm" and context.offered:
        return call_person(context, speech)
    if name == "bot_complaint":
        return _misunderstood(f"{SMALL_TALK}/{name}", context, speech)
    if name == "repeat" and context.last:
        return Decision(Say(SayKind.TASK, context.last), context, name)
    if name in {"repeat", "not_understood"} and context.articles:
        return _again(name, context, speech)
    text, context = speech.small_talk(name, context)
    replies = (speech.operator_button(),) if name in {"swearing", "not_understood"} else ()
    settled = replace(context, options=(), offered=bool(replies), misses=0)
    return Decision(Say(SayKind.SMALL_TALK, text, quick_replies=replies), settled, name)


def _english(u: Understanding, context: Context, speech: Speech, _: Policy) -> Decision | None:
    if u.reading.language is not Language.ENGLISH:
        return None
    return _offer("english_only", context, speech, "english")


def _off_topic(u: Understanding, context: Context, speech: Speech, _: Policy) -> Decision | None:
    foreign = _foreign(u)
    if foreign < OUT_OF_SCOPE_AT or u.lean >= 0.5 or (_top(u) >= SURE_AT and foreign < CERTAIN_AT):
        return None
    kind = u.intent.best(OUT_OF_SCOPE) or ""
    key = OFF_TOPIC.get(kind, "off_topic")
    if key == "rephrase":
        return _misunderstood(key, context, speech)
    return _offer(key, context, speech, kind)


def _answered(u: Understanding, context: Context, speech: Speech, limits: Policy) -> Decision | None:
    if not u.parts:
        return None
    if len(u.parts) > 1:
        return _say_articles(u.parts, context, speech, u.question, "two_questions")
    asked_before = bool(context.options) and u.hits[0].article_id in context.options if u.hits else False
    floor = limits.clarify_at if asked_before else limits.answer_at
    if u.followed or plain(u):
        floor = min(floor, FOLLOWED_AT)
    if context.called is not None and u.hits and u.hits[0].article_id in context.articles:
        floor, asked_before = WAITING_AT, True
    if _top(u) * (1 - _foreign(u)) < floor or (not asked_before and ambiguous(u)):
        return None
    return _say_articles(u.parts, context, speech, u.question, "answered")


def which(question: str, articles: Sequence[str], asked: str, context: Context, speech: Speech) -> Decision:
    """Asks which of these articles was meant."""
    known = [speech.articles[name] for name in articles if name in speech.articles][:OPTIONS]
    options = tuple(QuickReply(each.title, f"{ARTICLE}{each.id}") for each in known)
    ids = tuple(each.id for each in known)
    remembered = replace(context, options=ids, question=asked, offered=False)
    return Decision(Ask(question, (*options, speech.other_button())), remembered, "clarify")


def _asked(u: Understanding, context: Context, speech: Speech, limits: Policy) -> Decision | None:
    candidates = _candidates(u)
    if _top(u) < min(CHOICE_AT, limits.clarify_at) or _foreign(u) >= OUT_OF_SCOPE_AT:
        return None
    if u.own < MEANT_AT and not (u.followed and _top(u) >= FOLLOWED_AT):
        return None
    if context.options and set(context.options) == {hit.article_id for hit in candidates}:
        return _misunderstood("clarify_again", context, speech)
    question = "clarify" if len(candidates) > 1 else "confirm"
    text, context = speech.say(question, context)
    names = [hit.article_id for hit in candidates]
    return replace(which(text, names, u.question, context, speech), reason=question)


STEPS: tuple[Step, ...] = (
    _unreadable,
    _small_talk,
    _english,
    _off_topic,
    _answered,
    _asked,
)


def _candidates(u: Understanding) -> tuple[Hit, ...]:
    return tuple(hit for hit in u.hits[:OPTIONS] if hit.p >= OPTION_AT * u.hits[0].p)


def _say_articles(
    parts: tuple[Part, ...], context: Context, speech: Speech, question: str, reason: str
) -> Decision:
    articles = [speech.articles[part.hits[0].article_id] for part in parts]
    budget = CHAT_CHARS if len(parts) == 1 else SHARED_CHARS
    texts = []
    for part, article in zip(parts, articles, strict=True):
        text = speech.answer(article, part.query, budget)
        texts.append(text if len(parts) == 1 else f"{speech.heading(article)}\n\n{text}")
    sources = tuple(source(article) for article in articles)
    names = [article.id for article in articles]
    remembered = replace(
        context,
        articles=tuple(dict.fromkeys((*names, *context.articles)))[:4],
        question=question,
        options=(),
        misses=0,
        offered=False,
    )
    say = Say(SayKind.ANSWER, "\n\n".join(texts), sources, related(articles, speech.articles))
    return Decision(say, remembered, reason)


def _again(name: str, context: Context, speech: Speech) -> Decision:
    """The last article once more, or in short."""
    article = speech.articles.get(context.articles[0])
    if article is None:
        return _offer("article_gone", context, speech, "article_gone")
    if name == "repeat":
        part = Part(speech.read(context.question), (Hit(article.id, article.title, 1.0),))
        return _say_articles((part,), context, speech, context.question, "repeat")
    text, context = speech.say("simpler", context, text=article.voice or article.title)
    say = Say(SayKind.ANSWER, text, (source(article),), quick_replies=(speech.operator_button(),))
    return Decision(say, replace(context, offered=True), "simpler")


def say_article(u: Understanding, context: Context, speech: Speech) -> Decision:
    """The answer that was found, without further doubt."""
    return _say_articles(u.parts, context, speech, u.question, "answered")


def _ask_again(context: Context, speech: Speech) -> Decision:
    return _misunderstood("ask_other", replace(context, options=()), speech)


def _misunderstood(
    key: str, context: Context, speech: Speech, related_to: tuple[Source, ...] = ()
) -> Decision:
    """Says that it was not understood; the second time in a row hands over."""
    if context.misses + 1 >= PATIENCE:
        text = speech.handoff(MISUNDERSTOOD)
        settled = replace(context, misses=0, options=(), offered=False)
        skills = languages.skills(context, speech)
        escalate = Escalate(MISUNDERSTOOD, MISUNDERSTOOD_PRIORITY, text, skills=skills)
        return Decision(escalate, settled, MISUNDERSTOOD)
    decision = _offer(key, context, speech, key.rsplit("/", 1)[-1], related_to)
    return replace(decision, context=replace(decision.context, misses=context.misses + 1))


def _offer(
    key: str, context: Context, speech: Speech, reason: str, related_to: tuple[Source, ...] = ()
) -> Decision:
    """Says the phrase and offers a human."""
    topics = ", ".join(f"[{topic.title}]({topic.url})" for topic in related_to)
    text, context = speech.say(key, context, topics=topics)
    say = Say(SayKind.UNKNOWN, text, related=related_to, quick_replies=(speech.operator_button(),))
    return Decision(say, replace(context, offered=True, options=()), reason)


def _unknown(u: Understanding, context: Context, speech: Speech) -> Decision:
    near = [hit for hit in u.hits[:2] if hit.p >= RELATED_AT and _foreign(u) < OUT_OF_SCOPE_AT / 2]
    topics = tuple(source(speech.articles[hit.article_id]) for hit in near)
    return _misunderstood("unknown_related" if topics else "unknown", context, speech, topics)


def _top(u: Understanding) -> float:
    return u.hits[0].p if u.hits else 0.0
