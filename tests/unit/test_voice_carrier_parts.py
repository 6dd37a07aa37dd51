"""What the carriers are made of: who may connect, what is kept, what waits, what the dialplan reads."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.carriers import open_carriers
from voice.carriers.ahead import Ahead
from voice.carriers.announced import Announced, Announcement
from voice.carriers.inbox import DIGITS, Inbox
from voice.carriers.kept import MOST, Kept
from voice.carriers.networks import Networks
from voice.carriers.next_steps import NextSteps, rendered
from voice.carriers.twilio import signed, twiml
from voice.ports import HANGUP, Audio, Digit, Ended, NextStep


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:10.1.2.3", True),
        ("10.1.255.1", True),
        ("10.2.0.1", False),
        ("::2", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("pbx.example", False),
    ],
)
def test_networks(address: str, expected: bool) -> None:
    assert (address in Networks("127.0.0.1, ::1,10.1.0.0/16")) is expected


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(FrontlineError, match=r"voice\.pbx"):
        Networks("10.0.0.0/33")


def test_values_are_kept_for_a_minute_and_not_without_limit() -> None:
    moment = 0.0
    kept: Kept[int] = Kept(60, lambda: moment)
    for number in range(MOST + 2):
        kept.keep(str(number), number)
    assert len(kept) == MOST
    assert kept.get("1") is None
    assert kept.get("2") == kept.take("2") == 2
    assert kept.take("2") is None
    moment = 30.0
    kept.keep("3", 33)
    moment = 61.0
    assert (kept.get("4"), kept.get("3"), len(kept)) == (None, 33, 1)


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (HANGUP, "hangup||||"),
        (
            NextStep("queue", "vip", "Заказ: где он?", "c-1", "https://desk.example/c?k=1"),
            "queue|vip|Заказ: где он?|c-1|https://desk.example/c?k=1",
        ),
        (NextStep("person", "1001", "a|b\r\nX-Evil: 1\x00\u2028c"), "person|1001|a b X-Evil: 1 c||"),
        (NextStep("person", "1001&PJSIP/8800", "t"), "queue||t||"),
        (NextStep("person", "", "t"), "queue||t||"),
        (NextStep("queue", "op,x", "t"), "queue||t||"),
        (NextStep("transfer"), "queue||||"),
        (NextStep("queue", topic="я" * 500, url="https://a b"), "queue||" + "я" * 120 + "||"),
        (NextStep("queue", conversation_id="a|b"), "queue||||"),
    ],
)
def test_a_step_is_one_line_of_five_fields(step: NextStep, answer: str) -> None:
    assert rendered(step) == answer


def test_who_is_briefed_is_told_in_a_sixth_field() -> None:
    step = NextStep("queue", "vip", "Заказ", "c-1", "https://desk.example/c")
    assert rendered(step, warm=True) == "queue|vip|Заказ|c-1|https://desk.example/c|warm"
    for nothing_to_say in (HANGUP, NextStep("queue", topic="busy"), NextStep("queue", conversation_id="a|b")):
        assert rendered(nothing_to_say, warm=True) == rendered(nothing_to_say)
    steps = NextSteps(warm=True)
    steps.keep("a", step)
    assert steps.answer("a").endswith("|warm")


@given(st.builds(NextStep, st.text(), st.text(), st.text(), st.text(), st.text()))
def test_no_text_smuggles_a_line_or_a_field(step: NextStep) -> None:
    line = rendered(step)
    assert len(line.splitlines()) == 1
    assert line.count("|") == 4
    assert line.encode("utf-8").decode("utf-8") == line


def test_a_step_that_nobody_left_is_empty() -> None:
    steps = NextSteps()
    assert steps.answer("unknown") == ""
    steps.keep("a", HANGUP)
    assert steps.answer("a") == steps.answer("a") == "hangup||||"


def test_an_announcement_is_taken_once() -> None:
    announced = Announced()
    call_id = "0F9E0B6C-3F51-4F0C-9E62-5E1C3C9B0A11"
    announced.announce(
        {"id": call_id, "from": "+7900", "to": "8", "conversation": "", "rate": "16000", "x": "y"}
    )
    assert announced.take(call_id.lower()) == Announcement("+7900", "8", None, "", 16000, {"x": "y"})
    assert announced.take(call_id.lower()) == Announcement()


@pytest.mark.parametrize(
    "query", [{}, {"id": "x"}, {"id": "0f9e0b6c-3f51-4f0c-9e62-5e1c3c9b0a11", "rate": "1"}]
)
def test_an_announcement_that_is_none_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(FrontlineError):
        Announced().announce(query)


@given(st.lists(st.one_of(st.binary(max_size=9), st.sampled_from("0123#x")), max_size=200))
async def test_an_inbox_keeps_the_order_and_counts_what_it_drops(came: list[bytes | str]) -> None:
    inbox = Inbox(frames=20)
    for item in came:
        if isinstance(item, bytes):
            inbox.audio(item, 0.0)
        else:
            inbox.digit(item, 0.0)
    inbox.end("hung_up")
    inbox.end("lost")
    inbox.digit("1", 0.0)
    got = [item async for item in inbox.received()]
    assert got.pop() == Ended("hung_up")
    whole = [item[: len(item) // 2 * 2] for item in came if isinstance(item, bytes) and len(item) > 1]
    assert [item.pcm for item in got if isinstance(item, Audio)] == whole[-20:]
    assert inbox.lost_frames == max(0, len(whole) - 20)
    digits = [item for item in came if isinstance(item, str) and item != "x"]
    assert [item.digit for item in got if isinstance(item, Digit)] == digits[:DIGITS]


async def test_a_second_ahead_is_the_most() -> None:
    ahead = Ahead(16000)
    ahead.add(16000)
    waiting = asyncio.create_task(ahead.room(3200))
    await asyncio.sleep(0)
    assert not waiting.done()
    ahead.confirm(99_999)  # never sent
    ahead.confirm(3000)
    await asyncio.sleep(0)
    assert not waiting.done()
    ahead.confirm(3200)
    await waiting
    empty = asyncio.create_task(ahead.empty())
    await asyncio.sleep(0)
    assert ahead.waiting == 12800
    ahead.flush()
    await empty
    ahead.confirm(3300)  # of before the flush
    assert ahead.waiting == 0


async def test_what_stalls_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice.carriers.ahead.STALL_S", 0.01)
    ahead = Ahead(16000)
    ahead.add(320)
    with pytest.raises(TimeoutError):
        await ahead.empty()


def test_signatures() -> None:
    """The example of Twilio's documentation."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signed("12345", url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not signed("12345", url, form | {"Digits": "1"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not signed("12345", url, form, "не подпись")


def test_twiml_names_our_websocket() -> None:
    text = twiml("https://bot.example/x/", [("from", '+7900"<&')])
    assert 'url="wss://bot.example/x/voice/twilio/stream"' in text
    assert """<Parameter name="from" value='+7900"&lt;&amp;'/>""" in text


def test_only_known_carriers_open() -> None:
    async def answer(line: object) -> None:
        raise AssertionError("no call")

    def names(carriers: str) -> list[str]:
        opened = open_carriers(Voice(carriers=carriers), answer, steps=NextSteps(), announced=Announced())
        return list(opened)

    assert names("audiosocket, ,audiosocket ,asterisk_ws") == ["audiosocket", "asterisk_ws"]
    assert names("") == []
    with pytest.raises(FrontlineError, match="carriers"):
        names("asterisk")
