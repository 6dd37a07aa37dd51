"""What the project of the contact centre names, the desk can say in words."""

from __future__ import annotations

import yaml

from bot.backoffice.certificates import ISSUES
from bot.backoffice.records import BlockKind, Delivery, RefundTo
from bot.core.outbound import CallKind, CallStatus
from bot.dialog.phrases import Phrases
from bot.project.loading import load
from bot.settings import ROOT
from bot.tasks.form import AWAY, FAILED
from voice.outbound.schedule import Result

PROOFS = {"code", "identity", "birth_date"}  # never shown
DESK = Phrases.load().section("desk", "ru")
PROJECT = load(ROOT / "nlu_data")


def test_forms_and_their_slots_have_names() -> None:
    forms = PROJECT.domain.forms
    assert {f"form_{form}" for form in forms} <= DESK.keys()
    slots = {slot for form in forms.values() for slot in form.required_slots} - PROOFS
    assert {f"slot_{slot}" for slot in slots} <= DESK.keys()
    assert not {f"slot_{slot}" for slot in PROOFS} & DESK.keys()


def test_choices_have_names() -> None:
    choices = {*ISSUES, *Delivery, *RefundTo, *BlockKind, "loan", "pos", "leasing"}
    assert {f"value_{choice}" for choice in choices} <= DESK.keys()


def test_reasons_of_handoffs_have_names() -> None:
    rules = yaml.safe_load((ROOT / "nlu_data" / "escalation.yml").read_text("utf-8"))["rules"]
    reasons = {rule["reason"] for rule in rules} | {AWAY, FAILED}
    assert {f"reason_{reason}" for reason in reasons} <= DESK.keys()


def test_calls_and_how_they_end_have_names() -> None:
    names = {f"call_{name}" for name in (*CallKind, *CallStatus)} | {f"result_{name}" for name in Result}
    assert names <= DESK.keys()
