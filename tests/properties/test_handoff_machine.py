"""Any sequence of steps by any operators: the store agrees with the table of transitions."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from itertools import count
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.core.errors import FrontlineError
from bot.core.handoff import OPEN, RAISED, REQUESTED, TRANSITIONS, Step, legal
from bot.core.types import ConversationStatus, HandoffStatus, Inbound, Owner, Role
from bot.store.engine import Store
from bot.store.records import NewHandoff, Outcome

T = TypeVar("T")
PEOPLE = st.sampled_from(["anna", "boris"])
KEYS = count()
OWNERS = {HandoffStatus.WAITING: Owner.QUEUE, HandoffStatus.CLAIMED: Owner.OPERATOR}  # else the bot


class World:
    """One store for all examples; every example has a customer of its own."""

    def __init__(self, folder: str) -> None:
        self._runner = asyncio.Runner()
        self.store = self.run(Store.open(f"sqlite+aiosqlite:///{folder}/store.db"))
        self.people = {
            login: self.run(self.store.operators.create(login, login, Role.OPERATOR, "h")).id
            for login in ("anna", "boris")
        }

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self.store.close())
        self._runner.close()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        opened = World(folder)
        yield opened
        opened.close()


class HandoffMachine(RuleBasedStateMachine):
    """One customer, two operators, and what they should see."""

    world: ClassVar[World]

    @initialize()
    def write(self) -> None:
        self.store, self.run = self.world.store, self.world.run
        self.address = f"a{next(KEYS)}"
        self.handoff: str | None = None
        self.status: HandoffStatus | None = None
        self.holder: str | None = None
        self.priority = 9
        self.kinds = ["message"]
        self.owed: list[int] = []
        self.receive()

    def receive(self) -> None:
        receipt = self.run(
            self.store.conversations.receive(Inbound("web_chat", self.address, f"m{next(KEYS)}", "?"))
        )
        self.conversation = receipt.conversation.id
        assert receipt.answered == (receipt.conversation.owner is Owner.OPERATOR)
        if receipt.seq == 1:
            self.owed = []
        if not receipt.answered:
            self.owed.append(receipt.seq)

    @rule()
    def customer_writes(self) -> None:
        before = self.conversation
        self.receive()
        if self.conversation == before:
            self.kinds.append("message")
        else:  # the operator closed the one before
            assert self.status is HandoffStatus.CLOSED
            self.kinds, self.handoff, self.status, self.holder = ["message"], None, None, None

    @rule(priority=st.integers(0, 9))
    def bot_calls_a_human(self, priority: int) -> None:
        if self.status is HandoffStatus.CLOSED:
            return
        version = self.run(self.store.conversations.get(self.conversation)).version
        doing = self.store.conversations.commit(
            self.conversation, version, Outcome(handoff=NewHandoff("asked", priority))
        )
        if self.status is HandoffStatus.CLAIMED:
            with pytest.raises(FrontlineError, match="human"):
                self.run(doing)
            return
        kinds = [event.kind for event in self.run(doing)]
        self.kinds += kinds
        if self.status is HandoffStatus.WAITING:
            assert kinds == ([RAISED] if priority < self.priority else [])
            self.priority = min(priority, self.priority)
            return
        assert kinds == [REQUESTED]
        called = self.run(self.store.handoffs.open_of(self.conversation))
        assert called is not None
        self.handoff, self.status, self.holder = called.id, HandoffStatus.WAITING, None
        self.priority, self.owed = priority, []

    @rule(step=st.sampled_from(Step), login=PEOPLE)
    def somebody_steps(self, step: Step, login: str) -> None:
        if self.handoff is None or self.status is None:
            return
        one = self.world.people[login]
        act = {
            Step.CLAIM: self.store.handoffs.claim,
            Step.RELEASE: self.store.handoffs.release,
            Step.GIVE_BACK: self.store.handoffs.give_back,
        }
        if step is Step.CLOSE:
            doing = self.store.handoffs.close(self.handoff, one, "resolved")
        elif step is Step.CANCEL:
            doing = self.store.handoffs.cancel(self.handoff)
        else:
            doing = act[step](self.handoff, one)
        transition = TRANSITIONS[step]
        if legal(self.status, step) and (not transition.holder or self.holder == one):
            [event] = self.run(doing)
            self.kinds.append(event.kind)
            self.status = transition.target
            self.holder = one if step is Step.CLAIM else None
            if step is Step.CLAIM:
                self.owed = []
        elif step is Step.CLAIM and self.status is HandoffStatus.CLAIMED and self.holder == one:
            assert self.run(doing) == ()
        else:
            with pytest.raises(FrontlineError) as raised:
                self.run(doing)
            assert raised.value.status == 409

    @invariant()
    def store_agrees(self) -> None:
        conversation = self.run(self.store.conversations.get(self.conversation))
        events = self.run(self.store.conversations.events(self.conversation))
        assert [event.kind for event in events] == self.kinds
        assert [event.seq for event in events] == list(range(1, conversation.last_seq + 1))
        assert conversation.owner is OWNERS.get(self.status, Owner.BOT)
        owed = self.run(self.store.conversations.unanswered(10_000))
        assert [one.seq for one in owed if one.conversation.id == self.conversation] == self.owed
        closed = self.status is HandoffStatus.CLOSED
        assert (conversation.status is ConversationStatus.CLOSED) == closed
        queued = [item.handoff.id for item in self.run(self.store.handoffs.queue())]
        assert (self.handoff in queued) == (self.status in OPEN)
        if self.handoff is not None:
            handoff = self.run(self.store.handoffs.get(self.handoff))
            assert (handoff.status, handoff.priority) == (self.status, self.priority)
            if handoff.status in OPEN:
                assert handoff.claimed_by == self.holder


def test_every_life_of_a_handoff(world: World) -> None:
    run_state_machine_as_test(
        type("Machine", (HandoffMachine,), {"world": world}),
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )
