"""Configuration: `frontline.toml`, overridden by `FRONTLINE_*`. Read once at the root and passed on.

Unknown keys are refused, in the file and in the environment, so that a misspelt setting is never
silently ignored. Secrets come from the environment only. Every key is described in
`docs/configuration.md`, which a test compares with this module.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.core.errors import FrontlineError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "FRONTLINE_"
SECRETS = (  # refused in the file
    ("", "identity_secret"),
    ("retrieval", "remote_api_key"),
    ("backoffice", "token"),
    ("engine", "rasa_token"),
    ("engine", "actions_secret"),
    ("voice", "twilio_token"),
    ("voice", "ami_secret"),
)
SECRET_CHARS = 32  # of a secret that signs: shorter ones can be guessed
# Read by tests and evaluation commands, not settings of the product.
NOT_SETTINGS = {"FRONTLINE_CONFIG", "FRONTLINE_EVAL_DATA"}


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    """Who the bot speaks for."""

    name: str = "Мост Финанс"
    site_url: str = "https://most-finance.example"
    phone: str = "8 800 000-00-00"
    privacy_url: str = "/help/privacy-data-use"
    # Hours in which operators answer chats; outside them a handoff says when they are back.
    timezone: str = "Europe/Moscow"
    hours: str = "08:00-22:00"


class Retrieval(Section):
    """Which encoder and index serve the knowledge base."""

    encoder: Literal["static", "sentence_transformer", "remote"] = "static"
    model: str = ""  # name or folder of a sentence-transformers model, or the remote model's name
    remote_url: str = ""  # OpenAI-compatible base URL, e.g. http://embeddings:8080/v1
    remote_api_key: str = Field(default="", repr=False)  # environment only


class Policy(Section):
    """Thresholds over calibrated probabilities."""

    answer_at: float = Field(default=0.5, ge=0, le=1)
    clarify_at: float = Field(default=0.25, ge=0, le=1)


class Limits(Section):
    """Protection of the public endpoints; per address unless said otherwise."""

    message_chars: int = 4000
    body_bytes: int = 65536
    messages_per_minute: int = 60
    sessions_per_minute: int = 30
    logins_per_minute: int = 10
    partner_messages_per_minute: int = 6000  # per API key
    trusted_proxies: str = ""  # comma separated addresses whose X-Forwarded-For is believed


class Backoffice(Section):
    """The company's own systems: contracts, certificates, visits."""

    url: str = ""  # base URL of a service with the contract of docs/backoffice.md; empty: the example inside
    token: str = Field(default="", repr=False)  # environment only
    timeout_s: float = Field(default=3.0, gt=0, le=60)


class Engine(Section):
    """Who plays the project of `nlu_data`. Another engine than ours has ours in reserve."""

    name: Literal["builtin", "rasa"] = "builtin"
    rasa_url: str = ""  # of a Rasa server or cluster that runs already; empty: start our own
    rasa_token: str = Field(default="", repr=False)  # of its API; environment only
    actions_secret: str = Field(default="", repr=False)  # with which it calls our actions; environment only
    rasa_venv: Path = ROOT / ".venv-rasa"  # what `make rasa` makes
    deadline_s: float = Field(default=5.0, gt=0, le=60)  # for a turn, before ours serves it


