"""The tables, one schema for SQLite and PostgreSQL. Changes need a migration; a test compares both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


def new_id() -> str:
    """A random identifier, 32 hexadecimal digits."""
    return uuid4().hex


class Moment(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and dialect.name == "sqlite":
            return value.astimezone(UTC).replace(tzinfo=None)
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# BIGINT does not autoincrement in SQLite; INTEGER there is 64 bits wide anyway.
RowNumber = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key(name: str, kind: Any = String) -> Column[Any]:
    return Column(name, kind, primary_key=True)


def must(name: str, kind: Any = String, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, **options)


customers = Table("customers", metadata, key("id"), Column("name", String), must("created_at", Moment))

identities = Table(
    "identities",
    metadata,
    key("channel"),
    key("address"),
    must("customer_id", String, ForeignKey("customers.id"), index=True),
)

conversations = Table(
    "conversations",
    metadata,
    key("id"),
    must("channel"),
    must("address"),
    must("customer_id", String, ForeignKey("customers.id"), index=True),
    must("locale"),
    must("status"),
    must("owner"),
    must("version", Integer),
    must("last_seq", Integer),
    must("state", JSON),
    must("created_at", Moment),
    must("updated_at", Moment, index=True),
    must("pushed", Boolean),
    Index("ix_conversations_channel_address", "channel", "address"),
    # One open conversation per address, whatever races.
    Index(
        "uq_conversations_open",
        "channel",
        "address",
        unique=True,
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
)

events = Table(
    "events",
    metadata,
    Column("conversation_id", String, ForeignKey("conversations.id"), primary_key=True),
    key("seq", Integer),
    must("kind"),
    must("data", JSON),
    must("at", Moment),
)

# What customers sent: the text is in the event, the rest of what an answer needs is here.
inbox = Table(
    "inbox",
    metadata,
    key("channel"),
    key("client_id"),
    must("conversation_id", String, ForeignKey("conversations.id")),
    must("seq", Integer),
    must("locale"),
    Column("choice", String),
    Column("confidence", Float),
    must("accepted_at", Moment),
    Column("answered_at", Moment),
    Column("reply_from", Integer),
    Column("reply_to", Integer),
    UniqueConstraint("conversation_id", "seq"),
    Index(
        "ix_inbox_unanswered",
        "accepted_at",
        sqlite_where=text("answered_at IS NULL"),
        postgresql_where=text("answered_at IS NULL"),
    ),
)

# What our side appended with an idempotency key (operators' messages, notes, ratings).
appends = Table(
    "appends",
    metadata,
    Column("conversation_id", String, ForeignKey("conversations.id"), primary_key=True),
    key("client_id"),
    must("first_seq", Integer),
    must("last_seq", Integer),
)

handoffs = Table(
    "handoffs",
    metadata,
    key("id"),
    must("conversation_id", String, ForeignKey("conversations.id"), index=True),
    must("reason"),
    must("priority", Integer),
    must("status"),
    must("context", JSON),
    must("created_at", Moment),
    Column("claimed_by", String, ForeignKey("operators.id")),
    Column("claimed_at", Moment),
    Column("closed_at", Moment),
    Column("resolution", Text),
    must("skills", JSON),
    Column("decide_by", Moment),
    Column("finish_by", Moment),
    # One open handoff per conversation, whatever races.
    Index(
        "uq_handoffs_open",
        "conversation_id",
        unique=True,
        sqlite_where=text("status IN ('waiting', 'claimed')"),
        postgresql_where=text("status IN ('waiting', 'claimed')"),
    ),
    Index("ix_handoffs_queue", "status", "priority", "created_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    must("channel"),
    must("address"),
    must("conversation_id", String, ForeignKey("conversations.id")),
    must("seq", Integer),
    must("attempts", Integer),
    Column("due_at", Moment),  # NULL once it is sent or given up
    Column("sent_at", Moment),
    Column("error", String),
    UniqueConstraint("conversation_id", "seq"),
    Index(
        "ix_outbox_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

# Calls that we make. Of one under way `due_at` is when it counts as lost.
outbound_calls = Table(
    "outbound_calls",
    metadata,
    key("id"),
    must("conversation_id", String, ForeignKey("conversations.id"), index=True),
    must("kind"),
    must("phone"),
    must("topic", Text),
    must("status"),
    must("due_at", Moment),
    must("expires_at", Moment),
    must("attempts", Integer),
    must("created_at", Moment),
    Column("answered_at", Moment),
    Column("result", String),
    Index("ix_outbound_calls_status_due_at", "status", "due_at"),
    # One call at a time to a number, whatever races.
    Index(
        "uq_outbound_calls_calling",
        "phone",
        unique=True,
        sqlite_where=text("status = 'calling'"),
        postgresql_where=text("status = 'calling'"),
    ),
)

# Every time that a telephone was rung, to be counted by number.
outbound_attempts = Table(
    "outbound_attempts",
    metadata,
    Column("call_id", String, ForeignKey("outbound_calls.id"), primary_key=True),
    key("attempt", Integer),
    must("phone"),
    must("at", Moment),
    Column("result", String),
    Index("ix_outbound_attempts_phone_at", "phone", "at"),
)

# Numbers that want no calls, since when.
outbound_refusals = Table("outbound_refusals", metadata, key("phone"), must("at", Moment))

articles = Table(
    "articles",
    metadata,
    key("id"),
    must("version", Integer),
    Column("published_version", Integer),
    must("deleted", Boolean),
    must("changed_by"),
    must("changed_at", Moment),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", String, ForeignKey("articles.id"), primary_key=True),
    key("version", Integer),
    must("title"),
    must("source", Text),
    must("author"),
    must("created_at", Moment),
)

counters = Table("counters", metadata, key("name"), must("value", RowNumber))

operators = Table(
    "operators",
    metadata,
    key("id"),
    must("login", String, unique=True),
    must("name"),
    must("role"),
    must("active", Boolean),
    must("password_hash"),
    must("created_at", Moment),
    must("skills", JSON),
)

invites = Table(
    "invites",
    metadata,
    key("token_hash"),
    must("name"),
    must("role"),
    must("created_by"),
    must("created_at", Moment),
    must("expires_at", Moment),
    Column("accepted_by", String, ForeignKey("operators.id")),
)

operator_sessions = Table(
    "operator_sessions",
    metadata,
    key("token_hash"),
    must("operator_id", String, ForeignKey("operators.id"), index=True),
    must("created_at", Moment),
    must("last_seen", Moment),
    must("expires_at", Moment),
)

chat_sessions = Table(
    "chat_sessions",
    metadata,
    key("token_hash"),
    must("address", String, index=True),
    must("locale"),
    must("consent_version"),
    must("created_at", Moment),
    must("last_seen", Moment),
    Column("customer_ref", String),
    Column("verified_until", Moment),
)

api_keys = Table(
    "api_keys",
    metadata,
    key("id"),
    must("key_hash", String, unique=True),
    must("name"),
    must("prefix"),
    Column("webhook_url", String),
    must("secret"),
    must("created_by"),
    must("created_at", Moment),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    must("at", Moment, index=True),
    must("actor"),
    must("action"),
    must("object"),
    must("details", JSON),
)
