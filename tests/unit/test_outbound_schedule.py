"""When a call may be placed: hours where the customer lives, limits, pauses, and the end of trying."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.core.errors import FrontlineError, InvalidContent
from bot.core.outbound import LASTS, CallKind, CallStatus, OutboundCall
from bot.settings import Settings, Voice
from voice.outbound.schedule import AGAIN, LONGEST, Place, Result, Rules, Settle, Wait
from voice.outbound.zones import Zones

RULES = Rules.of(Settings())
MOBILE, MOSCOW, VLADIVOSTOK, KALININGRAD = "+79000000001", "+74950000001", "+74230000001", "+74010000001"
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """A moment of June 2026, Moscow time: "2 09:00"."""
    day, clock = text.split()
    local = datetime.combine(date(2026, 6, int(day)), time.fromisoformat(clock))
    return local.replace(tzinfo=ZoneInfo("Europe/Moscow")).astimezone(UTC)


def call(
    due: datetime,
    *,
    phone: str = MOBILE,
    kind: CallKind = CallKind.CALLBACK,
    status: CallStatus = CallStatus.WAITING,
    attempts: int = 0,
    answered: datetime | None = None,
) -> OutboundCall:
    return OutboundCall(
        "1" * 32, "c", kind, phone, "", status, due, due + LASTS[kind], attempts, due, answered
    )


@pytest.mark.parametrize(
    ("phone", "moment", "expected"),
    [
        (MOBILE, "2 08:59", "2 09:00"),
        (MOBILE, "2 09:00", "2 09:00"),
        (MOBILE, "2 20:59", "2 20:59"),
        (MOBILE, "2 21:00", "3 09:00"),
        (MOSCOW, "2 23:30", "3 09:00"),
        (VLADIVOSTOK, "2 14:00", "3 02:00"),  # 21:00 there
        (VLADIVOSTOK, "2 02:00", "2 02:00"),
        (KALININGRAD, "2 09:00", "2 10:00"),
        (KALININGRAD, "2 21:30", "2 21:30"),
    ],
)
def test_the_hours_are_those_of_the_customer(phone: str, moment: str, expected: str) -> None:
    assert RULES.allowed(phone, at(moment)) == at(expected)


@pytest.mark.parametrize(
    ("it", "now", "rung", "expected"),
    [
        (call(at("2 12:00")), "2 12:00", 0, Place(at("2 00:00"))),
        (call(at("2 12:00")), "2 12:00", 1, Place(at("2 00:00"))),
        (call(at("2 12:00")), "2 12:00", 2, Wait(at("3 09:00"))),
        (call(at("2 22:00")), "2 22:00", 0, Wait(at("3 09:00"))),
        (call(at("2 22:00")), "2 22:00", 2, Wait(at("3 09:00"))),
        (call(at("2 08:00")), "2 12:00", 2, Settle(CallStatus.GAVE_UP, Result.EXPIRED)),
        (call(at("2 12:00")), "3 12:00", 0, Settle(CallStatus.GAVE_UP, Result.EXPIRED)),
        (call(at("2 12:00"), attempts=3), "2 15:00", 0, Settle(CallStatus.GAVE_UP, Result.EXHAUSTED)),
        (
            call(at("2 12:00"), status=CallStatus.CALLING, attempts=1),
            "2 13:00",
            1,
            Settle(CallStatus.WAITING, Result.LOST, at("2 13:00")),
        ),
        (
            call(at("2 12:00"), status=CallStatus.CALLING, attempts=1, answered=at("2 12:01")),
            "2 13:00",
            1,
            Settle(CallStatus.DONE, Result.ANSWERED),
        ),
        (call(at("2 12:00"), phone=VLADIVOSTOK), "2 12:00", 0, Place(at("1 17:00"))),
    ],
)
def test_what_is_done_with_a_call_that_is_due(
    it: OutboundCall, now: str, rung: int, expected: object
) -> None:
    assert RULES.now_for(it, at(now), rung) == expected


WAITS, GIVES_UP = CallStatus.WAITING, CallStatus.GAVE_UP


@pytest.mark.parametrize(
    ("attempts", "kind", "result", "now", "expected"),
    [
        (1, CallKind.CALLBACK, Result.TALKED, "2 12:00", (CallStatus.DONE, None)),
        (1, CallKind.CALLBACK, Result.BUSY, "2 12:00", (WAITS, "2 12:10")),
        (2, CallKind.CALLBACK, Result.BUSY, "2 12:00", (WAITS, "2 12:20")),
        (3, CallKind.CALLBACK, Result.BUSY, "2 12:00", (GIVES_UP, None)),
        (1, CallKind.CALLBACK, Result.NO_ANSWER, "2 20:45", (WAITS, "3 09:00")),
        (1, CallKind.CALLBACK, Result.MACHINE, "2 12:00", (WAITS, "2 13:00")),
        (1, CallKind.CALLBACK, Result.HUNG_UP, "2 12:00", (WAITS, "2 12:30")),
        (1, CallKind.SURVEY, Result.HUNG_UP, "2 12:00", (GIVES_UP, None)),
        (1, CallKind.SURVEY, Result.NO_ANSWER, "2 12:00", (WAITS, "2 12:30")),
        (1, CallKind.CALLBACK, Result.NO_ANSWER, "3 11:59", (GIVES_UP, None)),  # good until 12:00
    ],
)
def test_what_follows_an_attempt(
    attempts: int, kind: CallKind, result: Result, now: str, expected: tuple[CallStatus, str | None]
) -> None:
    it = call(at("2 12:00"), kind=kind, status=CallStatus.CALLING, attempts=attempts)
    after = RULES.after(it, result, at(now))
    status, next_at = expected
    assert (after.status, after.next_at) == (status, None if next_at is None else at(next_at))
    assert after.result is result


moments = some.integers(0, 4 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = some.sampled_from(
    [
        "Europe/Moscow",
        "Asia/Kamchatka",
        "Europe/Berlin",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
        "Pacific/Apia",
    ]
)
hours = some.tuples(some.times(), some.times()).map(sorted).filter(lambda pair: pair[0] < pair[1])


def rules(zone: str, opens: time, closes: time) -> Rules:
    return Rules(opens, closes, Zones(ZoneInfo(zone), {}), 3, 2)


@given(moments, zones, hours)
def test_no_call_outside_the_hours_whatever_the_zone(
    moment: datetime, zone: str, between: list[time]
) -> None:
    opens, closes = between
    allowed = rules(zone, opens, closes).allowed(MOBILE, moment)
    local = allowed.astimezone(ZoneInfo(zone)).time()
    assert moment <= allowed <= moment + timedelta(days=2)
    # where clocks are put forward over the opening, or over all the hours, it is the first moment after
    skipped = allowed.astimezone(ZoneInfo(zone)).utcoffset() != moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert opens <= local < closes or skipped
    assert allowed == moment or local == opens or skipped


@given(moments, zones, hours, some.integers(1, 12), some.sampled_from(sorted(AGAIN)))
def test_trying_ends(moment: datetime, zone: str, between: list[time], most: int, result: Result) -> None:
    """However attempts end, so many follow and no more; none after the call's time, none at night."""
    held = Rules(between[0], between[1], Zones(ZoneInfo(zone), {}), most, 2)
    it, now, placed = call(moment), moment, 0
    for _ in range(100):
        step = held.now_for(it, now, rung=0)
        if isinstance(step, Wait):
            assert step.until > now
            now = step.until
            continue
        if isinstance(step, Settle):
            assert step.status is CallStatus.GAVE_UP
            break
        placed += 1
        it = call(moment, status=CallStatus.CALLING, attempts=placed)
        after = held.after(it, result, now)
        if after.next_at is None:
            break
        assert now <= after.next_at < it.expires_at
        now = after.next_at + timedelta(minutes=1)
        it = call(moment, attempts=placed)
    else:
        raise AssertionError("it never ends")
    assert placed <= most
    assert max(AGAIN.values()) < LONGEST