class Voice(Section):
    """The telephone. Which carriers take calls, which engines hear and speak; see `docs/voice.md`."""

    carriers: str = "webrtc"  # comma separated: asterisk_ws, audiosocket, webrtc, twilio; empty: no calls
    host: str = "127.0.0.1"  # where the PBX reaches us
    asterisk_ws_port: int = Field(default=8090, ge=0, le=65535)
    audiosocket_port: int = Field(default=8091, ge=0, le=65535)
    twilio_port: int = Field(default=8092, ge=0, le=65535)
    twilio_token: str = Field(default="", repr=False)  # signs Twilio's requests; environment only
    pbx: str = "127.0.0.1,::1"  # addresses and networks from which a PBX may connect, comma separated
    # What browsers and we find a way to each other with, for calls from the website; empty: nothing is asked.
    ice_servers: str = Field(default="", repr=False)  # stun:host:port, turn:user:password@host:port
    max_calls: int = Field(default=20, ge=1, le=1000)
    asr: Literal["vosk", "sherpa_onnx", "wyoming"] = "vosk"
    asr_model: str = ""  # a name, a folder or tcp://host:port; empty: the shipped one
    tts: str = "espeak"  # comma separated, the next speaks when one fails: espeak, coqui, piper
    tts_model: str = ""  # of coqui or piper: a name or a folder; of both, comma separated in the order of tts
    coqui_venv: Path = ROOT / ".venv-coqui"  # what `make coqui` makes
    turn_model: str = ""  # ONNX file of smart-turn; empty: that of an installed pipecat-ai
    silence_s: float = Field(default=0.6, ge=0.2, le=5)  # that ends the caller's turn
    dictation_silence_s: float = Field(default=1.6, ge=0.5, le=10)  # the same while a number is dictated
    turn_cap_s: float = Field(default=60.0, ge=5, le=600)
    call_cap_s: float = Field(default=1800.0, ge=60, le=14400)
    record: bool = False  # keep both sides of every call
    transfer: str = "queue"  # where callers go who need a human: queue, or person:<extension>
    # Operators first hear a summary, in this language; needs the carrier audiosocket.
    warm_transfer: Literal["off", "ru", "en"] = "off"
    ami_url: str = ""  # tcp://user@host:port of the PBX that makes calls for us; empty: we make none
    ami_secret: str = Field(default="", repr=False)  # environment only
    outbound_hours: str = "09:00-21:00"  # of the customer's day, when we may call
    outbound_attempts: int = Field(default=3, ge=1, le=20)  # to reach somebody for one call
    outbound_per_day: int = Field(default=2, ge=1, le=20)  # times that a number is rung in a day
    outbound_at_once: int = Field(default=2, ge=1, le=1000)  # calls that we make at the same time
    survey_calls: bool = False  # operators may ask for one on closing, where the customer agrees
    survey_after_minutes: int = Field(default=60, ge=0, le=10080)


def _long_enough(secret: str) -> str:
    if 0 < len(secret) < SECRET_CHARS:
        raise ValueError(f"needs at least {SECRET_CHARS} characters")
    return secret


class Settings(Section):
    """The whole configuration."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""  # how customers reach us; empty means http://host:port
    data_dir: Path = ROOT / "data"
    database_url: str = ""  # empty means SQLite in data_dir
    redis_url: str = ""  # empty means an in-process bus
    nlu_data: Path = ROOT / "nlu_data"
    articles: Path = ROOT / "knowledge_base" / "articles"  # loaded into an empty database
    twin: bool = True  # in a crowd understand messages in a second process too (Linux)
    demo: bool = True  # serve the example company's page at /
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"
    embed_origins: str = "*"  # sites that may frame the widget (CSP frame-ancestors)
    # With which the host page's server signs who its visitor is; environment only. Empty: nobody is believed.
    identity_secret: Annotated[str, AfterValidator(_long_enough)] = Field(default="", repr=False)
    company: Company = Company()
    retrieval: Retrieval = Retrieval()
    policy: Policy = Policy()
    limits: Limits = Limits()
    backoffice: Backoffice = Backoffice()
    engine: Engine = Engine()
    voice: Voice = Voice()

    @property
    def database(self) -> str:
        """SQLAlchemy URL with an async driver."""
        url = self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'frontline.db'}"
        for plain, driver in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url

    @property
    def index_dir(self) -> Path:
        """Where the index cache lies; it can be deleted at any time."""
        return self.data_dir / "index"

    @property
    def rasa_dir(self) -> Path:
        """Where Rasa's models and caches lie; it can be deleted at any time."""
        return self.data_dir / "rasa"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(path: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Settings from the file (if any) and the environment; raises `FrontlineError` naming the key."""
    environ = dict(os.environ) if environ is None else environ
    path = path or Path(environ.get("FRONTLINE_CONFIG", "frontline.toml"))
    values: dict[str, Any] = {}
    if path.is_file():
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FrontlineError("invalid_configuration", f"{path}: {error}") from error
        for section, secret in SECRETS:
            place = values.get(section) if section else values
            if isinstance(place, dict) and secret in place:
                key = f"{section}.{secret}".lstrip(".")
                name = PREFIX + key.replace(".", "__").upper()
                raise FrontlineError("invalid_configuration", f"{path}: {key} is a secret; set {name}")
    for name, value in environ.items():
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            *sections, key = name.removeprefix(PREFIX).lower().split("__")
            owner: dict[str, Any] = values
            for section in sections:
                owner = owner.setdefault(section, {})
                if not isinstance(owner, dict):
                    raise FrontlineError(
                        "invalid_configuration",
                        f"{section}: is a section and cannot have the value that is set",
                    )
            owner[key] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise FrontlineError("invalid_configuration", problems) from error
