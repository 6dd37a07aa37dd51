"""The configuration: file, environment over file, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import FrontlineError
from bot.settings import load


def written(folder: Path, text: str) -> Path:
    path = folder / "frontline.toml"
    path.write_text(text, "utf-8")
    return path


def problem(path: Path, environ: dict[str, str]) -> str:
    with pytest.raises(FrontlineError) as raised:
        load(path, environ)
    assert raised.value.code == "invalid_configuration"
    assert "\n" not in raised.value.message
    return raised.value.message


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'port = 8090\nlog_level = "error"\n[company]\nname = "Ромашка"\n')
    environ = {
        "FRONTLINE_PORT": "8091",
        "FRONTLINE_DATA_DIR": str(tmp_path / "data"),
        "FRONTLINE_COMPANY__PHONE": "112",
        "FRONTLINE_DEMO": "false",
        "HOME": "/nowhere",
    }
    settings = load(path, environ)
    assert (settings.port, settings.log_level, settings.demo) == (8091, "error", False)
    assert (settings.company.name, settings.company.phone) == ("Ромашка", "112")
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path / 'data' / 'frontline.db'}"


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "port = 8090\n")
    assert load(environ={"FRONTLINE_CONFIG": str(path)}).port == 8090


def test_a_file_that_is_not_there_is_no_configuration(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml", {}).port == 8080


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u@h/db", "postgresql+asyncpg://u@h/db"),
        ("postgresql+asyncpg://u@h/db", "postgresql+asyncpg://u@h/db"),
        ("sqlite:////srv/x.db", "sqlite+aiosqlite:////srv/x.db"),
    ],
)
def test_database_urls_get_their_driver(tmp_path: Path, url: str, expected: str) -> None:
    assert load(tmp_path / "none.toml", {"FRONTLINE_DATABASE_URL": url}).database == expected


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("FRONTLINE_PORT", "eighty", "port"),
        ("FRONTLINE_PORT", "70000", "port"),
        ("FRONTLINE_PROT", "8080", "prot"),
        ("FRONTLINE_LOG_LEVEL", "loud", "log_level"),
        ("FRONTLINE_DEMO", "perhaps", "demo"),
        ("FRONTLINE_POLICY__ANSWER_AT", "1.5", "policy.answer_at"),
        ("FRONTLINE_LIMITS__BODY", "1", "limits.body"),
        ("FRONTLINE_RETRIEVAL__ENCODER", "magic", "retrieval.encoder"),
        ("FRONTLINE_COMPANY", "Ромашка", "company"),
        ("FRONTLINE_PORT__NUMBER", "1", "port"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, name: str, value: str, key: str) -> None:
    assert problem(tmp_path / "none.toml", {name: value}).startswith(f"{key}: ")


@pytest.mark.parametrize("both", [("FRONTLINE_COMPANY", "FRONTLINE_COMPANY__NAME")])
def test_a_value_and_a_section_of_the_same_name_contradict(tmp_path: Path, both: tuple[str, str]) -> None:
    assert "company" in problem(tmp_path / "none.toml", dict.fromkeys(both, "x"))


def test_a_section_in_the_file_that_is_a_value_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, 'company = "Ромашка"\nretrieval = 1\n')
    assert "company" in problem(path, {})
    assert "company" in problem(path, {"FRONTLINE_COMPANY__NAME": "x"})


@pytest.mark.parametrize("text", ["port = ", "port 8080", "[company\n"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    assert problem(path, {}).startswith(f"{path}: ")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "frontline.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert problem(path, {}).startswith(f"{path}: ")


def test_secrets_do_not_belong_into_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[retrieval]\nremote_api_key = "s3cret"\n')
    message = problem(path, {})
    assert "FRONTLINE_RETRIEVAL__REMOTE_API_KEY" in message
    assert "s3cret" not in message
    settings = load(tmp_path / "none.toml", {"FRONTLINE_RETRIEVAL__REMOTE_API_KEY": "s3cret"})
    assert "s3cret" not in repr(settings)


def test_the_secret_of_identities_is_long_and_not_in_the_file(tmp_path: Path) -> None:
    message = problem(written(tmp_path, 'identity_secret = "s3cret"\n'), {})
    assert "FRONTLINE_IDENTITY_SECRET" in message
    assert "s3cret" not in message
    none = tmp_path / "none.toml"
    short = problem(none, {"FRONTLINE_IDENTITY_SECRET": "s3cret"})
    assert short.startswith("identity_secret: ")
    assert "s3cret" not in short
    secret = "s3cret" * 6
    settings = load(none, {"FRONTLINE_IDENTITY_SECRET": secret})
    assert settings.identity_secret == secret
    assert secret not in repr(settings)


def test_the_token_of_the_company_systems_is_a_secret_too(tmp_path: Path) -> None:
    path = written(tmp_path, '[backoffice]\nurl = "http://crm"\ntoken = "s3cret"\n')
    message = problem(path, {})
    assert "FRONTLINE_BACKOFFICE__TOKEN" in message
    assert "s3cret" not in message
    settings = load(written(tmp_path, "[backoffice]\n"), {"FRONTLINE_BACKOFFICE__TOKEN": "s3cret"})
    assert settings.backoffice.token == "s3cret"
    assert "s3cret" not in repr(settings)
    assert problem(tmp_path / "none.toml", {"FRONTLINE_BACKOFFICE__TIMEOUT_S": "0"}).startswith(
        "backoffice.timeout_s: "
    )
