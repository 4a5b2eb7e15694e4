"""Which rules are in force, with which parameters: the catalogue's defaults and what is said over them.

By rules.toml in a file, or by definitions on the topic of rules, each of which says one rule's part of such a file.
"""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, asdict, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator

from monitor.errors import ConfigurationError
from rules.catalogue import catalogue
from rules.engine.parameter import is_threshold
from rules.engine.rule import Rule
from rules.engine.tags import TAGS, is_of_person
from rules.engine.watch import Watch, with_thresholds
from rules.times import BEFORE_ALL, parse

LONGEST_QUIET = 30 * 86_400


class Life(BaseModel):
    """What a table of rules.toml says beside parameters.

    shadow: judge and publish, but page nobody. valid_from: business time from which this is in force, as
    yyyy-mm-dd or ISO 8601; empty: from when it is put.
    """

    model_config = ConfigDict(extra="ignore", strict=True)

    enabled: bool = True
    status: Literal["live", "shadow"] = "live"
    valid_from: str = ""

    @field_validator("valid_from")
    @classmethod
    def _is_time(cls, text: str) -> str:
        """Refuse what is no time."""
        if text:
            parse(text)
        return text

    @property
    def since(self) -> int:
        """Business time from which it is in force, ms UTC."""
        return parse(self.valid_from) if self.valid_from else BEFORE_ALL


