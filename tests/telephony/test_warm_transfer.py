"""The operator hears a summary before the caller comes; whatever fails, the caller comes all the same."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.settings import Settings, Voice
from tests.live.actors import Person, Server, example_articles, launch
from tests.telephony import sound
from tests.telephony.asterisk import Asterisk
from tests.telephony.baresip import Phone
from tests.telephony.conftest import GREETING, MakePhone
from tests.telephony.ports import wait_until
from voice.asr import open_recogniser
from voice.audio import read_wav

RATE = 8000
STORY = sound.babble(7, 4)  # what the caller tells the operator
STORY_AT_S = 50.0  # of the call: well after a slow robot has put it through
AGAIN_S = 30.0  # until it is told once more, to whoever comes late


@pytest.fixture(scope="module", params=["queue", "person:1001"])
def robot(
    gateway_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    voice = Voice(
        carriers="asterisk_ws,audiosocket",
        asterisk_ws_port=gateway_ports["asterisk_ws"],
        audiosocket_port=gateway_ports["audiosocket"],
        transfer=request.param,
        warm_transfer="ru",
    )
    folder = tmp_path_factory.mktemp("robot")
    articles = example_articles(folder / "articles", "card")
    running = launch(folder / "data", articles, port=gateway_ports["http"], voice=voice)
    ready = f"{running.url}/health/ready"
    assert wait_until(lambda: httpx.get(ready).json()["components"]["voice"] == "ok", 60)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def at_work(robot: Server) -> Iterator[Person]:
    """Somebody whose desk is open can be reached."""
    with closing(Person(robot)) as person:
        person.accept(robot.invite, "admin", "Анна Администратор")
        with person.desk():
            yield person


@pytest.fixture
def caller(pbx: Asterisk, phone: MakePhone, at_work: Person, tmp_path: Path) -> Phone:
    """Has asked for an operator, and will speak to him after a while."""
    pause = bytes(int(AGAIN_S - len(STORY) / 2 / RATE) * RATE * 2)
    wav = sound.write(tmp_path / "story.wav", STORY + pause + STORY, before_s=STORY_AT_S, after_s=60)
    caller = phone(wav=wav)
    caller.dial("84950000000")
    assert caller.in_call(5)
    time.sleep(7)
    caller.press("0")
    return caller


def words(pcm: bytes) -> str:
    async def recognised() -> str:
        recogniser = open_recogniser(Voice(), Settings().data_dir)
        listening = recogniser.listen(RATE)
        await listening.feed(pcm)
        text = (await listening.finish()).text
        await recogniser.close()
        return text

    return asyncio.run(recognised())


def finish(*phones: Phone, later_s: float = 0.0) -> None:
    """Until the caller has told his story, and what they heard is on the disk."""
    time.sleep(STORY_AT_S + later_s)
    for each in phones:
        each.hang_up()
        each.close()


def test_the_operator_hears_a_summary_before_the_caller(caller: Phone, operator: MakePhone) -> None:
    colleague = operator()
    assert colleague.in_call(30)
    finish(colleague)
    assert caller.over(10), "an operator who has had the caller ends the call for both"
    caller.close()
    pcm, _ = read_wav(colleague.heard()[0])
    story = sound.match(STORY, pcm)
    assert story.intact, story
    before = words(pcm[: int(story.lag_s * RATE) * 2])
    print(before)
    assert "попросил оператора" in before
    assert "соединяю" in before
    assert "попросил" not in words(read_wav(caller.heard()[0])[0])


def test_who_hangs_up_within_the_summary_loses_no_caller(caller: Phone, operator: MakePhone) -> None:
    first = operator()
    assert first.in_call(30)
    time.sleep(1.5)
    first.close()  # hangs up and signs off: the queue may ring whoever is still there, at once
    second = operator("1002")
    assert second.in_call(40)
    finish(caller, second)
    assert sound.match_file(STORY, second.heard()[0]).intact
    assert "попросил" not in words(read_wav(second.heard()[0])[0])
    assert not sound.match_file(STORY, first.heard()[0]).intact


def test_without_a_summary_the_caller_comes_at_once(
    pbx: Asterisk, caller: Phone, operator: MakePhone
) -> None:
    pbx.set(AUDIOSOCKET="127.0.0.1:1")  # where nobody listens
    colleague = operator()
    assert colleague.in_call(30)
    finish(caller, colleague)
    assert sound.match_file(STORY, colleague.heard()[0]).intact
    heard = sound.match_file(GREETING, caller.heard()[0])
    assert heard.correlation > 0.9, "the operator's first words are the caller's"


def test_a_robot_that_hangs_costs_no_caller(pbx: Asterisk, caller: Phone, operator: MakePhone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stuck:  # takes connections, says nothing
        pbx.set(AUDIOSOCKET=f"127.0.0.1:{stuck.getsockname()[1]}")
        colleague = operator()
        assert colleague.in_call(30)
        assert colleague.over(30)
        assert wait_until(lambda: colleague.log().count("Call established") == 2, 30)
        finish(caller, colleague, later_s=AGAIN_S - 20)
    assert sound.match_file(STORY, colleague.heard()[-1]).intact


def test_a_caller_who_hangs_up_within_the_summary_is_gone(
    pbx: Asterisk, caller: Phone, operator: MakePhone
) -> None:
    colleague = operator()
    assert colleague.in_call(30)
    time.sleep(1.5)
    caller.hang_up()
    assert colleague.over(20)
    assert wait_until(lambda: pbx.channels() == 0, 5)
    assert colleague.log().count("Call established") == 1
