"""Numbers that are told in groups of digits, not counted: phones, cards, contracts, accounts, plates."""

from __future__ import annotations

import re
from itertools import pairwise

from voice.verbaliser import nouns, units
from voice.verbaliser.letters import spelled
from voice.verbaliser.numerals import cardinal, digit_by_digit
from voice.verbaliser.scan import Said, Scan
from voice.verbaliser.tables import ordered

_PHONE = re.compile(
    r"(?P<country>\+7|8|7(?=[ (-]?\(?\d{3}[) -]))[ -]?\(?(?P<area>\d{3})\)?"
    r"[ -]?(?P<one>\d{3})[ -]?(?P<two>\d\d)[ -]?(?P<three>\d\d)(?!\d|-\d)"
)
_FOREIGN = re.compile(r"\+(?P<country>\d{1,3})(?P<rest>(?:[ ()-]{0,2}\d{2,4}){2,5})(?!\d)")
_LOCAL = re.compile(
    r"\(?(?P<area>\d{3,5})\)[ -]?(?P<rest>\d{1,3}(?:-\d\d){2})(?!\d|-\d)"
    r"|(?P<short>\d{2,3}-\d\d-\d\d)(?!\d|-\d)"
)
_OF_PLATE = "АВЕКМНОРСТУХABEKMHOPCTYX"
_PLATE = re.compile(
    rf"([{_OF_PLATE}]) ?(\d{{3}}) ?([{_OF_PLATE}]{{2}}) ?(\d{{2,3}})(?![\dА-Яа-яA-Za-z])(?: ?RUS\b)?"
)
_PLATE_LOW = re.compile(r"([авекмнорстух])(\d{3})([авекмнорстух]{2})(\d{2,3})(?![\dа-яa-z])", re.IGNORECASE)
_LIKE_CYRILLIC = str.maketrans("ABEKMHOPCTYX", "АВЕКМНОРСТУХ")
_MASKED = re.compile(r"(?:[*•xXхХ·]{2,}[ -]?){1,4}(?P<m>\d{2,6})(?!\d)|[*•] ?(?P<s>\d{4})(?!\d)")
_GROUPED = re.compile(r"\d+(?:[ -]\d+){1,12}(?!\d|[.,:]\d)")
_SLASHED = re.compile(r"(?P<a>\d+)(?:/(?P<b>\d+)){1,12}(?!\d|[.,]\d)")
_DIGITS = re.compile(r"\d+(?![.,]\d|\d)")
# Words after which digits are dictated, by their beginnings.
_TOLD = (
    *ordered(
        "договор контракт карт счёт счет инн бик кпп огрн снилс паспорт сери полис заявк обращени код"
        " индекс номер"
    ),
    *ordered(
        "№ артикул vin лиценз удостоверени доверенност чек заказ талон пропуск р/с к/с л/с окпо октмо"
        " окато оквэд"
    ),
    *ordered("кбк уин пароль пин претензи телефон тел"),
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?: \d{3})+")
_LONG = 7  # digits that nobody counts


def phone(scan: Scan, at: int) -> Said | None:
    """«восемь восемьсот, ноль ноль ноль, ноль ноль, ноль ноль»: the groups that phones are told in."""
    text = scan.text
    found = _PHONE.match(text, at)
    if found is not None:
        country = "плюс семь" if found["country"] == "+7" else cardinal(int(found["country"]))
        groups = [
            f"{country} {group(found['area'])}",
            group(found["one"]),
            group(found["two"]),
            group(found["three"]),
        ]
        return Said(", ".join(groups), found.end())
    found = _FOREIGN.match(text, at)
    if found is not None and len(re.sub(r"\D", "", found[0])) >= 9:
        rest = [group(part) for part in re.findall(r"\d+", found["rest"])]
        return Said(", ".join([f"плюс {group(found['country'])}", *rest]), found.end())
    found = _LOCAL.match(text, at)
    if found is not None:
        return Said(", ".join(group(part) for part in re.findall(r"\d+", found[0])), found.end())
    return None


def group(digits: str) -> str:
    """A group of a phone: «девятьсот тринадцать», «ноль один», «ноль ноль ноль»; four digits by two."""
    if len(digits) > 3:
        return " ".join(group(digits[place : place + 2]) for place in range(0, len(digits), 2))
    zeros = len(digits) - len(digits.lstrip("0"))
    return " ".join(["ноль"] * zeros + ([cardinal(int(digits))] if zeros < len(digits) else []))


