"""A certificate as PDF. The fonts are shipped, so that Cyrillic looks the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FONTS = Path(__file__).parent / "fonts"
_MARGIN = 25.0  # mm
_LINE = 7.0


@dataclass(frozen=True, slots=True)
class Page:
    number: str
    title: str
    day: str
    lines: tuple[str, ...]


def render(page: Page) -> bytes:
    """One A4 document; needs a few tens of milliseconds."""
    from fpdf import FPDF

    document = FPDF(format="A4")
    document.set_margin(_MARGIN)
    document.set_auto_page_break(True, _MARGIN)
    document.set_lang("ru-RU")
    document.set_title(f"{page.title} {page.number}")
    for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        document.add_font("DejaVu", style, _FONTS / name)
    document.add_page()

    def line(text: str, size: float = 11, style: str = "", gap: float = 0) -> None:
        document.set_font("DejaVu", style, size)
        document.multi_cell(0, _LINE, text, new_x="LMARGIN", new_y="NEXT")
        document.ln(gap)

    line("ООО «Мост Финанс»", 13, "B")
    line("000000, Москва, ул. Условная, 10 · 8 800 000-00-00", 9, gap=12)
    line(page.title, 16, "B")
    line(f"№ {page.number} от {page.day}", gap=6)
    for text in page.lines:
        line(text)
    document.ln(10)
    line(f"Подлинность проверяется на сайте most-finance.example по номеру {page.number}.", 9)
    line("Демонстрационный документ вымышленной компании.", 9)
    return bytes(document.output())
