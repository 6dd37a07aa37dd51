"""A real PBX and real telephones.

`pbx` is one Asterisk for the run, `gateway_ports` the ports where its dialplan expects the robot, `phone`
makes customers' telephones, `operator` registers an operator's, `carrier` runs a test on both ways.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.telephony import sound
from tests.telephony.asterisk import Asterisk, Unavailable
from tests.telephony.baresip import RATES, Phone
from tests.telephony.ports import free_ports, wait_until

HERE = Path(__file__).resolve().parent
MakePhone = Callable[..., Phone]
CUSTOMER = "79001112233"
GREETING = sound.babble(99, 4)  # what an operator says on answering


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("telephony")


@pytest.fixture(scope="session")
def gateway_ports() -> dict[str, int]:
    return {name: free_ports() for name in ("http", "asterisk_ws", "audiosocket")}


@pytest.fixture(scope="session")
def _running_pbx(gateway_ports: dict[str, int]) -> Iterator[Asterisk]:
    if shutil.which("baresip") is None:
        missing("baresip (Debian: baresip-core)")
    try:
        asterisk = Asterisk(gateway_ports)
    except (Unavailable, subprocess.SubprocessError, OSError) as error:
        missing(f"Asterisk: {error}")
    asterisk.start()
    yield asterisk
    asterisk.stop()


@pytest.fixture
def pbx(_running_pbx: Asterisk) -> Iterator[Asterisk]:
    """Asterisk, with no call left from the test before; its dialplan is as shipped again afterwards."""
    yield _running_pbx
    wait_until(lambda: _running_pbx.channels() == 0, 5)
    _running_pbx.cli("channel request hangup all")
    _running_pbx.set()


@pytest.fixture(params=["websocket", "audiosocket"])
def carrier(pbx: Asterisk, request: pytest.FixtureRequest) -> str:
    """Which way calls go to the robot."""
    pbx.set(CARRIER=request.param)
    return str(request.param)


@pytest.fixture
def phone(pbx: Asterisk, tmp_path: Path) -> Iterator[MakePhone]:
    """`phone(user=CUSTOMER, wav=silence, **options of Phone)`: a customer behind the provider's trunk."""
    phones: list[Phone] = []

    def make(user: str = CUSTOMER, wav: Path | None = None, **options: object) -> Phone:
        speech = wav or sound.write(
            tmp_path / "silence.wav", b"", RATES[str(options.get("codec", "PCMA"))], after_s=120
        )
        phones.append(Phone(pbx.sip_port, user, speech, **options))  # type: ignore[arg-type]  # passed through
        return phones[-1]

    yield make
    for one in phones:
        one.remove()


@pytest.fixture
def operator(pbx: Asterisk, tmp_path: Path) -> Iterator[MakePhone]:
    """`operator(extension="1001", answer="auto")`: says `GREETING` on answering. `manual` only rings."""
    phones: list[Phone] = []

    def make(extension: str = "1001", answer: str = "auto") -> Phone:
        speech = sound.write(tmp_path / "operator.wav", GREETING, before_s=0.5, after_s=90)
        phones.append(Phone(pbx.sip_port, extension, speech, password=f"test-{extension}", answer=answer))
        return phones[-1]

    yield make
    for one in phones:
        one.remove()
