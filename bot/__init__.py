"""From an inbound message to an answer."""
