"""SIP telephones without a head: baresip speaks a WAV file and records what it hears."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.telephony.ports import free_ports, wait_until

RATES = {"PCMA": 8000, "PCMU": 8000, "G722": 16000}
MODULES = {"PCMA": "g711", "PCMU": "g711", "G722": "g722"}  # offered is what is loaded
RTP_PORTS = 8

CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{sip_port}
# the address, not "lo": with the name baresip 1.0 exits
net_interface 127.0.0.1
call_local_timeout 60
call_max_calls 4
rtp_ports {rtp_first}-{rtp_last}
rtcp_mux no
jitter_buffer_delay 5-10
rtp_stats yes

# aufile is a source only; the ear is a null bridge, sndfile dumps what passes by
audio_path {share}
audio_source aufile,{wav}
audio_player aubridge,ear{sip_port}
audio_alert aubridge,ear{sip_port}
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
audio_level no
audio_buffer 20-160
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
snd_path {recordings}

module_path {modules}
module {codec_module}.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
"""
ACCOUNT = (
    "<sip:{user}@127.0.0.1:{pbx};transport=udp>;auth_user={user};auth_pass={password};"
    "answermode={answer};audio_codecs={codec};regint={register}\n"
)


class Phone:
    """`answer`: `manual` only rings, `auto` answers. With a password it registers, like an operator's.

    The WAV has exactly the codec's rate, 16 bit, mono; it is played once from the moment the call is
    answered, and the call ends with it.
    """

    def __init__(
        self,
        pbx_port: int,
        user: str,
        speech: Path,
        *,
        password: str = "",
        answer: str = "manual",
        codec: str = "PCMA",
        sip_port: int = 0,
        lifetime: int = 300,
    ) -> None:
        binary = shutil.which("baresip")
        assert binary, "baresip is checked by the fixtures"
        prefix = Path(binary).resolve().parent.parent
        self._pbx_port, self._registers = pbx_port, bool(password)
        self._folder = Path(tempfile.mkdtemp(prefix="fphone-"))
        self._log = self._folder / "log"
        self._control = free_ports()
        rtp = free_ports(RTP_PORTS)
        self.recordings = self._folder / "recordings"
        self.recordings.mkdir()
        (self._folder / "config").write_text(
            CONFIG.format(
                sip_port=sip_port or free_ports(),
                control_port=self._control,
                rtp_first=rtp,
                rtp_last=rtp + RTP_PORTS,
                wav=speech,
                rate=RATES[codec],
                codec_module=MODULES[codec],
                recordings=self.recordings,
                modules=next(prefix.glob("lib/**/baresip/modules")),
                share=prefix / "share" / "baresip",
            )
        )
        (self._folder / "accounts").write_text(
            ACCOUNT.format(
                user=user,
                pbx=pbx_port,
                password=password or "none",
                answer=answer,
                codec=codec,
                register=300 if password else 0,
            )
        )
        (self._folder / "contacts").write_text("")
        # -s prints the SIP messages, -t is the last resort against a forgotten phone
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [binary, "-s", "-f", str(self._folder), "-t", str(lifetime)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        ready = "200 OK" if self._registers else "baresip is ready"
        if not wait_until(lambda: ready in self.log(), 10):
            log = self.log()
            self.close()
            raise RuntimeError(f"the phone {user} does not start: {log[-1500:]}")

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def dial(self, number: str) -> None:
        self._say("dial", f"sip:{number}@127.0.0.1:{self._pbx_port}")

    def press(self, digit: str) -> None:
        """A key for a quarter of a second."""
        self._say("sndcode", digit)
        time.sleep(0.25)
        self._say("sndcode")
        time.sleep(0.1)

    def hang_up(self) -> None:
        self._say("hangup")

    def pick_up(self) -> None:
        self._say("accept")

    def reject(self) -> None:
        """The person presses "busy"."""
        self._say("hangup")

    def rings(self, limit: float) -> bool:
        """Whether a call has come in."""
        return wait_until(lambda: "INVITE sip:" in self._incoming(), limit)

    def in_call(self, limit: float) -> bool:
        return wait_until(lambda: "Call established" in self.log(), limit)

    def over(self, limit: float) -> bool:
        """Whether the call that was established has ended."""
        return wait_until(
            lambda: "session closed" in self.log() or "terminated (duration" in self.log(), limit
        )

    def heard(self) -> list[Path]:
        """Recordings of what the phone played, one per call, in order; whole once the call has ended."""
        return sorted(self.recordings.glob("*dec.wav"))

    def headers(self) -> dict[str, str]:
        """Of the first INVITE this phone got."""
        _before, found, rest = self._incoming().partition("INVITE sip:")
        lines = rest.split("\n\n")[0].replace("\r", "").splitlines()[1:40] if found else []
        return dict(line.split(": ", 1) for line in lines if ": " in line)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def remove(self) -> None:
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _incoming(self) -> str:
        """The log without what the phone itself sent: an INVITE of ours is no ringing."""
        return self.log() if self._registers else ""

    def _say(self, command: str, parameters: str = "") -> str:
        body = json.dumps({"command": command, "params": parameters, "token": "test"}).encode()
        with socket.create_connection(("127.0.0.1", self._control), timeout=3) as connection:
            connection.settimeout(1)
            connection.sendall(b"%d:%s," % (len(body), body))
            try:
                return connection.recv(4000).decode("utf-8", "replace")
            except TimeoutError:
                return ""
