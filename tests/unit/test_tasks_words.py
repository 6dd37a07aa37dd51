"""Every response that a task says exists in the project, and everything in braces is given to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.backoffice.records import ApplicationStatus
from bot.backoffice.rules import DATE_RULES
from bot.dialog.offers import Offers
from bot.project.loading import load
from bot.project.model import Project
from bot.tasks import registry
from knowledge_base.articles import load_folder

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"\{([^\n{}]+?)\}")
SAYS = {"say", "Wrong"}
# What stands for the variable part of a name.
VARIANTS = {
    "utter_application_status_": [status.value for status in ApplicationStatus],
    "utter_change_date_refused_": [
        "contract_closed",
        "not_offered",
        "overdue",
        "too_few_payments",
        "already_changed",
        "too_soon",
    ],
    "utter_certificate_refused_": ["no_closed_contract", "no_contract", "no_income", "not_yet", "overdue"],
    "utter_refund_refused_": [
        "limit_reached",
        "too_old",
        "not_mistaken",
        "not_for_business",
        "no_charge",
        "no_card",
        "no_contract",
        "already_refunded",
    ],
}
# What the company's systems give with a refusal (`docs/backoffice.md`), spread into the values.
DETAILS = {
    "again_on",
    "notice_days",
    "needed",
    "made",
    "from",
    "to",
    "title",
    "limit",
    "limit_days",
    "months",
    "on",
    "until",
}


class Said(NamedTuple):
    response: str
    values: frozenset[str]
    spread: bool
    place: str


def names(node: ast.expr, place: str) -> Iterator[str]:
    """The responses that an expression may name."""
    match node:
        case ast.Constant(value=str(name)) if name.startswith("utter_"):
            yield name
        case ast.JoinedStr(values=[ast.Constant(value=str(stem)), *_]):
            assert stem in VARIANTS, f"{place}: what may follow {stem}?"
            yield from (f"{stem}{each}" for each in VARIANTS[stem])
        case ast.IfExp(body=one, orelse=other):
            yield from (*names(one, place), *names(other, place))


def said() -> list[Said]:
    found = []
    for file in sorted((ROOT / "bot" / "tasks").glob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in SAYS:
                continue
            place = f"{file.name}:{node.lineno}"
            given = frozenset(each.arg for each in node.keywords if each.arg)
            spread = any(each.arg is None for each in node.keywords)
            found += [Said(name, given, spread, place) for name in names(node.args[0], place)]
    return found


@pytest.fixture(scope="module")
def project() -> Project:
    return load(ROOT / "nlu_data")


def named(tree: ast.AST) -> set[str]:
    """Every response that the code names, however it says it."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"utter_\w*[a-z]", node.value)
    }


def test_every_response_exists(project: Project) -> None:
    missing = [
        f"{each.place}: {each.response}" for each in said() if each.response not in project.domain.responses
    ]
    assert not missing
    for file in (ROOT / "bot").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        if file.parent.name in {"tasks", "dialog"}:
            assert named(tree) <= project.domain.responses.keys(), file.name


def test_every_place_is_given(project: Project) -> None:
    missing = []
    for each in said():
        for variant in project.domain.responses.get(each.response, ()):
            places = set(PLACE.findall(variant.text or "")) - project.domain.slots.keys() - each.values
            if places - (DETAILS if each.spread else set()):
                missing.append(f"{each.place}: {each.response} needs {places}")
    assert not missing
    assert len({each.response for each in said()}) > 40


def test_every_question_of_a_form_has_words_and_its_places(project: Project) -> None:
    for task in registry.TASKS:
        for slot in project.domain.forms[task.form].required_slots:
            ways = (f"{task.form}_{slot}", slot)
            asked = any(
                f"utter_ask_{way}" in project.domain.responses or registry.action(f"action_ask_{way}")
                for way in ways
            )
            assert asked, f"{task.form} cannot ask for {slot}"
            for way in ways:
                if registry.action(f"action_ask_{way}") is None:
                    for variant in project.domain.responses.get(f"utter_ask_{way}", ()):
                        assert set(PLACE.findall(variant.text or "")) <= project.domain.slots.keys()


def test_every_form_of_the_domain_has_its_task(project: Project) -> None:
    assert project.domain.forms.keys() == registry.FORMS.keys()
    for task in registry.TASKS:
        assert {field.slot for field in task.fields} <= project.domain.slots.keys()
        assert registry.action(f"validate_{task.form}")
        assert registry.action(f"submit_{task.form.removesuffix('_form')}")
    actions = [name for name in project.domain.actions if registry.action(name)]
    assert len(actions) >= 2 * len(registry.TASKS)


def test_offers_name_what_there_is(project: Project) -> None:
    offers = Offers.load(ROOT / "nlu_data" / "offers.yml").offers
    articles = {one.id for one in load_folder(ROOT / "knowledge_base" / "articles").articles}
    domain = project.domain
    for offer in offers:
        assert offer.intent in domain.intents, offer.intent
        assert set(offer.articles) <= articles, offer.intent
        assert offer.entities | offer.plain <= domain.entities.keys(), offer.intent
        assert set(offer.by) <= domain.slots.keys(), offer.intent
        assert {name for way in offer.by.values() for name in way.values()} <= articles, offer.intent
        assert {*offer.title, *offer.question} <= {"ru", "en"}
    assert len({offer.intent for offer in offers}) == len(offers)


def test_each_product_whose_date_moves_has_its_article() -> None:
    offers = Offers.load(ROOT / "nlu_data" / "offers.yml")
    explained = {
        offers.explained("change_payment_date", {"product": product.value}) for product in DATE_RULES
    }
    assert None not in explained
    assert len(explained) == len(DATE_RULES)
