"""Sentence encoders, one module each, imported only when named in the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.ports import Encoder

if TYPE_CHECKING:
    from bot.settings import Retrieval


def open_encoder(settings: Retrieval) -> Encoder:
    """The encoder that the configuration names; raises `FrontlineError` when it cannot be loaded."""
    if settings.encoder == "sentence_transformer":
        from bot.nlu.encoders.sentence_transformer import SentenceTransformerEncoder

        return SentenceTransformerEncoder(settings.model)
    if settings.encoder == "remote":
        from bot.nlu.encoders.remote import RemoteEncoder

        return RemoteEncoder(settings.remote_url, settings.model, settings.remote_api_key)
    from bot.nlu.encoders.static import StaticEncoder

    return StaticEncoder()
