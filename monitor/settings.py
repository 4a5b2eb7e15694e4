"""Every setting, once: name, default, meaning.

Read at start from the environment (MONITOR_...), passed on as arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from monitor.errors import ConfigurationError
from rules.times import DAY, HOUR, MINUTE, parse
from rules.wire.answers import Limits
from rules.wire.pseudonyms import Pseudonyms

DEVELOPMENT_KEY = "development-only"
"""The key of the pseudonyms where no secret is set: demo and replay say so, a worker takes it on loopback only."""


PREFIX = "MONITOR_"
"""How every environment variable of ours begins."""
MAY_DIFFER = frozenset({
    "brokers", "prefix", "events_partitions", "entries_partitions", "replication", "rules", "reference", "hold_minutes",
    "checkpoint_seconds", "session_seconds", "embedded", "metrics_host", "metrics_port", "redis", "alerts_days",
    "readmodel_dir",
    "alertmanager", "notify_seconds", "notify_openings", "notify_age_days", "notify_hours", "log_level", "state_dir",
    "exporter_series", "budgets", "console_host", "console_port", "console_access", "console_address",
    "console_proxies", "console_hours", "console_secret", "console_persons", "console_demo", "live_from",
    "second_reviewer",
})  # fmt: skip
"""Settings in which the workers of one area may differ: what an alert says does not depend on them. Parameters of rules
are no settings of a worker. Every other setting stands in the fingerprint of the area."""


class Settings(BaseSettings):
    """All settings. An environment variable is MONITOR_ and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    brokers: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, host:port, separated by commas.")
    prefix: str = Field(
        "settlement",
        pattern=r"^[a-z][a-z0-9-]*$",
        description="First part of every topic name; one for each pooling area.",
    )
    events_partitions: int = Field(8, ge=1, le=1024, description="Partitions of the events topic when it is created.")
    entries_partitions: int = Field(
        8, ge=1, le=1024, description="Partitions of the topic inside and of the changelog when they are created."
    )
    replication: int = Field(1, ge=1, le=7, description="Replicas of every topic when it is created; 3 in production.")
    person_key: str = Field(
        "",
        description="Secret from which pseudonyms of persons are made. Required unless every broker is on loopback.",
    )
    persons: Literal["pseudonym", "raw"] = Field(
        "pseudonym", description='"raw" publishes the numbers of persons as they are.'
    )
    rules: Path | None = Field(
        None,
        description="rules.toml: parameters that differ from the defaults, a table for each rule id; for replay and "
        "demo. On a cluster: `monitor rules put`.",
    )
    reference: Path | None = Field(
        None,
        description="Folder with reference tables as CSV files, for replay and demo.",
    )
    grace_hours: float = Field(
        72,
        ge=0,
        le=24 * 60,
        description="How much later than its business time an event may be uploaded, hours. More than 72 lets more in, "
        "but no ledger remembers for longer: what it no longer takes is kept on the late topic with its name.",
    )
    grace_inpatient_lines_days: float = Field(60, ge=0, le=366, description="The same for fee lines of 2301, days.")
    grace_slow_days: float = Field(
        15, ge=0, le=366, description="The same for admissions, discharges (2401, 2402) and stock (35xx), days."
    )
    ahead_minutes: float = Field(
        10,
        ge=0,
        le=24 * 60,
        description="How far a business time may lie after its upload, an upload after its append, minutes.",
    )
    max_bytes: int = Field(512 * 1024, ge=1024, description="Largest event that is read, bytes.")
    max_items: int = Field(2000, ge=1, description="Most fee lines and trace codes in one event.")
    max_depth: int = Field(16, ge=2, le=64, description="Deepest nesting of an event.")
    max_age: int = Field(150, ge=100, le=200, description="Greatest age of an insured person, years.")
    alignment_hours: float = Field(
        24,
        ge=1,
        le=24,
        description="How far, in inf_time, an input partition is read ahead of the one that is furthest behind, hours. "
        "Ledgers remember for long enough for 24.",
    )
    hold_minutes: float = Field(
        15,
        ge=0.1,
        le=24 * 60,
        description="How long the others wait for an input partition that does not move, minutes.",
    )
    checkpoint_seconds: float = Field(2, ge=0.1, le=60, description="How often a worker saves its state, seconds.")
    state_dir: Path | None = Field(
        None,
        description="Folder on this machine in which a worker keeps what is at rest: a copy of what the changelog "
        "says, which may be lost. Workers may share it. None: in memory, some gigabytes for a county.",
    )
    session_seconds: float = Field(
        20, ge=6, le=300, description="After so long without a sign a worker is taken for dead, seconds."
    )
    embedded: bool = Field(
        default=False,
        description="The broker is that of `monitor demo`: state in memory only, one worker, tables from files; "
        "checksums of what was written in transactions are not checked.",
    )
    allow_final: bool = Field(
        default=False,
        description="Whether the closing tick of `monitor topics close` is honoured: tests and recorded runs only.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="Address on which a worker and the processes beside it serve /metrics, /healthz and /readyz.",
    )
    metrics_port: int = Field(
        9464,
        ge=0,
        le=65535,
        description="Port for the same; 0 takes a free one. Processes on one machine need a port each.",
    )
    readmodel_dir: Path = Field(
        Path("~/.local/state/settlement-monitor"),
        description="Folder in which the read model stands, a file for each area: made of the topics by `monitor "
        "readmodel`, which may be lost. The console and `monitor alerts` read it: the same folder, on one machine, on "
        "a local disk and no network share.",
    )
    redis: str = Field(
        "redis://127.0.0.1:6379/0",
        description="Redis that passes news on to open pages, and has who was heard of; its loss stops no detection.",
    )
    alerts_days: int = Field(90, ge=1, le=3660, description="How long the read model keeps an alert, days.")
    alertmanager: str = Field(
        "http://127.0.0.1:9093",
        description="Alertmanager that `monitor notify` posts to, http:// or https://; separated by commas where "
        "several form a cluster: each one gets everything.",
    )
    notify_seconds: float = Field(
        60, ge=1, le=3600, description="How often every open lead is posted again, seconds: Alertmanager keeps none."
    )
    notify_openings: int = Field(
        50,
        ge=1,
        description="Openings of one rule in an hour that are told. The others are held back, and one notification "
        "says that the rule misfires. Our assumption.",
    )
    notify_age_days: float = Field(
        7,
        gt=0,
        le=366,
        description="A lead whose last trigger lies further back than this when it is published is history, and told "
        "to nobody, days. The first start of `monitor notify` begins as far back. Our assumption.",
    )
    live_from: str = Field(
        "",
        description="Day or moment in Beijing from which the area is live, yyyy-mm-dd or yyyy-mm-dd hh:mm:ss: an alert "
        "whose last trigger lies before it is marked `historical` in `monitor alerts` and `monitor evaluate`, and told "
        "to nobody. Empty: all of it is live.",
    )
    notify_hours: str = Field(
        "08:30-17:30",
        description="Working hours of the duty reviewer, Monday to Friday, Beijing time. What opens in them is told "
        "then; the digest at their beginning tells the rest. The intervals of deploy/alertmanager say the same.",
    )
    exporter_series: int = Field(
        10_000,
        ge=100,
        description="Series of institutions and drugs that `monitor exporter` shows at most; what has none left is "
        'counted under "other". Our assumption.',
    )
    budgets: str = Field(
        "",
        pattern=r"^(\d{6}=\d{1,15}(,\d{6}=\d{1,15})*)?$",
        description="What the fund of a region may pay in a year, yuan, as 341021=120000000, separated by commas; for "
        "`monitor exporter`.",
    )
    console_host: str = Field(
        "127.0.0.1",
        description="Address on which `monitor console` answers. Where others reach it, MONITOR_CONSOLE_ACCESS and "
        "MONITOR_CONSOLE_ADDRESS are required.",
    )
    console_port: int = Field(8470, ge=0, le=65535, description="Port for the same; 0 takes a free one.")
    console_access: Path | None = Field(
        None,
        description="access.toml: who may log in to `monitor console`, as what, for which regions (docs/console.md). "
        "None: no login, on this machine alone.",
    )
    console_address: str = Field(
        "",
        description="Address at which browsers find the console: https:// and the name of the proxy that ends TLS, or "
        "http:// and a name of this machine. Only requests under its name are answered. Empty: by names of loopback.",
    )
    console_proxies: str = Field(
        "127.0.0.1",
        description="Addresses or networks of proxies before the console, separated by commas: what they say in "
        "X-Forwarded-For counts as the address of the browser.",
    )
    console_hours: float = Field(8, gt=0, le=24, description="How long a log-in to the console lasts, hours.")
    console_secret: str = Field(
        "",
        pattern=r"^(.{32,})?$",
        description="Secret that signs sessions of the console, 32 characters or more. Empty: a new one at each start, "
        "after which everybody logs in again.",
    )
    console_persons: Path | None = Field(
        None,
        description="CSV file with the columns pseudonym and person, which the bureau holds: approvers may ask who a "
        "person is, for a lead and with a reason. None: nobody may (docs/console.md).",
    )
    console_demo: bool = Field(
        default=False,
        description="Set by `monitor demo` for its console: there are no workers, tables and offsets to look at, and "
        "the page of health says so.",
    )
    second_reviewer: bool = Field(
        default=False,
        description="Whether a disposition waits until a second person approves it, on the console and the command "
        "line. Precision counts what is approved.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log lines that are written."
    )

    @field_validator("brokers")
    @classmethod
    def _are_addresses(cls, brokers: str) -> str:
        """Refuse what no client can connect to."""
        for broker in brokers.split(","):
            found = re.fullmatch(r"([^\s:\[\]]+|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?", broker.strip())
            if found is None or not 0 < int(found[2] or 9092) < 65_536 or not _is_name(found[1]):
                raise ValueError("expected host:port, separated by commas")
        return brokers

    @field_validator("alertmanager")
    @classmethod
    def _are_web_addresses(cls, alertmanager: str) -> str:
        """Refuse what is no address of a web server, without saying it: a password may stand in it."""
        for address in alertmanager.split(","):
            parts = urlsplit(address.strip())
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("expected http://host:port, separated by commas")
        return alertmanager

    @field_validator("live_from")
    @classmethod
    def _is_moment_or_empty(cls, live_from: str) -> str:
        """Refuse what is no moment."""
        if live_from and not _is_moment(live_from):
            raise ValueError("expected yyyy-mm-dd or yyyy-mm-dd hh:mm:ss")
        return live_from

    @field_validator("notify_hours")
    @classmethod
    def _are_hours(cls, hours: str) -> str:
        """Refuse what is no stretch of a day."""
        found = re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", hours)
        if found is None or hours[:5] >= hours[6:]:
            raise ValueError("expected hh:mm-hh:mm of one day")
        return hours

    @property
    def limits(self) -> Limits:
        """What the door lets in."""
        return Limits(
            grace=int(self.grace_hours * HOUR),
            grace_inpatient_lines=int(self.grace_inpatient_lines_days * DAY),
            grace_slow=int(self.grace_slow_days * DAY),
            ahead=int(self.ahead_minutes * MINUTE),
            max_bytes=self.max_bytes,
            max_items=self.max_items,
            max_depth=self.max_depth,
            max_age=self.max_age,
        )

    @property
    def pseudonyms(self) -> Pseudonyms:
        """The names of persons inside; the development key where no secret is set."""
        return Pseudonyms(self.person_key or DEVELOPMENT_KEY, raw=self.persons == "raw")

    @property
    def live_from_ms(self) -> int:
        """When the area went live, ms UTC; 0 where it always was."""
        return parse(self.live_from) if self.live_from else 0

    @property
    def region_budgets(self) -> dict[str, float]:
        """Region -> what its fund may pay in a year, yuan."""
        pairs = (one.split("=") for one in self.budgets.split(",") if one)
        return {region: float(yuan) for region, yuan in pairs}

    @field_validator("console_address")
    @classmethod
    def _is_safe_address(cls, address: str) -> str:
        """Refuse an address under which a session would be read on its way."""
        parts = urlsplit(address)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if address and not (is_safe and parts.hostname and parts.path in ("", "/")):
            raise ValueError("expected https://host, or http:// and a name of this machine")
        return address.rstrip("/")

    @field_validator("console_proxies")
    @classmethod
    def _are_networks(cls, proxies: str) -> str:
        """Refuse what is no address and no network."""
        try:
            for one in proxies.split(","):
                ip_network(one.strip())
        except ValueError:
            raise ValueError("expected addresses or networks, separated by commas") from None
        return proxies

    @property
    def on_loopback(self) -> bool:
        """Whether every broker is on this machine."""
        return all(is_loopback(broker.strip()) for broker in self.brokers.split(","))


