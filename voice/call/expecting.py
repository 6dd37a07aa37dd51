"""What a question of the conversation awaits from a voice: how patient to be, which words to listen for."""

from __future__ import annotations

from voice.turn_taking import DICTATION, FREE, YES_NO, Expected, number

# Slots of the project's forms (`nlu_data/domain.yml`) by the kind of their answer.
_BY_SLOT = {
    "confirmed": YES_NO,
    "parking": YES_NO,
    "phone": number(10, 11),
    "code": number(4, 6),
    "birth_date": number(8),
    "new_day": number(),
    "amount": number(),
    "score": number(1),
    "contract_number": number(6),
    "plate": DICTATION,
    "address": DICTATION,
    "identity": DICTATION,
    "guest_name": DICTATION,
    "description": DICTATION,
}


def expected(slot: str | None) -> Expected:
    """For the slot that the form asks for; None: no form asks."""
    return _BY_SLOT.get(slot or "", FREE)
