"""Escalation rules as data: what a rule may say, what it is refused for, and the shipped ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import InvalidContent
from bot.dialog.escalation import Rule, Rules
from bot.nlu.query import Query
from bot.nlu.signs import Message
from bot.nlu.words import analyse
from knowledge_base.articles import load_folder

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "nlu_data" / "escalation.yml"
RULE = """rules:
  - reason: abroad
    title: За границей
    priority: 2
    skills: [client_manager]
    decide_minutes: 60
    finish_minutes: 1440
    signs: ["граница"]
"""


def read(text: str) -> Query:
    tokens, lemmas = analyse(text)
    return Query(text, tokens, lemmas, np.zeros(0, np.float32))


def load(tmp_path: Path, text: str) -> Rules:
    path = tmp_path / "escalation.yml"
    path.write_text(text, "utf-8")
    return Rules.load(path, read)


@pytest.fixture(scope="module")
def shipped() -> Rules:
    return Rules.load(SHIPPED, read)


def test_a_rule_names_its_terms(tmp_path: Path) -> None:
    [rule] = load(tmp_path, RULE).rules
    assert (rule.skills, rule.decide_minutes, rule.finish_minutes) == (("client_manager",), 60, 1440)


@pytest.mark.parametrize(
    ("wrong", "line", "said"),
    [
        (RULE.replace("skills", "skils"), 5, "unknown key `skils`"),
        (RULE.replace("decide_minutes: 60", "decide_minutes: soon"), 2, "not a number of minutes"),
        (RULE.replace("finish_minutes: 1440", "finish_minutes: -1"), 2, "not a number of minutes"),
        (RULE.replace("priority: 2", "priority: high"), 2, "invalid literal"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(tmp_path: Path, wrong: str, line: int, said: str) -> None:
    with pytest.raises(InvalidContent, match=said) as caught:
        load(tmp_path, wrong)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Всё, я подаю на вас в суд!", "legal_threat"),
        ("сегодня же напишу в роспотребнадзор", "legal_threat"),
        ("вы издеваетесь??", "anger"),
        ("это просто безобразие", "anger"),
        ("я лежу в больнице и не могу приехать к вам подписать", "cannot_come"),
    ],
)
def test_what_must_not_wait(shipped: Rules, text: str, reason: str) -> None:
    rule = shipped.signalled(Message.of(read(text)))
    assert rule is not None
    assert rule.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "через сколько вы подаёте в суд если не платить",
        "куда жаловаться, в цб можно сразу?",
        "для суда просят копию договора",
        "можно ли приехать в офис без записи",
    ],
)
def test_ordinary_questions_wait(shipped: Rules, text: str) -> None:
    assert shipped.signalled(Message.of(read(text))) is None


def test_a_client_manager_has_an_hour_to_decide_and_a_day_to_act(shipped: Rules) -> None:
    managed: list[Rule] = [rule for rule in shipped.rules if "client_manager" in rule.skills]
    assert len(managed) >= 5
    assert {(rule.decide_minutes, rule.finish_minutes) for rule in managed} == {(60, 1440)}


def test_articles_say_what_to_do_until_somebody_comes(tmp_path: Path) -> None:
    loaded = load(tmp_path, RULE.replace("skills:", "articles: [card-abroad, card-block]\n    skills:"))
    assert loaded.rules[0].articles == ("card-abroad", "card-block")
    assert load(tmp_path, RULE).rules[0].articles == ()


def test_who_waits_is_told_from_an_article(tmp_path: Path) -> None:
    assert load(tmp_path, f"waiting: about-contact\n{RULE}").waiting == "about-contact"
    assert load(tmp_path, RULE).waiting is None


def test_the_articles_of_the_shipped_rules_exist(shipped: Rules) -> None:
    published = {one.id for one in load_folder(ROOT / "knowledge_base" / "articles").articles}
    assert {name for rule in shipped.rules for name in rule.articles} <= published
    assert shipped.waiting in published
