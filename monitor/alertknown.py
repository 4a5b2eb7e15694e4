"""What an alert's rows say together, and what the reference tables say of them: for whoever has to verify it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.alertwords import AGREEMENTS
from monitor.contract.text import Language, Said
from rules.reference import Reference
from rules.times import DAY, HOUR, MINUTE, SECOND, parse

Alert = Mapping[str, Any]
DIAGNOSIS, PHYSICIAN = "dscg_maindiag_code", "bilg_dr_codg"
SHORTEST_DIAGNOSIS = 3
"""Characters of the shortest code in the table `diagnoses`."""
_DELAY = Said("发生至上传间隔", "from business time to upload")
_PHYSICIANS = Said("开单医师", "physicians")
_AGREEMENT = Said("医保协议", "agreement")
_REGISTRATION = Said("执业注册", "registration")
_NUMBER = Said("{}名（{}）", "{} ({})")
_UNSTATED = Said("，{}条未填", ", {} rows without")
_SINCE = Said("{}起", "from {}")
_UNTIL = Said("至{}", " until {}")
_NO_END = Said("，未登记截止日期", ", no end registered")
_UNITS = (
    (2 * DAY, DAY, Said("天", "d")),
    (2 * HOUR, HOUR, Said("小时", "h")),
    (2 * MINUTE, MINUTE, Said("分钟", "min")),
    (0, SECOND, Said("秒", "s")),
)
"""From so many ms on a time is told in this unit."""


def asked_of(alert: Alert) -> set[tuple[str, str]]:
    """Tables and keys of the reference rows that may say something of an alert."""
    codes = {code[:length] for code in _decided(alert, DIAGNOSIS) for length in _lengths(code)}
    asked = {("diagnoses", code) for code in codes} | {("institutions", place) for place in _places(alert)}
    return asked | {("physicians", one) for one in _decided(alert, PHYSICIAN)}


def diagnoses_of(alert: Alert, reference: Reference) -> dict[str, str]:
    """The names of the diagnoses in the evidence, by code: of the longest code in the table that has a name."""
    found = {}
    for code in _decided(alert, DIAGNOSIS):
        rows = (row for length in _lengths(code) for row in reference.rows("diagnoses", code[:length]))
        name = next((row["name"] for row in rows if row.get("name")), "")
        if name:
            found[code] = name
    return found


def known_of(alert: Alert, reference: Reference, language: Language) -> Iterator[tuple[str, str]]:
    """Headings and values: how late it was uploaded, by how many physicians, and what was suspended meanwhile."""
    if delay := _delay(alert, language):
        yield _DELAY.of(language), delay
    if physicians := _physicians(alert, language):
        yield _PHYSICIANS.of(language), physicians
    for place in sorted(_places(alert)):
        yield from _suspended("institutions", place, _AGREEMENT, alert, reference, language)
    for physician in sorted({*_decided(alert, PHYSICIAN)}):
        yield from _suspended("physicians", physician, _REGISTRATION, alert, reference, language)


def _decided(alert: Alert, field: str) -> list[str]:
    """What the rows state in a field on which the rule decided; a row that states nothing is left out."""
    return [row["decided"][field] for row in alert["evidence"] if (row.get("decided") or {}).get(field)]


def _places(alert: Alert) -> set[str]:
    """The institutions of an alert."""
    return {one["fixmedins_code"] for one in (alert, *alert["evidence"]) if one.get("fixmedins_code")}


def _lengths(code: str) -> range:
    """Lengths of the codes with which a diagnosis begins, the longest first."""
    return range(len(code), SHORTEST_DIAGNOSIS - 1, -1)


def _delay(alert: Alert, language: Language) -> str:
    """How long after it happened the rows were uploaded: the shortest and the longest time."""
    rows = [row for row in alert["evidence"] if (row.get("decided") or {}).get("inf_time")]
    delays = sorted(max(0, parse(row["decided"]["inf_time"]) - parse(row["event_time"])) for row in rows)
    told = dict.fromkeys(_length(one, language) for one in delays[:1] + delays[-1:])
    return ("至" if language == "zh" else " to ").join(told)


def _length(ms: int, language: Language) -> str:
    unit, said = next((unit, said) for most, unit, said in _UNITS if ms >= most)
    return f"{ms // unit}{'' if language == 'zh' else ' '}{said.of(language)}"


def _physicians(alert: Alert, language: Language) -> str:
    """How many physicians stand in the rows, where there are several rows and one is named at all."""
    codes = sorted({*_decided(alert, PHYSICIAN)})
    if not codes or len(alert["evidence"]) == 1:
        return ""
    comma = "、" if language == "zh" else ", "
    unstated = len(alert["evidence"]) - len(_decided(alert, PHYSICIAN))
    told = _NUMBER.of(language).format(len(codes), comma.join(codes))
    return told + (_UNSTATED.of(language).format(unstated) if unstated else "")


def _suspended(
    table: str, key: str, what: Said, alert: Alert, reference: Reference, language: Language
) -> Iterator[tuple[str, str]]:
    """The rows of a key that say that it did not count while the lead happened, each with its dates."""
    moments = [alert.get(name) or alert["event_time"] for name in ("first_time", "last_time")]
    rows = [reference.row(table, key, parse(moment)) or {} for moment in dict.fromkeys(moments)]
    for row in {row.get("valid_from"): row for row in rows}.values():
        if said := AGREEMENTS.get(row.get("status", "")):
            yield f"{what.of(language)} {key}", f"{said.of(language)} {_dates(row, language)}"


def _dates(row: Mapping[str, str], language: Language) -> str:
    since = _SINCE.of(language).format(row["valid_from"]) if row.get("valid_from") else ""
    until = _UNTIL.of(language).format(row["valid_to"]) if row.get("valid_to") else _NO_END.of(language)
    return since + until
