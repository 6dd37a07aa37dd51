"""Visits and call-backs: inside the process and over a real port."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime, time, timedelta

import pytest
from company import (
    TODAY,
    Company,
    refusal,
)

from bot.backoffice.errors import BackofficeRefused

MOSCOW_FRIDAY = datetime(2026, 6, 5, 11)  # noqa: DTZ001 - a time without a zone is the office's own


async def test_a_visit_brings_a_pass_and_a_parking_place(company: Company) -> None:
    slots = await company.backoffice.free_slots("москва", date(2026, 6, 5))
    assert (slots[0], slots[-1], len(slots)) == (time(9), time(19, 30), 22)
    visit = await company.backoffice.book_visit(
        city="Москва",
        at=MOSCOW_FRIDAY,
        topic="документы",
        customer_ref="c-orlov",
        guests=("Иванов Пётр Ильич",),
        plate="А123ВС77",
        key="v",
    )
    assert visit.at.isoformat() == "2026-06-05T11:00:00+03:00"
    assert (visit.parking_place, visit.guests, visit.plate) == (1, ("Иванов Пётр Ильич",), "А123ВС77")
    assert re.fullmatch(r"П-\d{6}", visit.pass_number or "")
    assert await company.backoffice.visit_of("c-orlov") == visit


async def test_a_visit_is_moved_and_cancelled(company: Company) -> None:
    seeded = await company.backoffice.visit_of("c-khasanov")
    assert seeded is not None
    assert (seeded.city, seeded.at.isoformat(), seeded.pass_number) == (
        "Казань",
        "2026-06-03T15:00:00+03:00",
        None,
    )
    monday = datetime(2026, 6, 8, 15, 30)  # noqa: DTZ001 - a time without a zone is the office's own
    moved = await company.backoffice.move_visit(visit_id=seeded.id, at=monday, key="m")
    assert (moved.id, moved.at.isoformat()) == (seeded.id, "2026-06-08T15:30:00+03:00")
    assert await company.backoffice.move_visit(visit_id=seeded.id, at=monday, key="m") == moved
    gone = await company.backoffice.cancel_visit(visit_id=seeded.id, key="c")
    assert gone.cancelled
    assert await company.backoffice.visit_of("c-khasanov") is None
    again = company.backoffice.move_visit(visit_id=seeded.id, at=monday, key="n")
    assert (await refusal(again))[0] == "no_visit"
    assert (await refusal(company.backoffice.cancel_visit(visit_id="x1", key="d")))[0] == "no_visit"


async def test_less_than_two_hours_before_it_is_too_late(company: Company) -> None:
    visit = await company.backoffice.visit_of("c-khasanov")
    assert visit is not None
    company.clock.advance(timedelta(hours=2))
    late = company.backoffice.cancel_visit(visit_id=visit.id, key="c")
    assert await refusal(late) == ("too_late", {"notice_minutes": 120})


@pytest.mark.parametrize(
    ("city", "at", "topic", "expected"),
    [
        ("Самара", "2026-06-05T11:00", "займ", "no_office"),
        ("Москва", "2026-06-03T10:00", "займ", "in_the_past"),
        ("Москва", "2020-02-29T10:00", "займ", "in_the_past"),
        ("Москва", "2026-06-18T10:00", "займ", "too_far_ahead"),
        ("Москва", "2099-06-18T10:00", "займ", "too_far_ahead"),
        ("Москва", "2026-06-07T10:00", "займ", "closed"),
        ("Екатеринбург", "2026-06-06T10:00", "займ", "closed"),
        ("Москва", "2026-06-06T10:00", "лизинг", "closed"),
        ("Москва", "2026-06-05T18:00", "лизинг", "slot_taken"),
        ("Москва", "2026-06-05T11:10", "займ", "slot_taken"),
        ("Москва", "2026-06-05T22:00", "займ", "slot_taken"),
        ("Москва", "2201-06-05T22:00", "займ", "invalid_request"),
    ],
)
async def test_a_visit_that_cannot_be(
    company: Company, city: str, at: str, topic: str, expected: str
) -> None:
    booking = company.backoffice.book_visit(
        city=city, at=datetime.fromisoformat(at), topic=topic, customer_ref="c-orlov", key="v"
    )
    reason, _ = await refusal(booking)
    assert reason == expected


async def test_days_without_free_half_hours_are_empty(company: Company) -> None:
    for day in (date(2026, 6, 7), date(2026, 6, 2), date(2026, 6, 18)):
        assert await company.backoffice.free_slots("Москва", day) == ()
    today = await company.backoffice.free_slots("Москва", TODAY)
    assert today[0] == time(11, 30)
    novosibirsk = await company.backoffice.free_slots("Новосибирск", TODAY)
    assert novosibirsk[0] == time(15, 30)  # four hours later there
    assert (await refusal(company.backoffice.free_slots("Самара", TODAY)))[0] == "no_office"


async def test_visits_have_limits(company: Company) -> None:
    book = company.backoffice.book_visit
    visit = {"city": "Казань", "at": MOSCOW_FRIDAY, "topic": "займ"}
    guests = ("Один", "Два", "Три")
    crowd = book(**visit, customer_ref="c-orlov", guests=guests, key="0")
    assert await refusal(crowd) == ("too_many_guests", {"limit": 2})
    assert (await book(**visit, customer_ref="c-vector", guests=guests, key="1")).guests == guests
    await book(**visit, phone="+79000000099", key="2")
    full = await refusal(book(**visit, phone="+79000000098", key="3"))
    assert full[0] == "slot_taken"
    assert "11:00" not in full[1]["free"]
    await book(**visit | {"at": MOSCOW_FRIDAY + timedelta(hours=1)}, phone="+79000000099", key="4")
    third = book(**visit | {"at": MOSCOW_FRIDAY + timedelta(hours=2)}, phone="+79000000099", key="5")
    assert (await refusal(third))[0] == "too_many_visits"
    far = book(city="Екатеринбург", at=MOSCOW_FRIDAY, topic="займ", phone="+79000000097", plate="А1", key="6")
    assert await refusal(far) == ("no_parking", {"places": 0})


async def test_the_last_parking_place_goes_to_one(company: Company) -> None:
    async def park(number: int) -> int | str:
        try:
            visit = await company.backoffice.book_visit(
                city="Казань",
                at=MOSCOW_FRIDAY + timedelta(minutes=30 * (number // 2)),
                topic="займ",
                phone=f"+790000001{number:02}",
                plate=f"А{number:03}ВС16",
                key=f"park-{number}",
            )
        except BackofficeRefused as error:
            return error.refusal
        assert visit.parking_place is not None
        return visit.parking_place

    places = await asyncio.gather(*(park(number) for number in range(8)))
    assert sorted(place for place in places if isinstance(place, int)) == [1, 2, 3, 4]
    assert [place for place in places if isinstance(place, str)] == ["no_parking"] * 4


async def test_a_call_back_comes_when_somebody_is_at_work(company: Company) -> None:
    ask = company.backoffice.request_callback
    told = await ask(
        phone="+79000000001",
        topic="по рассрочке",
        at=datetime(2026, 6, 3, 18),  # noqa: DTZ001 - a time without a zone is Moscow's
        key="1",
    )
    assert told.at.isoformat() == "2026-06-03T18:00:00+03:00"
    soon = await ask(phone="+79000000001", topic="займ", key="2")
    assert (soon.at.date(), soon.number == told.number) == (TODAY, False)
    company.clock.advance(timedelta(hours=11))  # 22:20 in Moscow
    morning = await ask(phone="+79000000001", topic="займ", key="3")
    assert morning.at.isoformat() == "2026-06-04T08:00:00+03:00"
    company.clock.advance(timedelta(hours=6))
    early = await ask(phone="+79000000001", topic="займ", key="4")
    assert early.at.isoformat() == "2026-06-04T08:00:00+03:00"


@pytest.mark.parametrize(
    ("phone", "at", "expected"),
    [
        ("8900", None, "invalid_phone"),
        ("+7900000000a", None, "invalid_phone"),
        ("+79000000001", "2026-06-03T11:00", "in_the_past"),
        ("+79000000001", "2026-06-04T23:00", "outside_hours"),
        ("+79000000001", "2026-07-04T12:00", "too_far_ahead"),
    ],
)
async def test_a_call_back_that_cannot_be(
    company: Company, phone: str, at: str | None, expected: str
) -> None:
    moment = None if at is None else datetime.fromisoformat(at)
    asked = company.backoffice.request_callback(phone=phone, topic="займ", at=moment, key="1")
    assert (await refusal(asked))[0] == expected
