"""`frontline models` against a server that breaks off, resumes, lies, and sends archives of bad will."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile
import threading
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app, models
from bot.core.errors import FrontlineError
from voice.asr import SHIPPED, download
from voice.asr.catalogue import CATALOGUE, Model, Part
from voice.asr.models import Models, Pulled

pytestmark = pytest.mark.live


@dataclass
class Site:
    """What a server has and how it misbehaves. `cut`: bytes after which an answer breaks off, one by one."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut: list[int] = field(default_factory=list)
    ranges: bool = True
    etag: str = '"1"'
    status: int = 200
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(download, "PAUSE_S", 0.01)
    here = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            here.asked.append(asked)
            content = here.files.get(self.path.strip("/"), b"")
            if here.status != 200 or not content:
                self.send_error(here.status if here.status != 200 else 404)
                return
            start = 0
            if asked and here.ranges and self.headers.get("If-Range") == here.etag:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(content)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            self.send_header("ETag", here.etag)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            part = content[start:]
            if here.cut:
                self.wfile.write(part[: here.cut.pop(0)])
                self.close_connection = True
            else:
                self.wfile.write(part)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    here.url = f"http://127.0.0.1:{server.server_port}"
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(fill: Callable[[tarfile.TarFile], None]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as archive:
        fill(archive)
    return out.getvalue()


GOOD = zipped({"m/am/final.mdl": bytes(range(256)) * 2000, "m/README": b"hello"})


def model(site: Site, content: bytes = GOOD, sha256: str = "", size: int = 0) -> Model:
    site.files["m.zip"] = content
    part = Part(f"{site.url}/m.zip", size or len(content), sha256)
    return Model("m", "vosk", "ru", "Apache-2.0", "http://terms", "small", (part,))


def pulled(site: Site, given: Model, data: Path) -> Pulled:
    done = Models(data).pull(given, lambda _have, _total: None)
    assert (done.folder / "README").read_bytes() == b"hello"
    assert not list((data / "models" / ".parts").glob("*"))
    return done


def refused(given: Model, data: Path) -> FrontlineError:
    with pytest.raises(FrontlineError) as caught:
        Models(data).pull(given, lambda _have, _total: None)
    assert Models(data).path("m") is None
    return caught.value


def test_whole_and_checked(site: Site, tmp_path: Path) -> None:
    sums = hashlib.sha256(GOOD).hexdigest()
    seen: list[tuple[int, int]] = []
    done = Models(tmp_path).pull(model(site, sha256=sums), lambda *now: seen.append(now))
    assert list(done.checksums.values()) == [sums]
    assert (done.recorded, done.present) == ((), False)
    assert seen[-1] == (len(GOOD), len(GOOD))
    assert Models(tmp_path).pull(model(site, sha256=sums), lambda *_: None).present
    assert site.asked == [None]


def test_broken_off_and_resumed_in_one_go(site: Site, tmp_path: Path) -> None:
    site.cut = [1000, 2000, 1]
    pulled(site, model(site, sha256=hashlib.sha256(GOOD).hexdigest()), tmp_path)
    assert site.asked == [None, "bytes=1000-", "bytes=3000-", "bytes=3001-"]


def test_what_came_before_a_failure_is_kept(site: Site, tmp_path: Path) -> None:
    site.cut = [5000] + [0] * download.ATTEMPTS
    error = refused(model(site), tmp_path)
    assert (error.code, error.retryable) == ("download_failed", True)
    site.cut, site.asked = [], []
    pulled(site, model(site), tmp_path)
    assert site.asked == ["bytes=5000-"]


def test_a_server_without_ranges_starts_anew(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cut = False, [5000, 200]
    pulled(site, model(site), tmp_path)


def test_another_file_meanwhile_is_not_mixed(site: Site, tmp_path: Path) -> None:
    site.cut = [5000] + [0] * download.ATTEMPTS
    refused(model(site, zipped({"m/README": b"old" * 9000})), tmp_path)
    site.cut, site.etag = [], '"2"'
    pulled(site, model(site), tmp_path)


def test_a_wrong_checksum_is_deleted(site: Site, tmp_path: Path) -> None:
    error = refused(model(site, sha256="0" * 64), tmp_path)
    assert (error.code, error.retryable) == ("checksum_wrong", False)
    pulled(site, model(site, sha256=hashlib.sha256(GOOD).hexdigest()), tmp_path)


def test_an_unpublished_checksum_is_recorded_and_compared(site: Site, tmp_path: Path) -> None:
    done = pulled(site, model(site), tmp_path)
    assert done.recorded == (f"{site.url}/m.zip",)
    done.folder.rename(tmp_path / "elsewhere")
    again = pulled(site, model(site), tmp_path)
    assert again.recorded == ()
    again.folder.rename(tmp_path / "elsewhere too")
    error = refused(model(site, zipped({"m/README": b"changed"})), tmp_path)
    assert error.code == "checksum_wrong"
    assert "first download" in error.message


@pytest.mark.parametrize(("status", "retryable"), [(404, False), (403, False), (503, True), (429, True)])
def test_a_server_that_refuses(site: Site, tmp_path: Path, status: int, retryable: bool) -> None:
    site.status = status
    error = refused(model(site), tmp_path)
    assert (error.code, error.retryable) == ("download_failed", retryable)
    assert str(status) in error.message


def test_no_server(site: Site, tmp_path: Path) -> None:
    given = model(site)
    nowhere = replace(given, parts=(replace(given.parts[0], url="http://127.0.0.1:9/m.zip"),))
    assert refused(nowhere, tmp_path).retryable


def test_more_than_a_model_can_be(site: Site, tmp_path: Path) -> None:
    assert "much larger" in refused(model(site, size=100), tmp_path).message
    bomb = zipped({"m/a": b""})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/a", bytes(30_000_000))
    bomb = out.getvalue()
    assert refused(model(site, bomb), tmp_path).code == "archive_unsafe"


def _link(archive: tarfile.TarFile, kind: bytes) -> None:
    member = tarfile.TarInfo("m/link")
    member.type, member.linkname = kind, "/etc/passwd"
    archive.addfile(member)


def _linked_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("m/link")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped({"../evil": b"x"}), "archive_unsafe"),
        (zipped({"m/../../evil": b"x"}), "archive_unsafe"),
        (zipped({"/evil": b"x"}), "archive_unsafe"),
        (zipped({"m\\..\\evil": b"x"}), "archive_unsafe"),
        (_linked_zip(), "archive_unsafe"),
        (tarred(lambda archive: _link(archive, tarfile.SYMTYPE)), "archive_unsafe"),
        (tarred(lambda archive: _link(archive, tarfile.LNKTYPE)), "archive_unsafe"),
        (tarred(lambda archive: _link(archive, tarfile.FIFOTYPE)), "archive_unsafe"),
        (b"no archive at all", "archive_broken"),
        (GOOD[:5000], "archive_broken"),
    ],
)
def test_archives_of_bad_will(site: Site, tmp_path: Path, content: bytes, code: str) -> None:
    error = refused(model(site, content), tmp_path / "data")
    assert error.code == code
    assert [one.name for one in tmp_path.iterdir()] == ["data"]
    assert not list((tmp_path / "data").rglob("evil"))


