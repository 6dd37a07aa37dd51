"""A visit to an office: booked with pass and parking place, or moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.records import Office, Visit
from bot.engine.events import LoopSet, SlotSet, UserSaid
from bot.engine.responses import Message
from bot.tasks import identify
from bot.tasks.form import CONFIRMED, DONE, Accepted, Field, Outcome, Task, Wrong, entity
from bot.tasks.situation import Situation
from bot.tasks.wording import clock, on, weekday

SHOWN_TIMES = 6
TOPIC_CHARS = 200
AHEAD = timedelta(days=14)  # the article `offices-appointment`
_TOPICS = (
    ("документы", ("документ", "справк", "договор")),
    ("займ", ("займ", "заём", "кредит")),
    ("рассрочка", ("рассрочк",)),
    ("лизинг", ("лизинг",)),
    ("карта", ("карт",)),
)
_DRIVES = ("на машин", "на авто", "место нужно", "нужно место", "парков", "за рулём", "за рулем")
_ALONG = ("со мной", "вдвоём", "вдвоем", "брат", "муж", "жена", "с женой", "с мамой", "с другом", "гост")
_WALKS = ("без машин", "пешком", "не нужн", "не надо", "на метро", "на автобус")


def _topic(at: Situation) -> str | None:
    text = at.text.lower()
    known = next((name for name, words in _TOPICS if any(word in text for word in words)), None)
    if at.requested == "topic":
        return known or at.text[:TOPIC_CHARS] or None
    return known if at.slot("topic") is None and f"по {text}".count("по ") > 1 else None


def _parking(at: Situation) -> bool | None:
    text = at.text.lower()
    if any(words in text for words in _WALKS):
        return False
    if any(words in text for words in _DRIVES) or at.found("plate"):
        return True
    return {"affirm": True, "deny": False}.get(at.intent) if at.requested == "parking" else None


def _guest(at: Situation) -> str | None:
    """A name, or that somebody comes whose name is still to be asked."""
    if name := at.found("person"):
        return str(name)
    return "" if at.requested == "guest_name" and at.intent == "deny" else None


def _company(at: Situation) -> bool:
    """Whether the customer has said that somebody comes along, since the form began or with that."""
    told = " ".join(event.text or "" for event in _told(at)).lower()
    return any(word in told for word in _ALONG)


def _told(at: Situation) -> Iterator[UserSaid]:
    begun = False
    for event in reversed(at.tracker.events):
        if isinstance(event, UserSaid):
            yield event
            if begun:
                return
        begun = begun or (isinstance(event, LoopSet) and event.name == at.form)


async def _day(value: Any, at: Situation) -> Accepted:
    day = date.fromisoformat(str(value))
    if day < at.now.date():
        raise Wrong("utter_date_in_past")
    return Accepted(day.isoformat())


async def office_of(at: Situation, city: str) -> Office | None:
    return next((each for each in await at.backoffice.offices() if each.city == city), None)


async def _free(at: Situation, city: str, day: date) -> tuple[time, ...]:
    try:
        return await at.backoffice.free_slots(city, day)
    except BackofficeRefused:
        return ()


async def settle_time(at: Situation, city: str) -> Mapping[str, Any]:
    """Refuses a day on which the office is closed and a time that is taken."""
    if at.slot("visit_date") is None:
        return {}
    day = date.fromisoformat(at.slot("visit_date"))
    if day > at.now.date() + AHEAD:
        raise Wrong("utter_visit_too_far_ahead", clears=("visit_date",))
    free = await _free(at, city, day)
    if not free:
        raise Wrong("utter_office_closed_that_day", clears=("visit_date",))
    if at.slot("visit_time") is None:
        return {}
    wanted = time.fromisoformat(at.slot("visit_time"))
    if wanted not in free:
        raise Wrong("utter_time_taken", clears=("visit_time",), free_times=_times(free, wanted))
    return {}


async def ask_time(at: Situation) -> Outcome:
    """`action_ask_visit_time`."""
    if at.refused("visit_time"):
        return []
    city = at.slot("city") or (await _booked(at)).city
    free = await _free(at, str(city), date.fromisoformat(at.slot("visit_date")))
    part = at.found("part_of_day")
    bounds = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}.get(str(part), (0, 24))
    suitable = tuple(each for each in free if bounds[0] <= each.hour < bounds[1]) or free
    return [at.say("utter_ask_visit_time", free_times=_times(suitable, None))]


def _times(free: Sequence[time], near: time | None) -> str:
    """Some of the free times: those nearest to what was wished, else spread over the day."""
    if near is not None:
        chosen = sorted(free, key=lambda each: abs(_minutes(each) - _minutes(near)))[:SHOWN_TIMES]
    else:
        chosen = list(free[:: max(1, len(free) // SHOWN_TIMES)])[:SHOWN_TIMES]
    return ", ".join(clock(each) for each in sorted(chosen))


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _moment(at: Situation) -> datetime:
    return datetime.combine(
        date.fromisoformat(at.slot("visit_date")), time.fromisoformat(at.slot("visit_time"))
    )


def _refused(refused: BackofficeRefused) -> Wrong:
    """What another day or time helps against is asked for again."""
    if refused.refusal == "slot_taken":
        free = _times([time.fromisoformat(each) for each in refused.details.get("free", ())], None)
        if free:
            return Wrong("utter_time_taken", clears=("visit_time",), free_times=free)
        return Wrong("utter_office_closed_that_day", clears=("visit_date", "visit_time"))
    if refused.refusal in _OTHER_DAY:
        return Wrong(_OTHER_DAY[refused.refusal], clears=("visit_date", "visit_time"))
    known = {
        "too_late": "utter_visit_too_late",
        "too_many_visits": "utter_visit_too_many",
        "no_visit": "utter_visit_none",
    }
    return Wrong(known.get(refused.refusal, "utter_visit_refused"), ends=True)


_OTHER_DAY = {
    "closed": "utter_office_closed_that_day",
    "in_the_past": "utter_date_in_past",
    "too_far_ahead": "utter_visit_too_far_ahead",
}
_WHEN = (
    Field("visit_date", entity("date"), _day),
    Field("visit_time", entity("time"), near=entity("part_of_day")),
)


class BookVisit(Task):
    form = "visit_form"
    fields = (
        Field("city", entity("city")),
        *_WHEN,
        Field("topic", _topic, free=True),
        Field("parking", _parking),
        Field("plate", entity("plate")),
        Field("guest_name", _guest),
        CONFIRMED,
    )

    async def needs(self, at: Situation) -> Sequence[str]:
        office = await office_of(at, str(at.slot("city"))) if at.slot("city") else None
        drives = ("parking",) if office and office.parking_places else ()
        plate = ("plate",) if drives and at.slot("parking") else ()
        guest = ("guest_name",) if office and office.needs_pass and _company(at) else ()
        return ("city", "visit_date", "visit_time", "topic", *drives, *plate, *guest, "confirmed")

    async def settle(self, at: Situation) -> Mapping[str, Any]:
        city = at.slot("city")
        if city is None:
            return {}
        if await office_of(at, str(city)) is None:
            cities = ", ".join(each.city for each in await at.backoffice.offices())
            raise Wrong("utter_no_office", clears=("city",), cities=cities)
        return await settle_time(at, str(city))

    async def confirm(self, at: Situation) -> Message:
        moment = _moment(at)
        response = "utter_confirm_visit_guest" if at.slot("guest_name") else "utter_confirm_visit"
        return at.say(response, date=on(moment.date()), weekday=weekday(moment.date()), time=clock(moment))

    async def submit(self, at: Situation) -> Outcome:
        wanted: dict[str, Any] = {
            "city": str(at.slot("city")),
            "at": _moment(at),
            "topic": str(at.slot("topic")),
            "customer_ref": at.slot("customer"),
            "phone": at.slot("phone"),
            "guests": (at.slot("guest_name"),) if at.slot("guest_name") else (),
            "plate": at.slot("plate") if at.slot("parking") else None,
        }
        said: Outcome = []
        try:
            visit = await at.backoffice.book_visit(**wanted, key=at.key("book_visit", wanted))
        except BackofficeRefused as refused:
            if refused.refusal != "no_parking":
                raise _refused(refused) from refused
            said.append(at.say("utter_visit_no_parking"))
            visit = await _without_parking(at, wanted)
        return [*said, *_booking(at, "utter_visit_booked", visit), SlotSet("outcome", DONE)]


class MoveVisit(Task):
    form = "move_visit_form"
    fields = (*identify.FIELDS, *_WHEN, CONFIRMED)

    async def needs(self, at: Situation) -> Sequence[str]:
        return (*identify.needs(at), "visit_date", "visit_time", "confirmed")

    async def settle(self, at: Situation) -> Mapping[str, Any]:
        """The old time, named to say which visit it is, is not the new one."""
        if not at.slot("customer"):
            return {}
        visit = await _booked(at)
        if at.slot("visit_date") and at.slot("visit_time") and _moment(at) == visit.at.replace(tzinfo=None):
            return {"visit_date": None, "visit_time": None}
        return await settle_time(at, visit.city)

    async def confirm(self, at: Situation) -> Message:
        moment, visit = _moment(at), await _booked(at)
        return at.say("utter_confirm_move_visit", city=visit.city, date=on(moment.date()), time=clock(moment))

    async def submit(self, at: Situation) -> Outcome:
        wanted: dict[str, Any] = {"visit_id": (await _booked(at)).id, "at": _moment(at)}
        try:
            visit = await at.backoffice.move_visit(**wanted, key=at.key("move_visit", wanted))
        except BackofficeRefused as refused:
            raise _refused(refused) from refused
        return [*_booking(at, "utter_visit_moved", visit), SlotSet("outcome", DONE)]


async def _without_parking(at: Situation, wanted: Mapping[str, Any]) -> Visit:
    rest: dict[str, Any] = {**wanted, "plate": None}
    try:
        return await at.backoffice.book_visit(**rest, key=at.key("book_visit", rest))
    except BackofficeRefused as refused:
        raise _refused(refused) from refused


async def _booked(at: Situation) -> Visit:
    visit = await at.backoffice.visit_of(str(at.slot("customer")))
    if visit is None:
        raise Wrong("utter_visit_none", ends=True)
    return visit


def _booking(at: Situation, response: str, visit: Visit) -> Outcome:
    when = {"date": on(visit.at.date()), "weekday": weekday(visit.at.date()), "time": clock(visit.at)}
    said: Outcome = [at.say(response, city=visit.city, address=visit.address, **when)]
    if visit.pass_number is not None:
        said.append(at.say("utter_visit_pass", pass_number=visit.pass_number))
    if visit.parking_place is not None:
        said.append(at.say("utter_visit_parking", parking=visit.parking_place))
    return said