def _is_moment(text: str) -> bool:
    """Whether it is a day, or a day and a time, of the calendar."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", text):
        return False
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _is_name(host: str) -> bool:
    """Whether a host's name can be looked up at all: no part of it is empty or longer than 63 characters."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def is_loopback(address: str) -> bool:
    """Whether host, host:port or IPv6 in brackets is called localhost or by an address of the loopback."""
    host = address if address.count(":") > 1 and "]" not in address else re.sub(r":\d+$", "", address).strip("[]")
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name: who knows where it leads
        return False


def variable(name: str) -> str:
    """The environment variable of a setting.

    >>> variable("grace_hours")
    'MONITOR_GRACE_HOURS'
    """
    return PREFIX + name.upper()


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """The variables that begin as ours do and are no setting, each with the setting that it may have meant.

    >>> unknown_variables(["PATH", "MONITOR_GRACE_HOUR", "MONITOR_PREFIX"])
    ['MONITOR_GRACE_HOUR (did you mean MONITOR_GRACE_HOURS?)']
    """
    known = Settings.model_fields
    ours = [name for name in sorted(environment) if name.upper().startswith(PREFIX)]
    return [_with_nearest(name) for name in ours if name.upper().removeprefix(PREFIX).lower() not in known]


def _with_nearest(name: str) -> str:
    nearest = get_close_matches(name.upper().removeprefix(PREFIX).lower(), Settings.model_fields, n=1)
    return f"{name} (did you mean {variable(nearest[0])}?)" if nearest else name


def load_settings(**overrides: object) -> Settings:
    """The settings of this process; arguments that are not None stand over the environment.

    Raises ConfigurationError, in one line.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks what came
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "MONITOR_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"{name}: {first['msg']}") from None