def test_several_files_make_one_model(site: Site, tmp_path: Path) -> None:
    site.files |= {"enc": b"encoder", "tok": b"tokens"}
    parts = (
        Part(f"{site.url}/enc", 7, name="encoder.int8.onnx"),
        Part(f"{site.url}/tok", 6, name="tokens.txt"),
    )
    given = Model("m", "sherpa_onnx", "ru", "Apache-2.0", "http://terms", "", parts)
    done = Models(tmp_path).pull(given, lambda *_: None)
    assert (done.folder / "encoder.int8.onnx").read_bytes() == b"encoder"
    assert (done.folder / "tokens.txt").read_bytes() == b"tokens"
    assert len(done.recorded) == 2


def test_the_catalogue_is_in_order() -> None:
    assert len({one.name for one in CATALOGUE}) == len(CATALOGUE)
    for one in CATALOGUE:
        assert one.licence
        assert one.terms.startswith("https://")
        assert one.size > 1_000_000
        for part in one.parts:
            assert part.url.startswith("https://")
            assert part.sha256 == "" or (len(part.sha256) == 64 and int(part.sha256, 16))


@pytest.fixture
def cli(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command in this process, with a catalogue that names our server."""
    content = zipped(
        {f"m/{one.relative_to(SHIPPED)}": one.read_bytes() for one in SHIPPED.rglob("*") if one.is_file()}
    )
    given = model(site, content)
    monkeypatch.setattr(models, "CATALOGUE", (given,))
    monkeypatch.setattr(models, "find", lambda name: given if name == "m" else None)
    monkeypatch.setenv("FRONTLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FRONTLINE_CONFIG", str(tmp_path / "frontline.toml"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, said="": CliRunner().invoke(app, ["models", *arguments], input=said)


def test_list_pull_use(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert "Apache-2.0" in cli("list").output
    no = cli("pull", "m", said="n\n")
    assert no.exit_code == 3
    assert "licence: Apache-2.0, http://terms" in no.output
    assert not (tmp_path / "data" / "models" / "m").exists()
    assert cli("use", "m").exit_code == 4
    yes = cli("pull", "m", "--yes", "--json", str(tmp_path / "out.json"))
    assert yes.exit_code == 0, yes.output
    assert "the first one is recorded" in yes.output
    assert json.loads((tmp_path / "out.json").read_text())["recorded"]
    file = tmp_path / "frontline.toml"
    file.write_text(
        '# ours\n[company]\nname = "Мост"\n\n[voice]  # phone\nrecord = true\nasr_model = "old" # was\n'
    )
    done = cli("use", "m")
    assert done.exit_code == 0, done.output
    text = file.read_text("utf-8")
    assert text == (
        '# ours\n[company]\nname = "Мост"\n\n[voice]  # phone\nasr = "vosk"\n'
        'record = true\nasr_model = "m"  # was\n'
    )
    assert "used  m " in cli("list").output
    assert cli("use", models.SHIPPED).exit_code == 0
    assert tomllib.loads(file.read_text("utf-8"))["voice"] == {"asr": "vosk", "asr_model": "", "record": True}


def test_use_makes_a_file_and_prints(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert cli("use", models.SHIPPED, "--print").exit_code == 0
    assert not (tmp_path / "frontline.toml").exists()
    assert cli("use", models.SHIPPED).exit_code == 0
    assert tomllib.loads((tmp_path / "frontline.toml").read_text()) == {
        "voice": {"asr": "vosk", "asr_model": ""}
    }


@pytest.mark.parametrize(
    "text",
    [
        "voice = {record = true}\n",
        "voice.record = true\n",
        '[company]\nname = """\n[voice]\n"""\n',
        '["voice"]\nrecord = true\n',
        '[voice]\n"asr" = "vosk"\n',
    ],
)
def test_use_leaves_alone_what_it_does_not_understand(
    cli: Callable[..., Any], tmp_path: Path, text: str
) -> None:
    file = tmp_path / "frontline.toml"
    file.write_text(text)
    done = cli("use", models.SHIPPED)
    assert done.exit_code == 3, done.output
    assert "left as it is" in done.output
    assert file.read_text() == text
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".new"] == []


def test_a_broken_model_is_not_used(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert cli("pull", "m", "--yes").exit_code == 0
    (tmp_path / "data" / "models" / "m" / "am" / "final.mdl").write_bytes(b"\0B no model")
    done = cli("use", "m")
    assert done.exit_code == 1
    assert "model_broken" in done.output
    assert not (tmp_path / "frontline.toml").exists()
