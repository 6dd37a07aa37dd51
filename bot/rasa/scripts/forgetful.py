"""Rasa's tracker store for a server that is given each conversation anew. Needs Rasa's environment."""

from collections import OrderedDict

from rasa.core.tracker_store import InMemoryTrackerStore

MOST_CONVERSATIONS = 1000  # more than turns under way at once; Rasa's own store keeps all for ever


class ForgetfulTrackerStore(InMemoryTrackerStore):
    """In memory, without the conversations that were saved longest ago."""

    def __init__(self, domain, event_broker=None, **_):
        super().__init__(domain, event_broker)
        self.store = OrderedDict()

    async def save(self, tracker):
        await super().save(tracker)
        self.store.move_to_end(tracker.sender_id)
        while len(self.store) > MOST_CONVERSATIONS:
            self.store.popitem(last=False)
