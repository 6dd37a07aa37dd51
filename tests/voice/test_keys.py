"""Keys: a menu's key at once, a number when it is whole, zero alone is the operator."""

from __future__ import annotations

from voice.call.keys import PAUSE_S, Keys


def keyed(keys: Keys, digits: str, at: float = 0.0) -> list[str]:
    return [whole for digit in digits if (whole := keys.press(digit, at)) is not None]


def test_without_a_number_awaited_each_key_counts() -> None:
    assert keyed(Keys(), "10*#5") == ["1", "0", "*", "5"]


def test_a_number_of_known_length_needs_no_end() -> None:
    keys = Keys()
    keys.expect(numbers=True, lengths=(10, 11))
    assert keyed(keys, "89001234567") == ["89001234567"]
    assert not keys.waits()


def test_a_number_ends_with_the_hash_or_a_pause() -> None:
    keys = Keys()
    keys.expect(numbers=True)
    assert keyed(keys, "204518#") == ["204518"]
    assert keyed(keys, "15", at=1.0) == []
    assert keys.tick(1.0 + PAUSE_S - 0.1) is None
    assert keys.tick(1.0 + PAUSE_S) == "15"
    assert keys.tick(100.0) is None


def test_zero_alone_is_the_operator_even_where_a_number_is_awaited() -> None:
    keys = Keys()
    keys.expect(numbers=True, lengths=(6,))
    assert keyed(keys, "0") == []
    assert keys.tick(PAUSE_S) == "0"
    assert keyed(keys, "012345") == ["012345"]


def test_the_star_begins_anew_and_endless_keying_ends() -> None:
    keys = Keys()
    keys.expect(numbers=True)
    assert keyed(keys, "12*34#") == ["*", "34"]
    assert [len(each) for each in keyed(keys, "7" * 100)] == [32, 32, 32]
    assert keyed(keys, "ABCD") == []
