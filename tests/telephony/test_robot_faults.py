"""The product as a process of its own on the telephone: killed within a call, left by a PBX that dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live.actors import example_articles
from tests.live.faults.process import Process
from tests.telephony.asterisk import Asterisk
from tests.telephony.conftest import MakePhone
from tests.telephony.ports import wait_until

SPOKEN_S = 4.0  # within the first sentences


@pytest.fixture(scope="module")
def robot(gateway_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("robot")
    process = Process(
        folder / "data",
        example_articles(folder / "articles", "card"),
        FRONTLINE_PORT=str(gateway_ports["http"]),
        FRONTLINE_VOICE__CARRIERS="asterisk_ws,audiosocket",
        FRONTLINE_VOICE__ASTERISK_WS_PORT=str(gateway_ports["asterisk_ws"]),
        FRONTLINE_VOICE__AUDIOSOCKET_PORT=str(gateway_ports["audiosocket"]),
        FRONTLINE_VOICE__RECORD="true",
    )
    process.url = f"http://127.0.0.1:{gateway_ports['http']}"
    yield process
    process.close()


@pytest.fixture
def running(robot: Process) -> Process:
    """Takes calls, whatever the test before did to it."""
    if robot._running is None or robot.running.poll() is not None:
        robot.start()
    ready = f"{robot.url}/health/ready"
    assert wait_until(lambda: httpx.get(ready).json()["components"]["voice"] == "ok", 60)
    return robot


def calls(robot: Process) -> float:
    lines = httpx.get(f"{robot.url}/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("frontline_calls ")).split()[1])


def test_a_robot_that_is_killed_leaves_the_caller_to_a_person(
    running: Process, carrier: str, phone: MakePhone, operator: MakePhone
) -> None:
    person, caller = operator(), phone()
    caller.dial("84950000000")
    assert caller.in_call(5)
    assert wait_until(lambda: calls(running) == 1, 5)
    time.sleep(SPOKEN_S)
    running.kill()
    assert person.in_call(10)
    assert person.headers()["X-Topic"] == "Робот не ответил"


def test_a_pbx_that_dies_ends_its_calls_and_brings_new_ones(
    running: Process, carrier: str, pbx: Asterisk, phone: MakePhone
) -> None:
    folder: Path = running.settings.data_dir / "recordings"
    before = set(folder.glob("*"))  # what a killed robot left is removed a while after the next start
    caller = phone(user="79001112255")
    caller.dial("84950000000")
    assert caller.in_call(5)
    assert wait_until(lambda: calls(running) == 1, 5)
    time.sleep(SPOKEN_S)
    pbx.kill()
    assert wait_until(lambda: calls(running) == 0, 20)
    assert wait_until(lambda: {file.suffix for file in set(folder.glob("*")) - before} == {".wav"}, 5)
    pbx.start()
    pbx.set(CARRIER=carrier)
    again = phone(user="79001112266")
    again.dial("84950000000")
    assert again.in_call(10)
    assert wait_until(lambda: calls(running) == 1, 5)
    again.hang_up()
    assert wait_until(lambda: calls(running) == 0, 10)
    assert not running.logged("call.failed")
