"""`frontline backoffice` as a demonstrator runs it, and its HTTP interface against anything that is sent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

from bot.backoffice.example.app import create_app

pytestmark = pytest.mark.live
TOKEN = "a token of the tests"
SCHEMA = schemathesis.openapi.from_dict(create_app("sqlite://", token=TOKEN).openapi())
OPERATIONS = sorted(
    (operation.method.upper(), operation.path)
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
)


def command(folder: Path, *arguments: str, **environment: str) -> tuple[list[str], dict[str, str]]:
    surroundings = {**os.environ, "FRONTLINE_DATA_DIR": str(folder), **environment}
    return [sys.executable, "-m", "bot", "backoffice", *arguments], surroundings


def start(folder: Path, **environment: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """The process, and the variables that it printed."""
    line, surroundings = command(folder, "--port", "0", **environment)
    process = subprocess.Popen(
        line, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    told = dict(process.stdout.readline().split() for _ in range(1 if environment else 2))
    url = told["FRONTLINE_BACKOFFICE__URL"]
    with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
        assert client.get(f"{url}/openapi.json").status_code == 200
    return process, told


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with our token."""
    process, told = start(tmp_path_factory.mktemp("backoffice"), FRONTLINE_BACKOFFICE__TOKEN=TOKEN)
    yield told["FRONTLINE_BACKOFFICE__URL"]
    process.terminate()
    assert process.wait(timeout=20) == 0
    process.stdout.close()  # type: ignore[union-attr]  # it is a pipe


def test_the_command_serves_and_tells_how_to_reach_it(tmp_path: Path) -> None:
    process, told = start(tmp_path)
    try:
        pair = {"contract_number": "МП-204518", "phone": "+79000000012"}
        headers = {
            "Authorization": f"Bearer {told['FRONTLINE_BACKOFFICE__TOKEN']}",
            "Idempotency-Key": "1",
        }
        url = told["FRONTLINE_BACKOFFICE__URL"]
        assert httpx.post(f"{url}/v1/send_code", json=pair, headers=headers).status_code == 200
        line, surroundings = command(tmp_path, "--sms", pair["phone"])
        shown = subprocess.run(line, env=surroundings, capture_output=True, text=True, check=True)
        assert shown.stdout.count("Код ") == 1
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
        process.stdout.close()  # type: ignore[union-attr]  # it is a pipe


def test_a_port_that_is_taken_is_exit_code_4(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line, surroundings = command(tmp_path, "--port", str(taken.getsockname()[1]))
        done = subprocess.run(line, env=surroundings, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("frontline: cannot listen on 127.0.0.1:")


def test_messages_of_a_service_that_never_ran_are_none(tmp_path: Path) -> None:
    line, surroundings = command(tmp_path, "--sms", "+79000000012")
    done = subprocess.run(line, env=surroundings, capture_output=True, text=True, check=True)
    assert (done.stdout, list(tmp_path.iterdir())) == ("", [])


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_sent_breaks_it(service: str, method: str, path: str, mode: GenerationMode) -> None:
    @settings(
        max_examples=40,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=SCHEMA[path][method].as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        reply = case.call(base_url=service, headers={"Authorization": f"Bearer {TOKEN}"})
        assert reply.status_code < 500, (case.as_curl_command(), reply.text)
        if reply.status_code >= 400:
            assert set(reply.json()) == {"error"}, reply.text

    try:
        one()
    except Unsatisfiable:
        if mode is GenerationMode.POSITIVE:  # only what takes no input has no wrong input
            raise
