"""Words that dates are made of, by form."""

from __future__ import annotations

from bot.nlu.entities.tokens import listed

_MONTHS = (
    "январь января январе январю январем янв january",
    "февраль февраля феврале февралю февралем фев февр february",
    "март марта марте марту мартом мар march", "апрель апреля апреле апрелю апрелем апр april",
    "май мая мае маю маем may", "июнь июня июне июню июнем июн june", "июль июля июле июлю июлем июл july",
    "август августа августе августу августом авг august",
    "сентябрь сентября сентябре сентябрю сентябрем сен сент september",
    "октябрь октября октябре октябрю октябрем окт october",
    "ноябрь ноября ноябре ноябрю ноябрем ноя нояб november",
    "декабрь декабря декабре декабрю декабрем дек december",
)  # fmt: skip
_WEEKDAYS = (
    "понедельник понедельника понедельнику понедельником понедельнике пн пон понед monday",
    "вторник вторника вторнику вторником вторнике вт tuesday", "среда среду среды среде средой ср wednesday",
    "четверг четверга четвергу четвергом четверге чт thursday",
    "пятница пятницу пятницы пятнице пятницей пт friday",
    "суббота субботу субботы субботе субботой сб saturday",
    "воскресенье воскресенья воскресенью воскресеньем воскресение воскресенью вс воскр sunday",
)  # fmt: skip
MONTHS = {form: number for number, forms in enumerate(_MONTHS, 1) for form in forms.split()}
WEEKDAYS = {form: number for number, forms in enumerate(_WEEKDAYS) for form in forms.split()}
SHORT_WEEKDAYS = frozenset(form for form in WEEKDAYS if len(form) < 4)
RELATIVE = (
    dict.fromkeys(
        listed("сегодня седня today", "сегодняшний сегодняшнее сегодняшнего сегодняшним сегодняшнему"), 0
    )
    | dict.fromkeys(
        listed("завтра завтро tomorrow", "завтрашний завтрашнее завтрашнего завтрашним завтрашнему"), 1
    )
    | dict.fromkeys(listed("послезавтра послезавтрашний послезавтрашнего"), 2)
    | dict.fromkeys(listed("вчера вчерашний вчерашнее вчерашнего вчерашним вчерашнему yesterday"), -1)
    | dict.fromkeys(listed("позавчера позавчерашний позавчерашнего"), -2)
)
_UNITS = {
    "day": "день дня дней дню дн денек денька деньков",
    "week": "неделя неделю недели недель недельку недельки неделек нед",
    "month": "месяц месяца месяцев месяцу мес месяцок",
    "year": "год года лет году годик",
}
UNITS = {form: unit for unit, forms in _UNITS.items() for form in forms.split()}
NEXT = listed("следующий следующего следующей следующую следующем следующее следующ будущей будущего")
THIS = listed("этот этого этой эту этом это ближайший ближайшую ближайшей ближайшее ближайшего текущего")
LAST = listed("прошлый прошлого прошлой прошлую прошлом прошлое той минувший минувшую минувшей")
PARTS = (
    dict.fromkeys(("начало", "начале", "началу", "начала"), "begin")
    | dict.fromkeys(("середина", "середине", "середину", "середины"), "middle")
    | dict.fromkeys(("конец", "конце", "концу", "конца"), "end")
)


def week_shift(form: str) -> int | None:
    """Which week or month a word speaks of: 0 this, 1 the next, -1 the last."""
    return 1 if form in NEXT else 0 if form in THIS else -1 if form in LAST else None
