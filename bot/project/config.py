"""`config.yml`: which components and policies a project asks for.

Tokenizers, featurizers and classifiers are all carried out by the engine's own; they are accepted so
that a project runs unchanged. What would change what is understood and is not carried out is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.project.model import Component
from bot.project.source import Source, plain

TOP = ("version", "recipe", "assistant_id", "language", "pipeline", "policies", "importers")
RECIPE = "default.v1"
DUCKLING = "DucklingEntityExtractor"
DIMENSIONS = frozenset(["amount-of-money", "email", "number", "ordinal", "phone-number", "time", "url"])
SPACY = "SpacyEntityExtractor"
PIPELINE = frozenset(
    [
        "WhitespaceTokenizer",
        "JiebaTokenizer",
        "MitieNLP",
        "MitieTokenizer",
        "SpacyNLP",
        "SpacyTokenizer",
        "MitieFeaturizer",
        "SpacyFeaturizer",
        "ConveRTFeaturizer",
        "LanguageModelFeaturizer",
        "RegexFeaturizer",
        "CountVectorsFeaturizer",
        "LexicalSyntacticFeaturizer",
        "MitieIntentClassifier",
        "LogisticRegressionClassifier",
        "SklearnIntentClassifier",
        "KeywordIntentClassifier",
        "DIETClassifier",
        "FallbackClassifier",
        "CRFEntityExtractor",
        "MitieEntityExtractor",
        SPACY,
        "RegexEntityExtractor",
        DUCKLING,
        "EntitySynonymMapper",
        "ResponseSelector",
    ]
)
POLICIES = frozenset(
    ["RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy", "TEDPolicy", "UnexpecTEDIntentPolicy"]
)
DEFAULT_PIPELINE = (
    Component("WhitespaceTokenizer"),
    Component("DIETClassifier"),
    Component("EntitySynonymMapper"),
    Component("ResponseSelector"),
    Component("FallbackClassifier", {"threshold": 0.3, "ambiguity_threshold": 0.1}),
)
DEFAULT_POLICIES = (Component("MemoizationPolicy"), Component("RulePolicy"), Component("TEDPolicy"))


def read_config(source: Source | None) -> tuple[str, tuple[Component, ...], tuple[Component, ...]]:
    """Language, pipeline, policies; those of Rasa's defaults where the file names none."""
    if source is None:
        return "en", DEFAULT_PIPELINE, DEFAULT_POLICIES
    top = source.record("config", TOP)
    if "importers" in top:
        raise top["importers"].wrong("importers are not supported")
    if "recipe" in top and (recipe := top["recipe"].text("recipe")) != RECIPE:
        raise top["recipe"].wrong(f"recipe `{recipe}` is not supported; known: {RECIPE}")
    language = top["language"].text("language") if "language" in top else "en"
    pipeline = _components(top.get("pipeline"), "pipeline", PIPELINE)
    policies = _components(top.get("policies"), "policies", POLICIES)
    return language, pipeline or DEFAULT_PIPELINE, policies or DEFAULT_POLICIES


def _components(source: Source | None, what: str, known: frozenset[str]) -> tuple[Component, ...]:
    found = []
    for entry in source.items(what) if source else ():
        given = entry.entries(what) if entry.is_mapping else {"name": entry}
        if "name" not in given:
            raise entry.wrong(f"{what}: each entry needs `name`")
        name = given["name"].text("name").rsplit(".", 1)[-1]
        if name not in known:
            raise given["name"].wrong(f"{what}: `{name}` is not supported")
        options = plain({key: value for key, value in given.items() if key != "name"})
        if name == DUCKLING:
            _check_duckling(entry, options)
        found.append(Component(name, options, entry.place))
    return tuple(found)


def _check_duckling(entry: Source, options: Mapping[str, Any]) -> None:
    if unknown := set(options.get("dimensions") or ()) - DIMENSIONS:
        known = ", ".join(sorted(DIMENSIONS))
        raise entry.wrong(f"{DUCKLING}: `{min(unknown)}` is not supported; known dimensions: {known}")
    try:
        ZoneInfo(options.get("timezone") or "UTC")
    except (OSError, ValueError, TypeError, ZoneInfoNotFoundError) as error:
        raise entry.wrong(f"{DUCKLING}: there is no time zone `{options['timezone']}`") from error
