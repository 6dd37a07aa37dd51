"""Search over texts that nobody wrote example questions for: Russian Wikipedia, questions of XQuAD."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.evaluation.retrieval import evaluate
from bot.nlu.encoders.static import StaticEncoder

pytestmark = [pytest.mark.eval, pytest.mark.slow]


def test_never_worse_than_bm25_on_a_foreign_base(eval_data: Path, tmp_path: Path) -> None:
    source = json.loads((eval_data / "xquad" / "xquad.ru.json").read_text("utf-8"))
    folder = tmp_path / "articles"
    folder.mkdir()
    questions = []
    paragraphs = [one for article in source["data"] for one in article["paragraphs"]]
    for number, paragraph in enumerate(paragraphs):
        (folder / f"p{number}.md").write_text(paragraph["context"].lstrip("\ufeff"), "utf-8")
        questions += [{"question": one["question"], "gold": [f"p{number}.md"]} for one in paragraph["qas"]]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in questions), "utf-8")
    found = evaluate(folder, file, StaticEncoder())
    assert (found["n"], found["articles"]) == (1190, len(paragraphs))
    for figure, value in found["baseline_bm25"].items():
        assert found[figure] >= value - 0.002, figure
