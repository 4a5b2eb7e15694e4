"""An alert for people, in Chinese or in English: as one line, and in full with its evidence as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from rich.cells import cell_len

from monitor.alertknown import DIAGNOSIS, diagnoses_of, known_of
from monitor.alertwords import (
    AGREEMENTS,
    CLOSED_BY,
    DECIDED,
    HEADINGS,
    HISTORICAL,
    PROCURED,
    ROLES,
    SEVERITIES,
    SNOOZED,
    STAGES,
    STATUS,
    SUBJECTS,
    WITHHELD,
)
from monitor.contract.feedback import DISPOSITIONS
from monitor.contract.text import Language, Said
from monitor.incidents import incidents_of
from monitor.rulecolumn import rule_cell
from monitor.text import padded
from rules.catalogue import catalogue
from rules.engine.codes import CODES, code_text
from rules.engine.tags import TAGS
from rules.reference import Reference
from rules.times import clock, parse

Alert = Mapping[str, Any]
Row = Mapping[str, Any]

_VALUES: Mapping[str, Mapping[str, Said]] = {
    "status": AGREEMENTS, "state": WITHHELD, "procured": PROCURED,
    "disposition": {str(name): said for name, said in DISPOSITIONS.items()},
}  # fmt: skip
"""Of what rules decide on: values that have words."""
_BILLED = ("settlement", "pre_settlement", "bill", "fee_line", "sale", "lead")
"""Rows that have an amount; the others put nothing through the fund."""
_COLUMNS = ("time", "role", "institution", "person", "item", "quantity", "amount", "in_scope", "total")
"""Of the table, in order; what the rule decided on stands behind them."""
_SOURCES = ("infno", "setl_id", "mdtrt_id", "line", "msgid")
"""The last columns: by them a row is found in the settlement system."""
_RIGHT = ("quantity", "amount", "in_scope", "total")


class _Speech(NamedTuple):
    language: Language

    def of(self, words: Mapping[str, Said], key: str) -> str:
        """A word in the language; the key itself where there is none."""
        said = words.get(key)
        return key if said is None else said.of(self.language)

    def word(self, key: str) -> str:
        """One of our own headings."""
        return HEADINGS[key].of(self.language)

    def line(self, key: str, value: str) -> str:
        """A heading and what it says."""
        return f"{self.word(key)}{self.colon}{value}"

    @property
    def colon(self) -> str:
        """Behind a heading."""
        return "：" if self.language == "zh" else ": "

    @property
    def comma(self) -> str:
        """Between parts of a list."""
        return "，" if self.language == "zh" else ", "


def severity_word(severity: str, language: Language) -> str:
    """How severe an alert is, in words."""
    return _Speech(language).of(SEVERITIES, severity)


def status_word(status: str, language: Language) -> str:
    """What became of an alert, in words."""
    return _Speech(language).of(STATUS, status)


def stage_word(stage: str, language: Language) -> str:
    """At which stage a rule looks, in words."""
    return _Speech(language).of(STAGES, stage)


def alert_head(alert: Alert, language: Language) -> str:
    """Rule, name of the rule, and what became of the alert."""
    name = alert["rule_name"] if language == "zh" else alert.get("rule_name_en", "")
    return f"{alert['rule_id']} {name} · {_Speech(language).of(STATUS, alert['status'])}"


def alert_line(alert: Alert, language: Language, *, with_id: bool = False) -> str:
    """An alert as one line: how severe, what became of it, the rule and the text. with_id: its id in front."""
    speech = _Speech(language)
    parts = [
        padded(speech.of(SEVERITIES, alert["severity"]), 8),
        padded(speech.of(STATUS, alert["status"]), 9) if with_id else "",
        rule_cell(alert["rule_id"]),
        HISTORICAL.of(language) if alert.get("historical") else "",
        SNOOZED.of(language) if alert.get("snoozed") else "",
        alert["text"][language],
    ]
    return " ".join(filter(None, [alert["alert_id"] if with_id else "", *parts]))


def incident_lines(alerts: Iterable[Alert], language: Language, *, with_id: bool = False) -> Iterator[str]:
    """Alerts as lines, by incident: the highest first, below it those that attach. with_id: their ids in front."""
    for incident in incidents_of(alerts):
        yield alert_line(incident.speaker, language, with_id=with_id)
        yield from (f"  + {alert_line(one, language, with_id=with_id)}" for one in incident.attached)


def alert_lines(
    alert: Alert, language: Language, beside: Iterable[Alert] = (), reference: Reference | None = None
) -> Iterator[str]:
    """An alert in full. beside: the other alerts of its incident. reference: what the tables say of its rows."""
    reference = reference or Reference()
    speech = _Speech(language)
    name = alert["rule_name"] if language == "zh" else alert.get("rule_name_en", "")
    yield f"{alert['rule_id']} {name} · {speech.of(SEVERITIES, alert['severity'])} · {standing_of(alert, language)}"
    yield alert["text"][language]
    facts = chain(known_of(alert, reference, language), facts_of(alert, language))
    yield from (heading + (speech.colon + value if value else "") for heading, value in facts)
    yield from _beside(alert, beside, speech)
    if why := why_of(alert, language):
        yield speech.line("why", why)
    yield speech.word("basis") + speech.colon.rstrip()
    yield f"  {alert['basis']}"
    yield from _evidence(evidence_of(alert, language, diagnoses_of(alert, reference)), speech)


def why_of(alert: Alert, language: Language) -> str:
    """Why the rule looks for this; empty where this build has no such rule."""
    rule = catalogue().get(alert["rule_id"])
    return "" if rule is None else Said(rule.card.why.zh, rule.card.why.en).of(language)


def standing_of(alert: Alert, language: Language) -> str:
    """What became of an alert and why, and at which stage its rule looks."""
    speech = _Speech(language)
    status = speech.of(STATUS, alert["status"])
    if closed_by := alert.get("closed_by"):
        status = f"{status}{speech.comma}{speech.of(CLOSED_BY, closed_by)}"
    if alert.get("historical"):
        status = f"{status}{speech.comma}{HISTORICAL.of(language)}"
    if until := alert.get("snoozed"):
        status = f"{status}{speech.comma}{SNOOZED.of(language)}{speech.word('until').format(_moment(until))}"
    return f"{status} · {speech.of(STAGES, alert['stage'])}"


def facts_of(alert: Alert, language: Language) -> Iterator[tuple[str, str]]:
    """Headings and values: what is known of the alert besides its text; what is not said is left out.

    Long because it is a list of fields, and an alert of an earlier build lacks some of them.
    """
    speech = _Speech(language)
    subject, window = alert.get("subject") or {}, alert.get("window") or {}
    first, last, spanned = alert.get("first_time"), alert.get("last_time"), _spanned(alert)
    lists = {key: speech.comma.join(alert.get(name) or ()) for key, name in
             (("degraded", "degraded"), ("reversed", "reversed_after"))}  # fmt: skip
    facts = {
        "id": alert["alert_id"],
        "revision": str(alert.get("revision") or ""),
        "incident": _other(alert.get("incident_id"), alert["alert_id"]),
        "subject": _subject(subject, speech) if subject else "",
        "tags": speech.comma.join(_tag(one, language) for one in alert.get("tags") or ()),
        "detected": _moment(alert.get("detected_at")),
        "first": _moment(first),
        "last": "" if last == first else _moment(last),
        "span": "" if spanned is None else _span(*spanned, speech),
        "window": _span(window.get("start"), window.get("end"), speech) if spanned is None else "",
        "triggers": str(alert.get("triggers") or ""),
        "merged": alert.get("merged_into") or "",
        "warming": _moment(alert.get("warming_until")),
        **lists,
        "rule": alert["rule_version"],
        "tables": (alert.get("reference_version") or "").replace("none", ""),
    }
    for key, value in facts.items():
        if value:
            yield speech.word(key), value
    if alert.get("shadow"):
        yield speech.word("shadow"), ""


def _spanned(alert: Alert) -> tuple[str, str] | None:
    """The times of the first and the last row, as the sentence has them; None where not all rows are there."""
    times = sorted(row["event_time"] for row in alert["evidence"])
    return (times[0], times[-1]) if times and len(times) == alert["evidence_count"] else None


def _tag(tag: str, language: Language) -> str:
    """A tag in words; one that this build does not know as it is."""
    said = TAGS.get(tag)
    if said is None:
        return tag
    return said.zh if language == "zh" else said.en


def _subject(subject: Mapping[str, str], speech: _Speech) -> str:
    """Whom or what it is about; of a pseudonym also how the reader finds out who or which that is."""
    kind, name = subject["kind"], subject["id"]
    of_what = name[:2] if kind == "group" else kind
    hint = {"person": "pseudonym", "t_": "of_telephone", "h_": "of_household"}.get(of_what)
    return f"{speech.of(SUBJECTS, kind)} {name}{speech.word(hint) if hint else ''}"


def _beside(alert: Alert, others: Iterable[Alert], speech: _Speech) -> Iterator[str]:
    """The other alerts of the incident, the highest first, and which of all speaks for it."""
    alerts = [alert, *others]
    if len(alerts) == 1:
        return
    [incident] = incidents_of(alerts)
    yield speech.word("beside") + speech.colon.rstrip()
    for one in (incident.speaker, *incident.attached):
        if one is not alert:
            speaks = speech.word("speaks") if one is incident.speaker else ""
            severity = speech.of(SEVERITIES, one["severity"])
            yield f"  {one['alert_id']} {severity} {alert_head(one, speech.language)}{speaks}"


def _other(value: str | None, than: str) -> str:
    return "" if value is None or value == than else value


def _moment(iso: str | None) -> str:
    """A time as people in Beijing write it; what is none as it came."""
    if not iso:
        return ""
    try:
        return clock(parse(iso), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return iso


def _span(start: str | None, end: str | None, speech: _Speech) -> str:
    first, last = _moment(start), _moment(end)
    if first == last:
        return first
    return f"{first}{'至' if speech.language == 'zh' else ' to '}{last}"


class Evidence(NamedTuple):
    """The rows of an alert as a table of texts.

    title: how many rows there are in all. same: headings and values that are the same in each row, which then are no
    columns. right: whether a column is of numbers. more: what says how many rows are not there; empty where all are.
    """

    title: str
    same: list[tuple[str, str]]
    headings: list[str]
    right: list[bool]
    rows: list[list[str]]
    more: str

    @property
    def single(self) -> list[tuple[str, str]]:
        """Headings and values where there is one row: a page needs no table for it. Else none."""
        return [*zip(self.headings, self.rows[0], strict=True)] if len(self.rows) == 1 else []


def evidence_of(alert: Alert, language: Language, diagnoses: Mapping[str, str]) -> Evidence:
    """The rows as a table; a column that says the same in every row stands above it. diagnoses: code -> name.

    Long because it is one table: each line makes one part of it from the columns that the lines before it chose.
    """
    speech = _Speech(language)
    rows = [_cells(row, diagnoses, speech) for row in alert["evidence"]]
    decided = dict.fromkeys(name for row in rows for name in row if name not in _COLUMNS + _SOURCES)
    columns = [name for name in (*_COLUMNS, *decided, *_SOURCES) if any(row.get(name) for row in rows)]
    shared = [name for name in columns if len(rows) > 1 and len({row.get(name, "") for row in rows}) == 1]
    own = [name for name in columns if name not in shared]
    headings = {name: _heading(name, speech) for name in columns}
    left = alert["evidence_count"] - len(rows)
    return Evidence(
        f"{speech.line('evidence', speech.word('rows').format(alert['evidence_count']))}{speech.word('decided')}",
        [(headings[name], rows[0][name]) for name in shared],
        [headings[name] for name in own],
        [name in _RIGHT for name in own],
        [[row.get(name, "") for name in own] for row in rows],
        speech.word("more").format(left) if left > 0 else "",
    )


def _evidence(evidence: Evidence, speech: _Speech) -> Iterator[str]:
    if not evidence.rows:
        return
    yield evidence.title
    if evidence.same:
        said = speech.comma.join(f"{heading} {value}" for heading, value in evidence.same)
        yield f"  {speech.line('same', said)}"
    yield from _table(evidence)
    if evidence.more:
        yield f"  {evidence.more}"


def _cells(row: Row, diagnoses: Mapping[str, str], speech: _Speech) -> dict[str, str]:
    """A row as texts; one of an earlier build has fewer fields.

    Long because it is a list of columns, and each says for itself when it is empty.
    """
    role, amount = row.get("role") or "", f"{row['amount']:,.2f}"
    is_open = role == "fee_line" and not row["setl_id"]
    is_of_code = row.get("line") == (row.get("decided") or {}).get("drug_trac_codg")  # a sale has no number of its own
    found = {
        "time": _moment(row["event_time"]),
        "role": speech.of(ROLES, role),
        "infno": row.get("infno") or "",
        "institution": _named(row.get("fixmedins_name"), row.get("fixmedins_code"), speech),
        "person": row["person"],
        "setl_id": row["setl_id"] or (speech.word("open") if is_open else ""),
        "mdtrt_id": row.get("mdtrt_id") or "",
        "msgid": "" if row["setl_id"] or row.get("mdtrt_id") or role == "lead" else row["msgid"],
        "line": "" if is_of_code else row.get("line") or "",
        "amount": "" if is_open or (role and role not in _BILLED) else amount,
        "in_scope": amount if is_open else "",
        "total": "" if row.get("total") is None else f"{row['total']:,.2f}",
        "item": _named(row.get("item_name"), row.get("item"), speech),
        "quantity": "" if row.get("quantity") is None else f"{row['quantity']:g}",
    }
    decided = {
        f"decided.{name}": _named(diagnoses.get(value), value, speech) if name == DIAGNOSIS
        else _value(name, value, speech) for name, value in (row.get("decided") or {}).items()
    }  # fmt: skip
    return found | decided


def _value(name: str, value: str, speech: _Speech) -> str:
    if name in _VALUES:
        return speech.of(_VALUES[name], value)
    if name in CODES:
        called = code_text(name, value)
        return called.zh if speech.language == "zh" else called.en
    return _moment(value) if name.endswith("_time") else value


def _named(name: str | None, code: str | None, speech: _Speech) -> str:
    if not (name and code):
        return code or ""
    return f"{name}（{code}）" if speech.language == "zh" else f"{name} ({code})"


def _heading(column: str, speech: _Speech) -> str:
    """The heading of a column; of what the rule decided on with its name in the interface."""
    if column in HEADINGS:
        return speech.word(column)
    name = column.removeprefix("decided.")
    return f"*{speech.of(DECIDED, name)} {name}"


def _table(evidence: Evidence) -> Iterator[str]:
    cells = [evidence.headings, *evidence.rows]
    widths = [max(cell_len(line[at]) for line in cells) for at in range(len(evidence.headings))]
    for line in cells:
        parts = (
            padded(text, width, right=right) for text, width, right in zip(line, widths, evidence.right, strict=True)
        )
        yield f"  {'  '.join(parts)}".rstrip()
