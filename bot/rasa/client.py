"""Rasa's HTTP API. What it does not answer is `rasa_away`; what it answers wrongly is `rasa_garbage`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from bot.core.errors import FrontlineError
from bot.rasa.translation import garbage

TIMEOUT = httpx.Timeout(30.0, connect=2.0)  # seconds; a turn has a deadline of its own, see `fallback`


def away(problem: str) -> FrontlineError:
    return FrontlineError("rasa_away", f"Rasa does not answer: {problem}", status=503, retryable=True)


class RasaClient:
    """`http` belongs to the caller. `token`: of `rasa run --auth-token`, empty for none."""

    def __init__(self, http: httpx.AsyncClient, url: str, token: str = "") -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._query = {"token": token} if token else {}

    async def status(self) -> Mapping[str, Any]:
        """`model_file` and `model_id` of the model that serves."""
        return _mapping(await self._ask("GET", "/status"), "the status")

    async def parse(self, text: str) -> Mapping[str, Any]:
        """Intent, ranking and entities of a text, outside any conversation."""
        return _mapping(await self._ask("POST", "/model/parse", {"text": text}), "what was parsed")

    async def webhook(self, sender: str, text: str, channel: str = "rest") -> Sequence[Mapping[str, Any]]:
        """One turn. An exception inside Rasa is an empty answer like any other: look at the tracker."""
        body = {"sender": sender, "message": text, "input_channel": channel}
        return _messages(await self._ask("POST", "/webhooks/rest/webhook", body))

    async def hear(
        self, sender: str, text: str, parsed: Mapping[str, Any], channel: str = "rest"
    ) -> Sequence[Mapping[str, Any]]:
        """One turn on a message that is understood already. Needs the channel of `scripts/heard.py`."""
        body = {"sender": sender, "message": text, "parse_data": parsed, "input_channel": channel}
        return _messages(await self._ask("POST", "/webhooks/heard/webhook", body))

    async def tracker(self, sender: str) -> Mapping[str, Any]:
        """With all events, also those before a restart."""
        return _tracker(await self._ask("GET", _path(sender, "tracker"), include_events="ALL"))

    async def put_events(self, sender: str, events: Sequence[Mapping[str, Any]]) -> None:
        """The conversation is these events and nothing else."""
        _tracker(await self._ask("PUT", _path(sender, "tracker/events"), list(events)))

    async def append_events(self, sender: str, events: Sequence[Mapping[str, Any]]) -> None:
        """A conversation that has no events yet begins its session before."""
        _tracker(await self._ask("POST", _path(sender, "tracker/events"), list(events)))

    async def renew(self, sender: str) -> None:
        """Begins a new session when the last one has expired. Predicting does it and keeps nothing else."""
        _mapping(await self._ask("POST", _path(sender, "predict")), "a prediction")

    async def _ask(self, method: str, path: str, body: object = None, **query: str) -> object:
        try:
            answer = await self._http.request(
                method, self._url + path, json=body, params={**self._query, **query}, timeout=TIMEOUT
            )
        except httpx.TransportError as error:
            raise away(type(error).__name__) from error
        except httpx.HTTPError as error:  # undecodable content, a redirect without end
            raise garbage(type(error).__name__) from error
        if answer.status_code in (409, 429) or answer.status_code >= 500:
            # 409: no model is loaded yet
            raise away(f"status {answer.status_code}")
        if answer.status_code != 200:
            raise garbage(f"status {answer.status_code}")
        try:
            return answer.json()
        except ValueError as error:
            raise garbage("it is not JSON") from error


def _path(sender: str, what: str) -> str:
    return f"/conversations/{quote(sender, safe='')}/{what}"


def _mapping(found: object, what: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise garbage(f"{what} is no mapping")
    return found


def _messages(found: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise garbage("the messages of a turn are no list")
    return found


def _tracker(found: object) -> Mapping[str, Any]:
    tracker = _mapping(found, "a conversation")
    events = tracker.get("events")
    if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
        raise garbage("a conversation has no events")
    return tracker
