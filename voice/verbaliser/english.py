"""English sentences: digits, money, percent, dates and times in words; Cyrillic in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from voice.verbaliser.tables import content, ordered

_ONES = ordered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen"
    " eighteen nineteen"
)
_TENS = ordered("twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_MONTHS = ordered("January February March April May June July August September October November December")
_MONTH = "|".join(f"{name}|{name[:3]}\\.?(?![a-z])" for name in _MONTHS)
_UNITS: dict[str, tuple[str, str]] = {
    sign: (one, many) for sign, one, many in (entry.split() for entry in content("english.yml")["units"])
}
_MINOR: dict[str, tuple[str, str]] = {
    sign: (one, many) for sign, one, many in (entry.split() for entry in content("english.yml")["hundredths"])
}
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        ordered("a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya"),
        strict=True,
    )
)
_SIGNS: dict[str, str] = content("english.yml")["signs"]
_ADDRESS_SIGNS: dict[str, str] = content("english.yml")["in_addresses"]
_NUMBER = r"\d{1,3}(?:[ ,]\d{3})++(?!\d)|\d++"
_ADDRESS = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}|(?:https?://)?(?:[A-Za-z\d][\w-]{0,62}\.){1,5}(?:[a-z]{2,24})(?![\w@-])(?:/[\w\-./?=&%#+:]{0,300})?",
    re.ASCII,
)
_TOKENS = re.compile(
    rf"""(?P<iso>(?P<iy>\d{{4}})-(?P<im>0[1-9]|1[0-2])-(?P<id>[0-2]\d|3[01])(?!\d))
    |(?P<dotted>(?P<dd>[0-2]?\d|3[01])\.(?P<dm>0[1-9]|1[0-2])\.(?P<dy>\d{{4}}|\d\d)(?!\d))
    |(?P<dayfirst>(?P<fd>[0-2]?\d|3[01])(?:st|nd|rd|th)?[ ](?:of[ ])?(?P<fm>{_MONTH})
      (?:,?[ ](?P<fy>\d{{4}})(?![\d%]))?)
    |(?P<time>(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?!\d|:\d)(?:[ ]?(?P<half>[ap])\.?m\b\.?)?)
    |(?P<phone>\+?\d{{1,3}}(?:[ -]|[ ]?\()\d{{3}}\)?[ -]?\d{{3}}[ -]?\d\d[ -]?\d\d(?!\d))
    |(?P<ordinal>(?P<on>\d{{1,12}})(?:st|nd|rd|th)(?![a-z]))
    |(?P<prefixed>(?P<ps>[$€£₽])[ ]?(?P<pn>{_NUMBER})(?:\.(?P<pf>\d++))?
      (?P<scale>[ ](?:thousand|million|billion))?)
    |(?P<code>\d{{2,}}(?:-\d+){{1,8}}(?!\d)|0\d+(?![.,]\d))
    |(?P<number>(?P<n>{_NUMBER})(?:[.,](?P<f>\d++)(?![.,]\d))?
      (?:[ ]?(?P<unit>%|₽|€|£|\$|°C|°|RUB|USD|EUR|kg|km|MB|GB|min|sec)(?![A-Za-z]))?)
    |(?P<own>[^\W\d_]+(?:[-'][^\W\d_]+)*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_RANGE = re.compile(
    r"(?<=[\d%₽$€])[ ]?[–—][ ]?(?=[$€£]?\d)|(?<![\d-]\d)(?<![\d-]\d\d)(?<=\d)-(?=[1-9]\d?(?![\d-]))"
)
_LONG = 7


def cardinal(number: int) -> str:
    """«one thousand two hundred thirty-four»."""
    words = []
    for size, name in _SCALES:
        count, number = divmod(number, size)
        if count:
            words.append(f"{cardinal(count)} {name}")
    if number >= 100:
        words.append(f"{_ONES[number // 100]} hundred")
        number %= 100
    if number >= 20:
        tens = _TENS[number // 10 - 2]
        words.append(tens if number % 10 == 0 else f"{tens}-{_ONES[number % 10]}")
    elif number or not words:
        words.append(_ONES[number])
    return " ".join(words)


def ordinal(number: int) -> str:
    head, mark, last = re.match(r"(.*?)([ -]?)(\w+)\Z", cardinal(number)).groups()  # type: ignore[union-attr]  # words
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return head + mark + last


def read(text: str, spellings: Mapping[str, str]) -> list[str]:
    """Spoken pieces in order."""
    own = {written.lower(): said for written, said in spellings.items()}
    text = _RANGE.sub(" to ", text)
    out: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKENS.match(text, at)
        if found is None:  # never: the last alternative takes any sign
            break
        starts = (found["own"] or found["number"] or found["code"]) and not text[
            max(0, at - 1) : at
        ].isalnum()
        address = _ADDRESS.match(text, at) if starts else None
        if address:
            written = address[0].rstrip(".-/?:")
            out.append(f" {_address(written.removeprefix('https://').removeprefix('http://'))} ")
            at += len(written)
        else:
            out.append(_said(found, own))
            at = found.end()
    return out


def _said(found: re.Match[str], own: Mapping[str, str]) -> str:
    kind = next(name for name in _READERS if found[name] is not None)
    if kind == "own":
        return own.get(found[0].lower()) or _word(found[0])
    said = _READERS[kind](found)
    return f" {said} " if kind != "other" else said


def _word(word: str) -> str:
    if word.isascii():
        return word
    said = "".join(_LATIN.get(sign.lower(), sign if sign.isascii() else "").replace("_", "") for sign in word)
    return said.capitalize() if word[0].isupper() else said


def _address(written: str) -> str:
    pieces = re.findall(r"[^\W\d_]+|\d|.", written)
    return " ".join(
        _ONES[int(piece)] if piece.isdecimal() else _ADDRESS_SIGNS.get(piece) or _word(piece)
        for piece in pieces
    )


def _digits(written: str) -> str:
    return " ".join(_ONES[int(sign)] for sign in written if sign.isdecimal())


def _groups(written: str) -> str:
    return ", ".join(_digits(part) for part in re.findall(r"\d+", written))


def year(number: int) -> str:
    """«twenty twenty-six», «two thousand five»."""
    century, rest = divmod(number, 100)
    if number < 1000 or rest == 0 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def _date(day: str, month: str, written: str | None) -> str:
    name = (
        _MONTHS[int(month) - 1]
        if month.isdecimal()
        else next(one for one in _MONTHS if one.startswith(month[:3]))
    )
    said = f"{name} {ordinal(int(day))}"
    if not written:
        return said
    return f"{said}, {year(int(written)) if len(written) == 4 else _digits(written)}"


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    half = found["half"] or ("a" if hour % 24 < 12 else "p")
    words = cardinal(hour % 12 or 12)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    return f"{words} {half} m"


def _whole(written: str) -> str:
    digits = re.sub(r"\D", "", written)
    if len(digits) > 15 or (len(digits) >= _LONG and digits == written):
        return _digits(digits)
    if len(digits) == 4 and written == digits and digits[:2] in {"19", "20"}:
        return year(int(digits))
    return cardinal(int(digits))


def _amount(whole: str, part: str | None, sign: str, scale: str) -> str:
    one, many = _UNITS[sign]
    if scale:
        return f"{_whole(whole)}{_point(part)}{scale} {many}"
    if part and len(part) == 2 and sign in _MINOR:
        return f"{_count(whole, one, many)} {_count(part, *_MINOR[sign])}"
    if part:
        return f"{_whole(whole)}{_point(part)} {many}"
    return _count(whole, one, many)


def _count(written: str, one: str, many: str) -> str:
    digits = re.sub(r"\D", "", written)
    if len(digits) > 15:
        return f"{_digits(digits)} {many}"
    return f"{cardinal(int(digits))} {one if int(digits) == 1 else many}"


def _point(part: str | None) -> str:
    return f" point {_digits(part)}" if part else ""


def _number(found: re.Match[str]) -> str:
    whole, part, sign = found["n"], found["f"], found["unit"]
    if sign:
        return _amount(whole, part, sign.lower(), "")
    return _whole(whole) + _point(part)


def _other(found: re.Match[str]) -> str:
    sign = found[0]
    if sign in ".,!?:; ":
        return sign
    if sign == "\n":
        return " "
    if sign in _SIGNS:
        return f" {_SIGNS[sign]} "
    before, after = (
        found.string[found.start() - 1 : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    if sign in "-'’" and before.isalpha() and after.isalpha():
        return "-" if sign == "-" else ""
    if sign == "*" and not before.strip() and not after.strip():
        return "star"
    return "," if sign in "()[]—–|→" else " "


_READERS: dict[str, Callable[[re.Match[str]], str]] = {
    "iso": lambda found: (
        _date(found["id"], found["im"], found["iy"]) if found["id"] != "00" else _groups(found["iso"])
    ),
    "dotted": lambda found: (
        _date(found["dd"], found["dm"], found["dy"]) if int(found["dd"]) else _groups(found["dotted"])
    ),
    "dayfirst": lambda found: (
        _date(found["fd"], found["fm"], found["fy"])
        if int(found["fd"])
        else f"zero {found['fm']} {_digits(found['fy'] or '')}"
    ),
    "time": _time,
    "phone": lambda found: ("plus " if found[0][0] == "+" else "") + _groups(found["phone"]),
    "ordinal": lambda found: ordinal(int(found["on"])),
    "prefixed": lambda found: _amount(found["pn"], found["pf"], found["ps"], found["scale"] or ""),
    "code": lambda found: _groups(found["code"]),
    "number": _number,
    "own": lambda found: found[0],
    "other": _other,
}