def test_zones_by_number(tmp_path: Path) -> None:
    path = tmp_path / "zones.yml"
    path.write_text(
        'Europe/Moscow: ["+74"]\nAsia/Omsk: "+79020"\n'
        'Asia/Vladivostok: ["+7423", "+79020000000-+79020999999"]\n'
    )
    table = Zones.load(path, "Asia/Tomsk")
    found = {
        number: table.of(number).key
        for number in (
            "+74951234567",
            "+74231234567",
            "+79020500000",
            "+79021000000",
            "+79020",
            "+375291234567",
            "",
        )
    }
    assert list(found.values()) == [
        "Europe/Moscow",
        "Asia/Vladivostok",
        "Asia/Vladivostok",
        "Asia/Tomsk",
        "Asia/Omsk",
        "Asia/Tomsk",
        "Asia/Tomsk",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Europe/Nowhere: ['+7']\n", "no time zone"),
        ("../etc/passwd: ['+7']\n", "no time zone"),
        ("Europe/Moscow: ['7495']\n", "7495"),
        ("Europe/Moscow: ['+7495-+74']\n", "+7495-+74"),
        ("- +7\n", "mapping"),
    ],
)
def test_a_table_of_zones_that_is_wrong_names_the_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "zones.yml"
    path.write_text(text)
    with pytest.raises(InvalidContent, match=says.replace("+", r"\+")):
        Zones.load(path, "Europe/Moscow")


@pytest.mark.parametrize("hours", ["21:00-09:00", "9-21", "09:00", "", "09:00-09:00", "09:00-25:00"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(FrontlineError, match="outbound_hours"):
        Rules.of(Settings(voice=Voice(outbound_hours=hours)))
