"""The phrase file: every sentence of the interface in Russian and English, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from bot.core.documents import parse_yaml
from bot.core.errors import InvalidContent

LOCALES = ("ru", "en")
DEFAULT = Path(__file__).with_name("phrases.yml")


class Phrases:
    """Phrases by dotted key and locale. An unknown locale reads Russian, the language of the product."""

    def __init__(self, texts: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        self._texts = texts  # "bot.unknown" -> {"ru": (variant, ...), "en": (...)}

    @classmethod
    def load(cls, path: Path = DEFAULT) -> Phrases:
        """Reads and checks the file; raises `InvalidContent` naming the key that is wrong."""
        try:
            content = parse_yaml(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InvalidContent(str(path), None, str(error)) from error
        texts: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for section, keys in (content or {}).items():
            for key, value in (keys or {}).items():
                texts[f"{section}.{key}"] = _variants(path, f"{section}.{key}", value)
        return cls(texts)

    def __call__(self, key: str, locale: str = "ru", *, variant: int = 0, **values: object) -> str:
        """The phrase with `{names}` filled in; `variant` chooses among variants, in turn.

        A missing key is a defect of the program, hence `KeyError`.
        """
        variants = self._texts[key][language(locale)]
        text = variants[variant % len(variants)]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        return key in self._texts

    def section(self, prefix: str, locale: str) -> dict[str, str]:
        """All phrases of a section for a front end, by key without the section's name."""
        spoken = language(locale)
        return {
            key.removeprefix(f"{prefix}."): texts[spoken][0]
            for key, texts in self._texts.items()
            if key.startswith(f"{prefix}.")
        }

    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


def language(locale: str) -> str:
    """`en-GB` reads English; whatever is not served reads Russian."""
    short = locale.replace("_", "-").split("-")[0].lower()
    return short if short in LOCALES else LOCALES[0]


def _variants(path: Path, key: str, value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict) or set(value) != set(LOCALES):
        raise InvalidContent(str(path), None, f"{key}: needs exactly the locales {', '.join(LOCALES)}")
    texts = {}
    for locale, text in value.items():
        variants = tuple(text) if isinstance(text, list) else (text,)
        if not variants or not all(isinstance(one, str) for one in variants):
            raise InvalidContent(str(path), None, f"{key}.{locale}: needs text or a list of texts")
        texts[str(locale)] = variants
    return texts
