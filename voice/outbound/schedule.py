"""When a call may be placed, and what follows an attempt. Pure: the dialer acts on what is said here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.errors import FrontlineError
from bot.core.outbound import CallKind, CallStatus, OutboundCall
from bot.settings import Settings
from voice.outbound.zones import Zones


class Result(StrEnum):
    """How an attempt ended."""

    TALKED = "talked"  # a person has heard why we call
    HUNG_UP = "hung_up"  # before that
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"  # no such number, or the network is full
    FAILED = "failed"  # the PBX would not even try
    LOST = "lost"  # nobody knows: we or the PBX have died
    ANSWERED = "answered"  # somebody picked up and we have died; the PBX has taken care
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"  # tried as often as may be


# After a first attempt; twice as long after each further one.
AGAIN = {
    Result.HUNG_UP: timedelta(minutes=30),
    Result.MACHINE: timedelta(minutes=60),
    Result.BUSY: timedelta(minutes=10),
    Result.NO_ANSWER: timedelta(minutes=30),
    Result.UNREACHABLE: timedelta(minutes=15),
    Result.FAILED: timedelta(minutes=5),
    Result.LOST: timedelta(0),
}
LONGEST = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Place:
    """Call now. `since`: from when on the attempts of this day count."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    """The call, or its attempt, is over. `next_at`: when it is tried again."""

    status: CallStatus
    result: Result
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Calls are placed from `opens` to `closes` of the customer's day, `per_day` to a number and day."""

    opens: time
    closes: time
    zones: Zones
    attempts: int
    per_day: int

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """Raises `FrontlineError` that names the setting."""
        voice = settings.voice
        opens, closes = _hours(voice.outbound_hours)
        zones = Zones.load(settings.nlu_data / "phone_zones.yml", settings.company.timezone)
        return cls(opens, closes, zones, voice.outbound_attempts, voice.outbound_per_day)

    def midnight(self, phone: str, now: datetime) -> datetime:
        """When the customer's day began."""
        zone = self.zones.of(phone)
        return datetime.combine(now.astimezone(zone).date(), time(0), zone).astimezone(now.tzinfo)

    def allowed(self, phone: str, moment: datetime) -> datetime:
        """This moment, or the next in which the number may be called."""
        zone = self.zones.of(phone)
        local = moment.astimezone(zone)
        if self.opens <= local.time() < self.closes:
            return moment
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return self._opening(day, zone).astimezone(moment.tzinfo)

    def next_day(self, phone: str, moment: datetime) -> datetime:
        """The opening of the customer's next day."""
        zone = self.zones.of(phone)
        tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
        return self._opening(tomorrow, zone).astimezone(moment.tzinfo)

    def now_for(self, call: OutboundCall, now: datetime, rung: int) -> Place | Wait | Settle:
        """What is to be done with a call that is due. `rung`: how often its number was today."""
        if call.status is CallStatus.CALLING:
            if call.answered_at is not None:
                return Settle(CallStatus.DONE, Result.ANSWERED)
            return self.after(call, Result.LOST, now)
        if now >= call.expires_at:
            return Settle(CallStatus.GAVE_UP, Result.EXPIRED)
        if call.attempts >= self.attempts:
            return Settle(CallStatus.GAVE_UP, Result.EXHAUSTED)
        until = self.allowed(call.phone, now)
        if until == now and rung >= self.per_day:
            until = self.next_day(call.phone, now)
        if until >= call.expires_at:
            return Settle(CallStatus.GAVE_UP, Result.EXPIRED)
        return Wait(until) if until > now else Place(self.midnight(call.phone, now))

    def after(self, call: OutboundCall, result: Result, now: datetime) -> Settle:
        """What follows an attempt: the end, or another one when the number may be called again."""
        if result is Result.TALKED:
            return Settle(CallStatus.DONE, result)
        unwanted = result is Result.HUNG_UP and call.kind is CallKind.SURVEY
        if unwanted or call.attempts >= self.attempts:
            return Settle(CallStatus.GAVE_UP, result)
        pause = min(AGAIN[result] * (1 << min(call.attempts - 1, 10)), LONGEST)
        next_at = self.allowed(call.phone, now + pause)
        if next_at >= call.expires_at:
            return Settle(CallStatus.GAVE_UP, result)
        return Settle(CallStatus.WAITING, result, next_at)

    def _opening(self, day: date, zone: ZoneInfo) -> datetime:
        return datetime.combine(day, self.opens, zone)


def _hours(text: str) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in text.split("-"))
        if opens >= closes:
            raise ValueError("the first must be before the second")
    except ValueError as error:
        raise FrontlineError("invalid_configuration", f"voice.outbound_hours {text!r}: {error}") from error
    return opens, closes
