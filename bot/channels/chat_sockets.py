"""The web-chat sockets of this process: which browser watches which conversation.

A socket belongs to an address; its conversation may begin later, or be followed by a new one once
it is closed. A hint about a conversation that nobody watches is looked up once.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence

from bot.core.errors import NotFound
from bot.core.types import Conversation, Event, HandoffStatus
from bot.store.engine import Store
from bot.store.records import QueueItem
from bot.web.customer_view import state_of, visible
from bot.web.hub import Connection, Hub

CHANNEL = "web"
SURFACE = "chat"
_REMEMBERED = 10_000  # conversations known to have no socket here


class ChatSockets:
    def __init__(self, store: Store, hub: Hub) -> None:
        self._store = store
        self._hub = hub
        self._by_address: dict[str, set[Connection]] = defaultdict(set)
        self._elsewhere: OrderedDict[str, None] = OrderedDict()
        self._positions: dict[str, int] = {}
        hub.render[SURFACE] = visible
        hub.changed[SURFACE] = self._changed

    async def join(
        self, connection: Connection, address: str, conversation_id: str | None, after: int
    ) -> None:
        """Registers first and reads then: what happens in between is not missed.

        `after` counts in `conversation_id`; when the address has another conversation now, that one
        is sent from its beginning.
        """
        self._by_address[address].add(connection)
        conversation = await self._store.conversations.find(CHANNEL, address)
        if conversation is None:
            connection.push({"type": "state", "conversation": None})
        else:
            same = conversation_id in {None, conversation.id} and after <= conversation.last_seq
            await self._attach(connection, conversation, after if same else 0)

    def leave(self, connection: Connection, address: str) -> None:
        self._hub.forget(connection)
        sockets = self._by_address.get(address)
        if sockets is not None:
            sockets.discard(connection)
            if not sockets:
                del self._by_address[address]

    async def hinted(self, conversation_id: str) -> None:
        """A conversation has changed; its address may have sockets that wait for its beginning."""
        if not self._by_address or conversation_id in self._elsewhere:
            return
        if any(one.surface == SURFACE for one in self._hub.watchers(conversation_id)):
            return
        try:
            conversation = await self._store.conversations.get(conversation_id)
        except NotFound:
            return
        if conversation.channel == CHANNEL:
            for connection in tuple(self._by_address.get(conversation.address, ())):
                await self._attach(connection, conversation, 0)
            return
        self._elsewhere[conversation_id] = None
        if len(self._elsewhere) > _REMEMBERED:
            self._elsewhere.popitem(last=False)

    async def queue_changed(self, queue: Sequence[QueueItem]) -> None:
        """Tells waiting customers their new place."""
        waiting = [item for item in queue if item.handoff.status is HandoffStatus.WAITING]
        positions = {item.conversation.id: place for place, item in enumerate(waiting, start=1)}
        for conversation_id, place in positions.items():
            if self._positions.get(conversation_id) not in {None, place}:
                await self._tell_state(conversation_id)
        self._positions = positions

    async def _attach(self, connection: Connection, conversation: Conversation, after: int) -> None:
        if conversation.id in connection.seen:
            return
        state = await state_of(self._store, conversation)
        here = self._by_address.get(conversation.address, ())
        if connection not in here or conversation.id in connection.seen:  # left, or attached meanwhile
            return
        self._hub.forget(connection)
        connection.push({"type": "state", "conversation": state.model_dump(mode="json")})
        self._hub.watch(connection, conversation.id, after)

    async def _changed(self, conversation_id: str, _: Sequence[Connection], events: Sequence[Event]) -> None:
        if any(event.kind.startswith(("handoff.", "conversation.")) for event in events):
            await self._tell_state(conversation_id)

    async def _tell_state(self, conversation_id: str) -> None:
        watchers = [one for one in self._hub.watchers(conversation_id) if one.surface == SURFACE]
        if watchers:
            conversation = await self._store.conversations.get(conversation_id)
            state = (await state_of(self._store, conversation)).model_dump(mode="json")
            for connection in watchers:
                connection.push({"type": "state", "conversation": state})
