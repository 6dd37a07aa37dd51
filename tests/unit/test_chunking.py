"""How articles are cut: headings, introductions, lists, tables, fences."""

from __future__ import annotations

from knowledge_base.chunking import passages


def cut(body: str) -> list[tuple[tuple[str, ...], str]]:
    return [(one.headings, body[one.start : one.end]) for one in passages(body)]


def prose(count: int) -> str:
    return " ".join(["слово"] * (count - 1)) + " конец."


def test_a_short_article_is_one_passage() -> None:
    assert cut("Коротко.\n\nИ ещё.\n") == [((), "Коротко.\n\nИ ещё.")]
    assert cut("") == []


def test_a_passage_keeps_the_path_of_headings_above_it() -> None:
    body = f"# Кредит\n\n{prose(90)}\n\n## Срок\n\n{prose(90)}\n\n# Карта\n\n{prose(90)}"
    assert [headings for headings, _ in cut(body)] == [("Кредит",), ("Кредит", "Срок"), ("Карта",)]


def test_small_neighbours_stand_together_under_what_they_share() -> None:
    body = "# Кредит\n\n## Срок\n\nГод.\n\n## Сумма\n\nМиллион."
    assert [headings for headings, _ in cut(body)] == [("Кредит",)]


def test_what_introduces_a_list_stands_with_it() -> None:
    body = f"{prose(150)}\n\nНужны документы:\n\n- паспорт\n\n- {prose(70)}"
    assert cut(body)[1][1].startswith("Нужны документы:\n\n- паспорт")


def test_a_fence_is_not_cut_at_its_blank_lines_nor_its_hashes_read() -> None:
    body = f"{prose(199)}\n\n```\n# не заголовок\n\nвторая строка\n```\n"
    assert cut(body)[-1] == ((), "```\n# не заголовок\n\nвторая строка\n```")


def test_a_long_table_is_cut_between_rows() -> None:
    rows = [f"| строка {number} | {prose(10)} |" for number in range(60)]
    texts = [text for _, text in cut("\n".join(rows))]
    assert len(texts) > 2
    assert all(line in rows for text in texts for line in text.split("\n"))
