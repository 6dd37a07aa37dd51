"""A real Asterisk for a test run, with the product's own configuration of `deploy/asterisk`.

The tree comes from the folder named by TEST_PBX_TREE, or the archive named by TEST_PBX_ARCHIVE, or
the archive in the cache, which `pbx/get.sh` and `pbx/pack.sh` make in a minute.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.telephony.ports import free_ports, wait_until

HERE = Path(__file__).resolve().parent
PRODUCT = HERE.parent.parent / "deploy" / "asterisk"
CACHE = Path(
    os.environ.get("TEST_PBX_DIR")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "frontline" / "pbx"
)
LIBRARIES = {
    "x86_64": ("usr/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": ("usr/lib/aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
EMPTY = ("acl", "ccss", "cdr", "cel", "features", "musiconhold", "pjproject", "queuerules", "udptl", "http")
RTP_PORTS = 800
MUST_KNOW = ("app_queue.so", "chan_websocket.so", "app_audiosocket.so", "chan_pjsip.so")


class Unavailable(Exception):
    """Asterisk cannot be had here; says why."""


def tree() -> Path:
    """The folder with an Asterisk; unpacks or fetches it when it is not there yet."""
    if named := os.environ.get("TEST_PBX_TREE"):
        return Path(named)
    archive = Path(os.environ.get("TEST_PBX_ARCHIVE") or CACHE / "asterisk.tar.zst")
    modules = (HERE / "pbx/etc/modules.conf", PRODUCT / "modules.conf")
    names = hashlib.sha256(b"".join(path.read_bytes() for path in modules)).hexdigest()[:12]
    if "TEST_PBX_ARCHIVE" not in os.environ and not (CACHE / f"made-{names}").exists():
        _make(archive)
        (CACHE / f"made-{names}").touch()
    if not archive.is_file():
        raise Unavailable(f"TEST_PBX_ARCHIVE: {archive} is no file")
    stamp = f"{archive.stat().st_size}-{archive.stat().st_mtime_ns}"
    unpacked = CACHE / f"tree-{stamp}"
    if not unpacked.is_dir():
        if not shutil.which("zstd"):
            raise Unavailable("zstd is not installed")
        CACHE.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix="part-", dir=CACHE))
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", part], check=True)
        for old in CACHE.glob("tree-*"):
            shutil.rmtree(old, ignore_errors=True)
        part.rename(unpacked)
    return unpacked


def _make(archive: Path) -> None:
    for script in ("get.sh", "pack.sh"):
        if script == "get.sh" and (CACHE / "full").is_dir():
            continue
        done = subprocess.run(
            [HERE / "pbx" / script], capture_output=True, text=True, check=False, timeout=600
        )
        if done.returncode:
            raise Unavailable(f"pbx/{script}: {(done.stderr or done.stdout).strip()[-300:]}")
    assert archive.is_file()


class Asterisk:
    """Runs in a folder of its own, on ports of its own; everything it prints is in `console`."""

    def __init__(self, gateway: Mapping[str, int]) -> None:
        """`gateway`: ports by name, `http`, `asterisk_ws`, `audiosocket`."""
        self._tree = tree()
        self._run = Path(tempfile.mkdtemp(prefix="fpbx-"))
        self.console = self._run / "console.log"
        self.sip_port, self.ami_port = free_ports(), free_ports()
        self.provider_port = free_ports()  # where the provider takes calls to the outside
        rtp = free_ports(RTP_PORTS)
        self._substitutions = {
            "@RUN@": str(self._run),
            "@TREE@": str(self._tree),
            "@LIBRARIES@": str(self._tree / _platform()[0]),
            "@SIP_PORT@": str(self.sip_port),
            "@AMI_PORT@": str(self.ami_port),
            "@RTP_FIRST@": str(rtp),
            "@RTP_LAST@": str(rtp + RTP_PORTS - 1),
            # of the product's files only addresses, ports and passwords
            "http://127.0.0.1:8080": f"http://127.0.0.1:{gateway['http']}",
            "127.0.0.1:8090": f"127.0.0.1:{gateway['asterisk_ws']}",
            "127.0.0.1:8091": f"127.0.0.1:{gateway['audiosocket']}",
            "sip.provider.example:5060": f"127.0.0.1:{self.provider_port}",
            "sip.provider.example": "127.0.0.1",
            "CHANGE-ME": "test",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        for folder in ("etc/frontline", "lib/keys", "spool", "sockets", "log"):
            (self._run / folder).mkdir(parents=True, exist_ok=True)
        for name in EMPTY:
            content = "" if name == "acl" else "[general]\n"
            (self._run / "etc" / f"{name}.conf").write_text(content)
        for source, target in ((HERE / "pbx/etc", "etc"), (PRODUCT, "etc/frontline")):
            for path in source.glob("*.conf"):
                self.configure(f"{target}/{path.name}", path.read_text("utf-8"))
        with self.console.open("wb") as output:
            self._process = subprocess.Popen(
                [*self._command(), "-f"], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        if not wait_until(lambda: "fully booted" in self.cli("core waitfullybooted"), 20):
            self.stop()
            raise RuntimeError(f"Asterisk did not start: {self.text()[-2000:]}")
        running = {line.split()[0] for line in self.cli("module show").splitlines() if " Running " in line}
        if absent := [name for name in MUST_KNOW if name not in running]:
            raise RuntimeError(f"modules that did not load: {absent}: {self.text()[-2000:]}")

    def configure(self, place: str, text: str) -> None:
        """Writes a file below the run folder with our ports in it."""
        for old, new in self._substitutions.items():
            text = text.replace(old, new)
        (self._run / place).write_text(text, "utf-8")

    def set(self, **settings: str) -> None:
        """Other values of `frontline-settings`, as a company would edit them; then `dialplan reload`."""
        text = (PRODUCT / "extensions.conf").read_text("utf-8")
        for name, value in settings.items():
            head, _, tail = text.partition(f"Set(FRONTLINE_{name}=")
            assert tail, f"no setting FRONTLINE_{name}"
            text = f"{head}Set(FRONTLINE_{name}={value}){tail.partition(')')[2]}"
        self.configure("etc/frontline/extensions.conf", text)
        self.cli("dialplan reload")

    def cli(self, command: str) -> str:
        done = subprocess.run(
            [*self._command(), "-rx", command], capture_output=True, text=True, check=False, timeout=20
        )
        return done.stdout

    def channels(self) -> int:
        """How many channels there are."""
        return int((self.cli("core show channels count").split() or ["0"])[0])

    def text(self, start: int = 0) -> str:
        """What it printed, from a position in `console` on."""
        with self.console.open("rb") as file:
            file.seek(start)
            return file.read().decode("utf-8", "replace")

    def position(self) -> int:
        return self.console.stat().st_size

    def ami(self, **fields: str) -> socket.socket:
        """A session of the manager interface, logged in as the product does."""
        connection = socket.create_connection(("127.0.0.1", self.ami_port), timeout=10)
        connection.sendall(_packet(Action="Login", Username="frontline", Secret="test", **fields))
        return connection

    def originate(self, number: str, purpose: str) -> socket.socket:
        """Has Asterisk call a number for the robot; the session brings `OriginateResponse`."""
        connection = self.ami()
        connection.sendall(
            _packet(
                Action="Originate",
                ActionID=purpose,
                Channel=f"Local/{number}@frontline-dial/n",
                Context="frontline-out",
                Exten="s",
                Priority="1",
                Async="true",
                Timeout="20000",
                Variable=f"__FRONTLINE_PURPOSE={purpose},__FRONTLINE_FROM={number}",
            )
        )
        return connection

    def kill(self) -> None:
        """The PBX dies."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
        if (keep := os.environ.get("TEST_PBX_LOG")) and self.console.exists():
            shutil.copy(self.console, keep)
        shutil.rmtree(self._run, ignore_errors=True)

    def _command(self) -> list[str]:
        folder, loader = _platform()
        libraries = self._tree / folder
        return [
            str(libraries / loader),
            "--library-path",
            f"{libraries}:{libraries / 'asterisk'}",
            str(self._tree / "usr/sbin/asterisk"),
            "-C",
            str(self._run / "etc/asterisk.conf"),
        ]


def _platform() -> tuple[str, str]:
    if platform.machine() not in LIBRARIES:
        raise Unavailable(f"no recipe for {platform.machine()}")
    return LIBRARIES[platform.machine()]


def _packet(**fields: str) -> bytes:
    return ("".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n").encode()
