"""The call button in a real browser: a spoken question is answered aloud, and stands in the chat."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.live.actors import Server
from tests.live.browser.conftest import ARGUMENTS, chromium_path
from tests.live.browser.people import DESKTOP, PHONE, SIZES, Crowd
from tests.live.callers import gateway, launch_calls, until
from tests.voice_set import speech
from voice.asr import SHIPPED
from voice.asr.vosk import Vosk
from voice.audio import wav
from voice.ports import Listening

pytestmark = pytest.mark.live
QUESTION, ARTICLE = "как заблокировать карту", "Заблокировать карту: потеря, кража, подозрение"
OPERATOR = "соедините с оператором"
ASKS_AT, INTERRUPTS_AT = 9.0, 15.0  # seconds from the permission on; the robot has said its name by 5
# Keeps what comes from the other side.
LISTENS = """
window.heard = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...options) {
    super(...options);
    this.addEventListener("track", ({ track }) => {
      const recorder = new MediaRecorder(new MediaStream([track]));
      recorder.ondataavailable = ({ data }) => window.heard.push(data);
      recorder.start(250);
    });
  }
};"""
TAKES_DOWN = """async () => {
  const reader = new FileReader();
  reader.readAsDataURL(new Blob(window.heard));
  await new Promise((done) => { reader.onload = done; });
  return reader.result.split(",")[1];
}"""
OpenMicrophone = Callable[..., Browser]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = launch_calls(tmp_path_factory.mktemp("calls"))
    yield running
    running.stop()


@pytest.fixture
def microphone(browser: Browser, tmp_path: Path) -> Iterator[OpenMicrophone]:
    """A browser that hears these words, each from its second on."""
    opened: list[Browser] = []

    def listening(*words: tuple[float, str], asks: bool = False) -> Browser:
        sound = np.zeros(int(60 * speech.RATE))
        for at, text in words:
            said, start = speech.say(text, "f3"), int(at * speech.RATE)
            sound[start : start + said.size] = said
        file = tmp_path / "microphone.wav"
        file.write_bytes(wav((sound * 32767).astype("<i2").tobytes(), speech.RATE))
        fakes = [
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={file}%noloop",
            *([] if asks else ["--use-fake-ui-for-media-stream"]),
        ]
        opened.append(browser.browser_type.launch(executable_path=chromium_path(), args=[*ARGUMENTS, *fakes]))
        return opened[-1]

    yield listening
    for one in opened:
        one.close()


def recognised(page: Page, url: str) -> str:
    """What the visitor has heard, as words."""
    frame = next(frame for frame in page.frames if url in frame.url)
    webm = base64.b64decode(frame.evaluate(TAKES_DOWN))
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16000)
    pcm = bytearray()
    with av.open(io.BytesIO(webm)) as recording:
        for decoded in recording.decode(audio=0):
            for part in resampler.resample(decoded):
                pcm += bytes(part.planes[0])[: part.samples * 2]
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's driver has a loop in this thread
        return elsewhere.submit(lambda: asyncio.run(_recognised(bytes(pcm)))).result()


async def _recognised(pcm: bytes) -> str:
    engine = Vosk(SHIPPED)
    listening: Listening = engine.listen(16000)
    await listening.feed(pcm)
    heard = await listening.finish()
    await engine.close()
    return heard.text


def idle(site: Server) -> None:
    until(lambda: gateway(site).calls == 0)


@pytest.mark.parametrize("size", SIZES)
def test_a_spoken_question_is_answered_aloud_and_in_the_chat(
    lines: Server, microphone: OpenMicrophone, size: str
) -> None:
    crowd = Crowd(microphone((ASKS_AT, QUESTION)), lines)
    customer = crowd.customer(SIZES[size])
    customer.page.add_init_script(LISTENS)
    customer.comes()
    customer.agrees()
    customer.chat.get_by_role("button", name="Позвонить роботу").click()
    bar = customer.chat.locator(".call-bar")
    expect(bar).to_contain_text("Говорит робот")
    expect(customer.chat.get_by_role("button", name="Завершить звонок")).to_be_focused()
    expect(bar).to_contain_text("Слушаю вас")
    expect(customer.chat.get_by_role("button", name="Позвонить роботу")).to_have_count(0)

    expect(customer.log.locator(".own").filter(has_text=QUESTION)).to_be_visible(timeout=30_000)
    expect(customer.answer("Источник").get_by_role("link", name=ARTICLE).first).to_be_visible()
    expect(bar).to_contain_text("Говорит робот")
    expect(bar).to_contain_text("Слушаю вас", timeout=60_000)
    heard = recognised(customer.page, "/widget/")
    assert "это робот" in heard
    assert "карту можно прямо сейчас" in heard

    customer.chat.get_by_role("button", name="Завершить звонок").click()
    expect(bar).to_contain_text("Звонок завершён, 0:")
    expect(customer.chat.get_by_role("button", name="Позвонить роботу")).to_be_focused()
    idle(lines)
    assert crowd.complaints == []


def test_who_interrupts_is_heard_and_asks_for_a_person(lines: Server, microphone: OpenMicrophone) -> None:
    """Alone on the page for calls; without an exchange the operator answers in the chat."""
    crowd = Crowd(microphone((ASKS_AT, QUESTION), (INTERRUPTS_AT, OPERATOR)), lines)
    page = crowd.page(DESKTOP)
    page.add_init_script(LISTENS)
    page.goto("/call")
    page.get_by_role("button", name="Согласиться и позвонить").click()
    log = page.get_by_role("log")
    expect(log.locator(".own").filter(has_text=QUESTION)).to_be_visible(timeout=30_000)
    expect(log.locator(".own").filter(has_text=OPERATOR)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Ждём оператора.")).to_be_visible()
    expect(page.locator(".call-bar")).to_contain_text("Звонок завершён", timeout=30_000)
    heard = recognised(page, "/call")
    assert "карту можно прямо сейчас" in heard
    assert "триста рублей" not in heard  # with which the answer would have ended
    assert "ответит вам" in heard
    idle(lines)
    assert crowd.complaints == []


def test_keys_and_mute_by_keyboard(lines: Server, microphone: OpenMicrophone) -> None:
    crowd = Crowd(microphone(), lines)
    customer = crowd.customer(PHONE)
    customer.comes()
    customer.agrees()
    customer.chat.get_by_role("button", name="Позвонить роботу").press("Enter")
    bar = customer.chat.locator(".call-bar")
    expect(bar).to_contain_text("Слушаю вас", timeout=30_000)
    mute = customer.chat.get_by_role("button", name="Выключить микрофон")
    mute.press("Enter")
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(bar).to_contain_text("Микрофон выключен")
    mute.press("Enter")
    keys = customer.chat.get_by_role("button", name="Клавиши")
    keys.press("Enter")
    expect(keys).to_have_attribute("aria-expanded", "true")
    expect(customer.chat.get_by_role("button", name="1", exact=True)).to_be_focused()
    customer.page.keyboard.press("*")  # repeats what was said
    expect(customer.chat.locator(".keypad output")).to_have_text("*")
    expect(bar).to_contain_text("Говорит робот")
    customer.page.keyboard.press("Escape")
    expect(keys).to_be_focused()
    expect(customer.chat.locator(".keypad")).to_have_count(0)
    keys.press("Enter")
    expect(customer.chat.get_by_role("button", name="1", exact=True)).to_be_focused()
    customer.page.keyboard.press("0")
    expect(customer.chat.get_by_text("Ждём оператора.")).to_be_visible(timeout=30_000)
    expect(bar).to_contain_text("Звонок завершён", timeout=30_000)
    assert crowd.complaints == []


def test_a_page_that_is_closed_ends_its_call(lines: Server, microphone: OpenMicrophone) -> None:
    crowd = Crowd(microphone(), lines)
    page = crowd.page(DESKTOP)
    page.goto("/call")
    page.get_by_role("button", name="Согласиться и позвонить").click()
    expect(page.locator(".call-bar")).to_contain_text("Говорит робот")
    assert gateway(lines).calls == 1
    page.close()
    idle(lines)


def _explained(page: Page | FrameLocator, text: str) -> None:
    expect(page.get_by_role("alert").filter(has_text=text)).to_be_visible()


def test_what_hinders_a_call_is_explained(
    lines: Server, browser: Browser, microphone: OpenMicrophone
) -> None:
    without = Crowd(browser, lines).page(PHONE)  # this browser has no microphone
    without.goto("/call")
    without.get_by_role("button", name="Согласиться и позвонить").click()
    _explained(without, "Не нашли микрофон")
    expect(without.get_by_role("button", name="Позвонить", exact=True)).to_be_visible()
    without.context.close()

    refusing = Crowd(microphone(asks=True), lines).customer(PHONE)
    refusing.comes()
    refusing.agrees()
    refusing.chat.get_by_role("button", name="Позвонить роботу").click()
    _explained(refusing.chat, "разрешите микрофон")
    refusing.chat.get_by_role("button", name="Закрыть", exact=True).click()
    expect(refusing.chat.locator(".call-bar")).to_have_count(0)
    refusing.says("А напишу я и так")  # the chat goes on
    expect(refusing.log.locator(".own").filter(has_text="А напишу я и так")).to_be_visible()
