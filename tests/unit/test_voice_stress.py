"""Stress where espeak would put it elsewhere, in espeak's phonemes."""

from __future__ import annotations

import sys

import pytest

from voice.tts.worker import SCRIPTS

sys.path.insert(0, str(SCRIPTS))
from stress import moved, moved_ipa

sys.path.remove(str(SCRIPTS))


@pytest.mark.parametrize(
    ("marked", "espeak", "said"),
    [
        ("за+мок", "z_a_m_'o_k", None),  # the mark stands before a consonant
        ("з+амок", "z_a_m_'o_k", "z_'A_m_V_k"),
        ("зам+ок", "z_a_m_'o_k", None),  # as it is
        ("замк+а", "z_'A_m_k_a#", "z_V_m_k_'A"),
        ("ц+ены", "ts_y_n_'y", "ts_'E_n_y"),
        ("цен+ы", "ts_'E_n_y", "ts_y_n_'y"),
        ("м+оя", "m_o_'ja", "m_'o_ja"),
        ("н+ачали", "n_V_tS;_V_l_;_'i", "n_'A_tS;_V_l_;_i"),
        ("к+ороба", "k_V_r_'o_b_a#", "k_'o_r_V_b_a#"),
        ("экр+ан", "E#_k_@-_r_'A_n_", None),
        ("+экран", "E#_k_@-_r_'A_n_", "'E_k_@-_r_V_n_"),
        ("w+ord", "w_'3:_d", None),  # no Russian vowels
        ("+", "", None),
        ("а+", "'A", None),
    ],
)
def test_moved(marked: str, espeak: str, said: str | None) -> None:
    found = moved(marked, espeak.split("_") if espeak else [])
    assert (None if found is None else "_".join(found)) == said


@pytest.mark.parametrize(
    ("marked", "espeak", "said"),
    [
        ("договор+а", "dʌɡˈovʌra", "dʌɡʌvʌrˈɑ"),
        ("дог+овора", "dʌɡˈovʌra", None),
        ("ж+естовый", "ʒystˈovyj", "ʒˈɛstʌvyj"),
        ("мо+я", "mˈoja", "mʌˈja"),
        ("соцсет+ях", "sʌtssˈetʲʌx", "sʌtssitʲˈax"),
        ("м+оя", "mʌˈja", "mˈoja"),
        ("подкл+ючится", 'pʌtkɭʲˈu"tʃʲitsʌ', None),
        ("подключ+ится", 'pʌtkɭʲˈu"tʃʲitsʌ', 'pʌtkɭʲu"tʃʲˈitsʌ'),
        ("цен+ы", "tsˈɛny", "tsynˈy"),
        ("+w", "w", None),
        ("+", "", None),
    ],
)
def test_moved_in_ipa(marked: str, espeak: str, said: str | None) -> None:
    assert moved_ipa(marked, espeak) == said
