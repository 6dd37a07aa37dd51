"""YAML is read by the parser in C and its mistakes are explained by the other."""

from __future__ import annotations

import pytest
import yaml

from bot.core.documents import parse_yaml


def test_reads_plain_values_only() -> None:
    assert parse_yaml("a: [1, да]\nb:") == {"a": [1, "да"], "b": None}
    assert parse_yaml("") is None
    with pytest.raises(yaml.YAMLError):
        parse_yaml("!!python/object/apply:os.getcwd []")


def test_a_mistake_has_its_place() -> None:
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        parse_yaml("a: 1\nb: [1\n")
    assert caught.value.problem_mark is not None
    assert caught.value.problem_mark.line == 2