TAG = "tag"
"""The table of a rule's table that holds its thresholds for tags: `[S01.tag.credit_D]`."""
Value = bool | int | float | str


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule shall be on a cluster. Of several definitions of one rule the last on the topic counts.

    version: of its code and parameters. status: of `shadow` the alerts page nobody. valid_from: business time from
    which it is in force, as yyyy-mm-dd or ISO 8601; empty: from when it is put. parameters: those that differ from
    the defaults, by name. tag: by tag, those that differ for those of whom it is said.
    """

    rule_id: str
    version: str
    enabled: bool
    status: Literal["live", "shadow"]
    valid_from: str
    parameters: dict[str, Value]
    tag: dict[str, dict[str, Value]] = {}


def load_rules(path: Path | None) -> list[Watch]:
    """The rules in force, by id. Raises ConfigurationError: file, rule, parameter, expected, came."""
    return [watch for watch in all_rules(path) if watch.enabled]


def all_rules(path: Path | None = None) -> list[Watch]:
    """All rules by id, those that are off too. Raises ConfigurationError as load_rules does."""
    given = _read(path) if path else {}
    classes = catalogue()
    watches = []
    for rule_id in given:
        if rule_id not in classes:
            raise ConfigurationError(f"{path}: [{rule_id}]: expected a rule id{_did_you_mean(rule_id, list(classes))}")
    for rule_id, rule_class in classes.items():
        watches.append(watch_of(rule_class, given.get(rule_id, {}), f"{path}: [{rule_id}]"))
    return watches


def watch_of(rule_class: type[Rule], given: object, place: str) -> Watch:
    """A rule as its table says that it shall be. Raises ConfigurationError."""
    own = {name: value for name, value in given.items() if name != TAG} if isinstance(given, dict) else given
    life, rule = configure(rule_class, own, place)
    tagged = given.get(TAG, {}) if isinstance(given, dict) else {}
    watch = Watch(rule, life.status == "shadow", life.enabled, life.since)
    return with_thresholds(watch, _thresholds(rule, tagged, place))


def _thresholds(rule: Rule, given: object, place: str) -> dict[str, Rule]:
    """By tag, the rule with the thresholds for those of whom it is said. Raises ConfigurationError."""
    if not isinstance(given, dict):
        raise ConfigurationError(f"{place}.{TAG}: expected a table for each tag, was {type(given).__name__}")
    known = [tag for tag in TAGS if rule.card.subject == "person" or not is_of_person(tag)]
    for tag in given:
        if tag not in known:
            raise ConfigurationError(f"{place}.{TAG}.{tag}: expected a tag{_did_you_mean(tag, known)}")
    return {tag: _with_thresholds(rule, values, f"{place}.{TAG}.{tag}") for tag, values in given.items()}


def _with_thresholds(rule: Rule, values: object, place: str) -> Rule:
    """The rule with some of its thresholds at other values. Raises ConfigurationError."""
    if not isinstance(values, dict) or not values:
        raise ConfigurationError(f"{place}: expected a table of thresholds")
    movable = [one.name for one in fields(rule) if is_threshold(one.name)]
    for name in values:
        if name not in movable:
            hint = _did_you_mean(name, movable) if movable else " (this rule has none)"
            raise ConfigurationError(f"{place}.{name}: expected a threshold{hint}")
    return configure(type(rule), asdict(rule) | values, place)[1]


def definitions(path: Path) -> list[tuple[bytes, bytes]]:
    """Every rule as a file says that it shall be: key and value for the topic of rules.

    A rule that the file does not name has its defaults. Raises ConfigurationError as load_rules does.
    """
    given = _read(path)
    return [definition(watch, given.get(watch.rule.id, {})) for watch in all_rules(path)]


def definition(watch: Watch, given: object) -> tuple[bytes, bytes]:
    """Key and value of the definition that gives this watch. given: its table of a file."""
    rule, defaults = watch.rule, parameters_of(type(watch.rule))
    changed = {name: value for name, value in asdict(rule).items() if value != defaults[name]}
    life = Life.model_validate(given)
    said = Definition(
        rule_id=rule.id, version=watch.full_version, enabled=life.enabled, status=life.status,
        valid_from=life.valid_from, parameters=changed, tag=thresholds_of(watch),
    )  # fmt: skip
    return f"{rule.id}/{watch.full_version}".encode(), msgspec.json.encode(said)


def thresholds_of(watch: Watch) -> dict[str, dict[str, Any]]:
    """By tag, the thresholds that differ from those for everybody."""
    everybody = asdict(watch.rule)
    return {
        tag: {name: value for name, value in asdict(one.rule).items() if value != everybody[name]}
        for tag, one in watch.tagged
    }


def configure(rule_class: type[Rule], given: object, place: str) -> tuple[Life, Rule]:
    """A rule with these parameters over its defaults. Raises ConfigurationError.

    Long because each thing that may be wrong with a definition has an error of its own.
    """
    if not isinstance(given, dict):
        raise ConfigurationError(f"{place}: expected a table of parameters, was {type(given).__name__}")
    names = [one.name for one in fields(rule_class)]
    for name in given:
        if name not in names and name not in Life.model_fields:
            raise ConfigurationError(f"{place}.{name}: expected a parameter{_instead(name, rule_class, names)}")
    try:
        life = Life.model_validate({name: value for name, value in given.items() if name in Life.model_fields})
        parameters = {name: value for name, value in given.items() if name in names}
        rule = TypeAdapter(rule_class).validate_python(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{place}.{where}: {first['msg']}, was {first['input']!r}") from None
    if not 0 <= rule.quiet <= LONGEST_QUIET:
        raise ConfigurationError(f"{place}.quiet: expected 0 to {LONGEST_QUIET} seconds, was {rule.quiet}")
    for name, value in parameters.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            raise ConfigurationError(f"{place}.{name}: expected 0 or more, was {value}")
    return life, rule


def parameters_of(rule_class: type[Rule]) -> dict[str, object]:
    """The parameters of a rule with their defaults."""
    return {one.name: one.default for one in fields(rule_class) if one.default is not MISSING}


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: expected TOML: {error}") from None


def _instead(name: str, rule_class: type[Rule], names: list[str]) -> str:
    """What to write instead of a name that is no parameter."""
    renamed = rule_class.card.renamed.get(name)
    return f", it is now called {renamed}" if renamed else _did_you_mean(name, names)


def _did_you_mean(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f", did you mean {close[0]}?" if close else f" (one of {', '.join(known)})"
