"""The demonstration: what the example company "sent" by SMS, for a visitor who has no such phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import httpx
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from bot.backoffice.errors import BackofficeAway
from bot.backoffice.example.seed import CUSTOMERS
from bot.backoffice.opening import InsideBackoffice
from bot.core.errors import NotFound
from bot.web.errors import declared
from bot.web.house import House, TheHouse
from bot.web.security import client_ip

routes = APIRouter(prefix="/demo", tags=["demonstration"])
PER_MINUTE = 120  # per client address; the page asks every two seconds while its phone is open


class SmsView(BaseModel):
    text: str = Field(examples=["Код 1234. Никому его не говорите."])
    at: str = Field(examples=["2026-03-02T09:30:00+00:00"])


@dataclass(frozen=True, slots=True)
class Played:
    """A customer of the example company whom a visitor of the demonstration may play."""

    name: str
    born: str
    phone: str
    contract: str

    @property
    def dialled(self) -> str:
        """`+7 900 000-00-12`"""
        digits = self.phone.removeprefix("+7")
        return f"+7 {digits[:3]} {digits[3:6]}-{digits[6:8]}-{digits[8:]}"


# Who shows what the page suggests; `docs/backoffice.md` has them all.
_CONTRACTS = {"c-orlov": "МП-204518", "c-smirnova": "МП-118230", "c-belova": "РС-330417"}


def played() -> tuple[Played, ...]:
    known = {str(person["ref"]): person for person in CUSTOMERS}
    return tuple(
        Played(
            known[ref]["full_name"],
            f"{known[ref]['birth_date']:%d.%m.%Y}",
            known[ref]["phone"],
            contract,
        )
        for ref, contract in _CONTRACTS.items()
    )


def example_of(house: House) -> InsideBackoffice | None:
    """The example company's systems, where a demonstration is wanted and they are in use."""
    inside = house.backoffice
    return inside if house.settings.demo and isinstance(inside, InsideBackoffice) else None


@routes.get("/sms", summary="What the example company sent to a phone", responses=declared(404, 503))
async def sms(
    phone: Annotated[str, Query(pattern=r"^\+\d{10,15}$", examples=["+79000000012"])],
    request: Request,
    house: TheHouse,
) -> list[SmsView]:
    """The last messages, newest first. `example_not_found` where there is no demonstration."""
    await house.limits.check("demo_sms", client_ip(request, house.settings), PER_MINUTE)
    inside = example_of(house)
    if inside is None:
        raise NotFound("example")
    try:
        return [SmsView(text=one.text, at=one.at) for one in await inside.sms(phone)]
    except httpx.HTTPError as error:
        raise BackofficeAway("failing") from error
