"""What the words heard so far tell of the turn: a back-channel, an answer, an unfinished phrase, a number."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.nlu.entities import numbers
from bot.nlu.entities.said import Said
from bot.nlu.entities.spoken import written
from bot.nlu.entities.tokens import listed

# Words by which a listener says "go on". «Да» is one too, unless a yes or no is awaited.
BACKCHANNELS = listed(
    "угу ага мгм м мм ммм хм гм а о ой у ух э так так-так да да-да дада понятно ясно понял поняла хорошо",
    "ладно окей ок ну конечно вот слушаю правильно верно точно",
    "uh-huh uhuh huh uh mhm mm hmm hm yeah yes yep right okay ok i see sure got it aha oh",
)
# Words that take the floor however short they are.
_COMMANDS = listed(
    "нет стоп стой оператор оператора человек подождите погодите хватит не надо",
    "no stop wait operator agent human",
)
_QUESTIONS = listed(
    "почему сколько зачем где когда какой какие какая кто что повторите помедленнее громче алло-алло",
    "why what when where who how repeat slower louder",
)
# What a short voice during our speech is recognised against (`Judge`), beside "anything else".
SHORT = (
    *listed("угу ага да так понятно хорошо ясно ладно окей конечно ну мм понял поняла"),
    *("угу угу", "да да", "так так", "да понятно", "ну да", "да конечно", "да хорошо"),
    *listed("нет стоп оператор подождите не надо хватит"),
)
_YES_NO = listed(
    "да нет ага угу конечно верно неверно правильно неправильно не хорошо ладно согласен согласна давайте",
    "yes no yeah yep nope sure right",
)
# Nobody ends a thought on these: prepositions, conjunctions, names of what is about to be dictated.
_UNFINISHED = listed(
    "в во на с со к ко по о об от до из у за для при про под над без через между после перед около",
    "и а но или что чтобы если когда потому как где который которая которое которые либо чем",
    "мой моя моё моего моей это не номер телефон номера договор договора серия",
    "узнать спросить уточнить хочу хотел хотела",
    "э эм ну значит типа короче",
    "the a an to of in on at for with and or but if that my is number um uh",
)
# They end a question too, «ответ по займу когда», unless the caller began to ask for something.
_ASKED_LAST = listed("что где когда как который которая которое которые чем")
_BEGUN = listed("узнать спросить уточнить скажите подскажите интересует знаю пойму понимаю хочу хотел хотела")
_NUMBERED = listed("телефон договор договора")  # «я потерял телефон»
_BEFORE_NUMBER = listed("мой моего номер номера это")
_OWN = listed("мой моя моё моего моей это")  # «займ не мой»
# Nobody calls to say only this: «здравствуйте», «можно ли», «скажите пожалуйста», «у меня вопрос».
_OPENINGS = listed(
    "здравствуйте алло добрый день утро вечер привет девушка слушайте смотрите скажите подскажите пожалуйста",
    "такой такая вопрос я мне у меня есть бы ли можно нужно надо могу хотелось узнать спросить",
    "hello hi good morning please listen so i have question can you tell me",
)
_ROUND = listed(
    "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
    "сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот",
    "twenty thirty forty fifty sixty seventy eighty ninety hundred",
)
_FOUR_LAST = re.compile(r"\d[\d ]{2,}\d$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+")


@lru_cache(2_000)
def words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower()))


def is_backchannel(text: str, *, yes_no: bool = False) -> bool:
    """Whether all words only say "go on"; `yes_no`: such an answer is awaited, so «да» is no back-channel."""
    heard = words(text)
    return bool(heard) and all(word in BACKCHANNELS and not (yes_no and word in _YES_NO) for word in heard)


def is_command(text: str, *, yes_no: bool = False) -> bool:
    """Whether a word takes the floor at once; of yes and no both, where such an answer is awaited."""
    return any(word in _COMMANDS or (yes_no and word in _YES_NO) for word in words(text))


def asks(text: str) -> bool:
    """Whether a question word, or a wish to hear it again, is among the words."""
    return any(word in _QUESTIONS for word in words(text))


def is_yes_or_no(text: str) -> bool:
    heard = words(text)
    return 0 < len(heard) <= 3 and all(word in _YES_NO or word in BACKCHANNELS for word in heard)


def is_unfinished(text: str) -> bool:
    """Whether the last word asks for another one, or nothing but a greeting or an opening was said."""
    heard = words(text)
    if not heard or all(word in _OPENINGS for word in heard):
        return bool(heard)
    *before, last = heard
    if last in _ASKED_LAST and len(before) >= 2 and not any(word in _BEGUN for word in before):
        return False
    if last in _NUMBERED and before and before[-1] not in _BEFORE_NUMBER:
        return False
    return last in _UNFINISHED and not (last in _OWN and before[-1:] == ["не"])


def is_echo(text: str, said: str) -> bool:
    """Whether at least two words, all of them, are what our own side is saying, in its order."""
    heard, ours = words(text), iter(words(said))
    return len(heard) >= 2 and all(any(word == own for own in ours) for word in heard)


@lru_cache(2_000)
def digits(text: str) -> str:
    """The digits said so far, as they would be written: «восемь девятьсот двадцать три» -> 8923."""
    return numbers.digits(_written(text))


def is_dictating(text: str) -> bool:
    """Whether the text ends amid at least four dictated digits; «сто тысяч рублей» does not."""
    return _FOUR_LAST.search(_written(text)) is not None


def is_round(text: str) -> bool:
    """Whether it ends with a number that a smaller one completes: «тридцать», of «тридцать три»."""
    return not _ROUND.isdisjoint(words(text)[-1:])


@lru_cache(2_000)
def _written(text: str) -> str:
    again = written(Said.of(text))
    return again.text if again else text