def plate(scan: Scan, at: int) -> Said | None:
    """«а сто двадцать три вэ эс семьдесят семь»."""
    found = _PLATE.match(scan.text, at) or _PLATE_LOW.match(scan.text, at)
    if found is None:
        return None
    first, digits, last, region = found.groups()
    names = [spelled(letters.upper().translate(_LIKE_CYRILLIC)) for letters in (first, last)]
    return Said(f"{names[0]} {group(digits)} {names[1]} {group(region)}", found.end())


def masked(scan: Scan, at: int) -> Said | None:
    """«карта *1234»: «карта с последними цифрами …»."""
    found = _MASKED.match(scan.text, at)
    if found is None:
        return None
    return Said(f"с последними цифрами {digit_by_digit(found['m'] or found['s'])}", found.end())


def code(scan: Scan, at: int) -> Said | None:  # noqa: PLR0911 - one return per kind of code
    """Digits that are an identifier: by the word before, by length, by zeros in front, by grouping."""
    text = scan.text
    told = _is_told(scan, at)
    slashed = _SLASHED.match(text, at)
    if slashed is not None and (told or not _is_fraction(slashed)):
        return Said(" дробь ".join(_part(part, told) for part in slashed[0].split("/")), slashed.end())
    grouped = _GROUPED.match(text, at)
    if (
        grouped is not None
        and _is_code(grouped[0], told)
        and not _is_counted(scan, grouped.end(), grouped[0])
    ):
        return Said(", ".join(in_groups(part) for part in re.findall(r"\d+", grouped[0])), grouped.end())
    if grouped is not None and _THOUSANDS.match(text, at):
        return None
    single = _DIGITS.match(text, at)
    if single is None:
        return None
    digits, end = single[0], single.end()
    if not (
        len(digits) >= _LONG or (told and len(digits) > 3) or (told and digits[0] == "0" and len(digits) > 1)
    ):
        return None
    if _is_counted(scan, end, digits):
        return None
    return Said(in_groups(digits), end)


def _is_told(scan: Scan, at: int) -> bool:
    text = scan.text
    if re.search(r"[А-ЯЁA-Z]-?\Z", text[max(0, at - 2) : at]) and not re.search(
        r"[а-яё]", text[max(0, at - 4) : at]
    ):
        return True
    near = re.findall(r"[А-Яа-яЁёA-Za-z]+(?:/[а-я])?|№", text[max(0, at - 40) : at])
    gap = re.search(r"[№:.\s]*\Z", text[max(0, at - 6) : at])
    glued = gap is not None and "\n" not in gap[0] and not re.search(r"\.\s+\Z", text[max(0, at - 6) : at])
    return glued and any(word.lower().startswith(_TOLD) for word in near[-2:])


def _is_fraction(found: re.Match[str]) -> bool:
    return found[0].count("/") == 1 and 0 < int(found["a"]) < int(found["b"]) <= 10 and found["a"][0] != "0"


def _part(digits: str, told: bool) -> str:
    return (
        in_groups(digits)
        if (told and len(digits) > 3) or digits[0] == "0" or len(digits) >= _LONG
        else cardinal(int(digits))
    )


def _is_code(written: str, told: bool) -> bool:
    groups = re.findall(r"\d+", written)
    digits = sum(map(len, groups))
    if _THOUSANDS.fullmatch(written):
        return False
    if told and digits > 4:
        return True
    if any(len(part) == 1 for part in groups) and "-" not in written:
        return False
    if len(groups) == 2:
        return any(part[0] == "0" and len(part) > 1 for part in groups) or digits >= 12
    return digits >= 8 or "-" in written


def _is_counted(scan: Scan, end: int, digits: str) -> bool:
    """Something is counted: «счёт 5000 рублей», «10000000 ₽»."""
    if digits[0] == "0":
        return False
    if units.unit(scan.text, end) or units.scale(scan.text, end):
        return True
    found, _ = scan.nouns(end)
    return (
        bool(found)
        and found[0].lemma in _COUNTED
        and nouns.agreement(int(digits.rsplit(" ", maxsplit=1)[-1].rsplit("-", maxsplit=1)[-1]), found, ())
        is not None
    )


_COUNTED = frozenset(
    ordered(
        "рубль доллар копейка год день месяц час минута секунда тысяча миллион миллиард процент балл раз"
        " человек штука"
    )
)


def in_groups(digits: str) -> str:
    """Digits one by one, a pause after every three or four."""
    if len(digits) <= 4:
        return digit_by_digit(digits)
    size = 4 if len(digits) % 4 == 0 else 3
    cuts = list(range(0, len(digits), size))
    if len(digits) - cuts[-1] == 1:
        cuts.pop()
    return ", ".join(digit_by_digit(digits[start:end]) for start, end in pairwise([*cuts, len(digits)]))
