"""Prometheus metrics of one application. Labels are codes and route templates, never people."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.core.types import Ask, Escalate, Say, Turn

_TURN_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.04, 0.075, 0.15, 0.3, 1, 3, 10)
_CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.2, 2, 5, 10)
_HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_METHODS = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"}


class Metrics:
    """Each application has its own registry, so that two in one process do not collide."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turn_seconds = Histogram(
            "frontline_turn_seconds",
            "Time of a turn by stage",
            ["stage"],
            buckets=_TURN_BUCKETS,
            registry=self.registry,
        )
        self.answers = Counter(
            "frontline_answers",
            "Turns by channel and kind of answer",
            ["channel", "kind"],
            registry=self.registry,
        )
        self.engine_turns = Counter(
            "frontline_engine_turns",
            "Turns by engine and outcome, where another than the built-in one is configured",
            ["engine", "outcome"],
            registry=self.registry,
        )
        self.requests = Counter(
            "frontline_http_requests", "HTTP requests", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "frontline_http_request_seconds",
            "HTTP request time",
            ["route"],
            buckets=_HTTP_BUCKETS,
            registry=self.registry,
        )
        self.queue_length = Gauge(
            "frontline_queue_length", "Customers waiting for a human", registry=self.registry
        )
        self.queue_oldest = Gauge(
            "frontline_queue_oldest_wait_seconds", "Longest present wait for a human", registry=self.registry
        )
        self.sockets = Gauge("frontline_sockets", "Open sockets", ["surface"], registry=self.registry)
        self.sockets_dropped = Counter(
            "frontline_sockets_dropped", "Sockets closed because they read too slowly", registry=self.registry
        )
        self.deliveries = Counter(
            "frontline_deliveries",
            "Pushed events by channel and outcome",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.backlog = Gauge("frontline_outbox_backlog", "Events still to be pushed", registry=self.registry)
        self.articles = Gauge(
            "frontline_articles", "Articles that can be answered from", registry=self.registry
        )
        self.calls = Gauge("frontline_calls", "Calls that the voice gateway has now", registry=self.registry)
        self.call_seconds = Histogram(
            "frontline_call_seconds",
            "Time of an answer in a call by stage; `answer` is from the last voice to the first sound",
            ["stage"],
            buckets=_CALL_BUCKETS,
            registry=self.registry,
        )
        self.outbound_calls = Counter(
            "frontline_outbound_calls",
            "Attempts of calls that we make, and calls given up, by kind and result",
            ["kind", "result"],
            registry=self.registry,
        )
        self.revision = Gauge(
            "frontline_knowledge_revision", "Revision of the serving index", registry=self.registry
        )

    def engine(self, engine: str, outcome: str) -> None:
        self.engine_turns.labels(engine, outcome).inc()

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self.requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self.request_seconds.labels(route).observe(seconds)

    def call_stage(self, stage: str, seconds: float) -> None:
        self.call_seconds.labels(stage).observe(seconds)

    def turn(self, turn: Turn) -> None:
        """Counts a turn once; a repeat is not a turn."""
        if turn.repeated:
            return
        for stage, milliseconds in turn.timings.items():
            self.turn_seconds.labels(stage).observe(milliseconds / 1000)
        self.answers.labels(turn.inbound.channel, answer_kind(turn)).inc()

    def render(self) -> bytes:
        return generate_latest(self.registry)


def answer_kind(turn: Turn) -> str:
    """`answer`, `small_talk`, `unknown`, `refusal`, `ask`, `escalate`, or `silent`."""
    answer = turn.answer
    if isinstance(answer, Say):
        return str(answer.kind)
    if isinstance(answer, Ask):
        return "ask"
    return "escalate" if isinstance(answer, Escalate) else "silent"
