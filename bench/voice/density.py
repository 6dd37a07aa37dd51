"""How many calls two cores hold: what each costs, what they do to the answers, and where it breaks.

Callers ask, let the answer sound for a while and ask over it, on and on, each at the same pace whatever the
other side does, so that both have the same to hear. The callers' side runs on the same cores and its share is
reported. Pipecat says the same articles, without a search: its figures are of hearing and speaking alone,
ours include the dialogue with its database.
"""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from bench.figures import Figure
from bench.voice.exchange import Channel, Exchange
from bench.voice.questions import Question, questions
from bench.voice.served import Served, gateway, has_pipecat, load, pipecat

OURS, PEERS, QUICK = (1, 5, 10, 20, 30, 50, 75), (1, 10, 20), (1, 5)
TALK_S, QUICK_S = 40.0, 20.0
GREETED_S = 20.0
SILENT_S = 5.0  # after the greeting, before anybody asks whether the caller is there
PACE_S = 6.0  # from the beginning of a question to that of the next: of an answer some three are heard
STILL_S = 0.2  # the other side has fallen silent for the question
STAGGER_S = 0.15
BEFORE_CALLS = "Здравствуйте! Вы позвонили в компанию. Я робот, чем могу помочь?"
TARGET_CALLS = 20


@dataclass
class Talked:
    """Of so many calls: CPU of the served side in cores while silent and talking, latencies in seconds."""

    calls: int
    silent: float = 0.0
    talking: float = 0.0
    callers: float = 0.0  # CPU of the callers' side
    took: list[float] = field(default_factory=list)
    asked: int = 0
    missed: int = 0  # questions without an answer before the next
    over: int = 0  # questions that ended while the other side still spoke
    redials: int = 0
    gaps: int = 0
    heard: int = 0
    late: int = 0
    ticks: int = 0
    lags: list[float] = field(default_factory=list)

    def part(self, share: float) -> float:
        taken = sorted(self.took)
        return 1000 * taken[min(len(taken) - 1, int(len(taken) * share))] if taken else float("nan")


@dataclass
class Talk:
    """All wait until all are greeted, then for `begin`."""

    greeted: asyncio.Barrier
    begin: asyncio.Event = field(default_factory=asyncio.Event)
    until: float = 0.0


def run(folder: Path, *, quick: bool = False) -> Sequence[Figure]:
    """Ours, then Pipecat's, each in one process for all its runs."""
    asked = questions(40)
    figures = [Figure("cores", os.cpu_count() or 0, ""), Figure("load average before", load(), "")]
    with gateway(folder / "density") as product:
        ours = _runs(product, asked, QUICK if quick else OURS, quick, alone_s=PACE_S * len(asked))
        figures += _ours(ours)
        figures.append(Figure("ours: memory after all", product.memory, "MB"))
    if has_pipecat():
        with pipecat(folder / "peer", [one.answer for one in asked]) as peer:
            theirs = _runs(peer, asked, QUICK if quick else PEERS, quick)
            figures += _costs("Pipecat", theirs)
            figures.append(Figure("Pipecat: memory after all", peer.memory, "MB"))
        figures += _ratio(ours, theirs)
    return [*figures, Figure("load average after", load(), "")]


def _runs(
    served: Served, asked: list[Question], sizes: Sequence[int], quick: bool, alone_s: float = TALK_S
) -> list[Talked]:
    """`alone_s`: how long one call talks; its latency counts only when it asks what all others ask."""
    warm(served, asked)
    seconds = {calls: QUICK_S if quick else alone_s if calls == 1 else TALK_S for calls in sizes}
    return [asyncio.run(_talked(served, asked, calls, lasts)) for calls, lasts in seconds.items()]


def warm(served: Served, asked: list[Question]) -> None:
    """What a running server has in its memory."""
    asyncio.run(_talked(served, asked, 2, 5.0))


async def _talked(served: Served, asked: list[Question], calls: int, seconds: float) -> Talked:
    talked = Talked(calls)
    exchange = Exchange(served.port, served.path)
    talk = Talk(asyncio.Barrier(calls + 1))

    async def first(number: int) -> None:
        await asyncio.sleep(STAGGER_S * number)
        await _caller(exchange, asked, number, talked, talk)

    async with exchange.ticking(), asyncio.TaskGroup() as group:
        for number in range(calls):
            group.create_task(first(number))
        await talk.greeted.wait()
        talked.silent = await _cores(served, SILENT_S)
        exchange.faults.late = exchange.faults.ticks = exchange.faults.gaps = exchange.faults.heard = 0
        since, own = time.monotonic(), _own()
        talk.until = since + seconds
        talk.begin.set()
        talked.talking = await _cores(served, seconds)
        talked.callers = (_own() - own) / seconds
    faults = exchange.faults
    talked.late, talked.ticks = faults.late, faults.ticks
    talked.gaps, talked.heard = faults.gaps, faults.heard
    if served.name == "ours":
        talked.lags = [took for stage, took in served.stages(since) if stage == "lag"]
    return talked


async def _caller(exchange: Exchange, asked: list[Question], number: int, talked: Talked, talk: Talk) -> None:
    """Dials again when the call has left for an operator."""
    turn, waited = number * 7, False
    while not waited or time.monotonic() < talk.until:
        phone = f"79{time.monotonic_ns() % 1_000_000_000:09}"
        async with exchange.call(phone, f"&says={quote(BEFORE_CALLS)}") as line:
            await line.answered(GREETED_S)
            await line.quiet(GREETED_S)
            if not waited:
                await talk.greeted.wait()
                await talk.begin.wait()
                waited = True
            else:
                talked.redials += 1
            due = time.monotonic()
            while time.monotonic() < talk.until and not line.over.is_set():
                await _question(line, asked[turn % len(asked)], talked, due + PACE_S)
                turn += 1
                due = max(due + PACE_S, time.monotonic())


async def _question(line: Channel, question: Question, talked: Talked, until: float) -> None:
    """Says it, and listens until the next one is due."""
    ended = await line.say(question.pcm)
    if line.over.is_set():
        return
    talked.asked += 1
    if ended - line.sounded_at < STILL_S:
        talked.over += 1
    else:
        sounds = await line.answered(until - time.monotonic())
        if sounds is not None:
            talked.took.append(sounds - ended)
        elif not line.over.is_set():
            talked.missed += 1
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            await line.over.wait()


async def _cores(served: Served, seconds: float) -> float:
    before, begun = served.cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    return (served.cpu() - before) / (time.monotonic() - begun)


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _costs(name: str, runs: list[Talked]) -> list[Figure]:
    found = []
    for one in runs:
        found += [
            Figure(f"{name}, {one.calls} calls: CPU of a silent call", 100 * one.silent / one.calls, "%"),
            Figure("  CPU of a talking call", 100 * one.talking / one.calls, "%"),
            Figure("  CPU of the callers' side, all", 100 * one.callers, "%"),
            Figure(f"  {len(one.took)} answers: first sound p50", one.part(0.5), "ms"),
            Figure("  first sound p95", one.part(0.95), "ms"),
            Figure("  of questions", one.asked, ""),
            Figure("  without an answer before the next", one.missed, ""),
            Figure("  not interrupted by the question", one.over, ""),
            Figure("  calls that left and were dialled again", one.redials, ""),
            Figure("  frames missing amid our speech", one.gaps, ""),
            Figure("  of frames heard", one.heard, ""),
            Figure("  callers' ticks late > 20 ms", 100 * one.late / max(1, one.ticks), "%"),
        ]
    return found


def _ours(runs: list[Talked]) -> list[Figure]:
    found = _costs("ours", runs)
    alone = runs[0]
    for one in runs:
        target = one.calls == TARGET_CALLS
        worst = 1000 * max(one.lags, default=0.0)
        found += [
            Figure(f"ours, {one.calls} calls: lost frames", one.gaps, "", at_most=0 if target else None),
            Figure("  loop late > 20 ms, times", len(one.lags), ""),
            Figure("  loop late at most", worst, "ms"),
        ]
        if one is not alone:
            for name, share in (("p50", 0.5), ("p95", 0.95)):
                ratio = one.part(share) / alone.part(share)
                found.append(Figure(f"  {name} / one call", ratio, "x", at_most=1.5 if target else None))
    return found


def _ratio(ours: list[Talked], theirs: list[Talked]) -> list[Figure]:
    """At each size that both have; the target is of the largest."""
    pairs = [(one, other) for one in ours for other in theirs if one.calls == other.calls]
    return [
        Figure(
            f"calls per core, ours / Pipecat, {one.calls} talking",
            other.talking / one.talking,
            "x",
            at_least=2.5 if one is pairs[-1][0] else None,
        )
        for one, other in pairs
    ] + [
        Figure(
            f"calls per core, ours / Pipecat, {one.calls} silent", other.silent / max(1e-6, one.silent), "x"
        )
        for one, other in pairs
    ]
