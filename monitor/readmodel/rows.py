"""How revisions, and what was said and done, become rows of the read model. The caller has the transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple, cast

import orjson
from cramjam import lz4

from monitor.alertpersons import named_in
from monitor.contract.feedback import TODO, Feedback
from monitor.contract.work import NOBODY, OfLead, proposal_in
from monitor.incidents import incident_of
from monitor.readmodel.layout import CORRECTED, CORRECTED_WITHIN, OPEN, in_chinese, in_english, rank_of, score_of
from rules.times import parse, to_ms

Alert = Mapping[str, Any]

_ROW = (
    "alert_id", "revision", "last", "amount", "opened", "withdrawn", "rule", "severity", "status", "is_open",
    "institution", "stage", "incident", "insured", "treated",
)  # fmt: skip
"""What a revision says of an alert."""
_OPENED = _ROW.index("opened")
_STATE = ("disposition", "assignee", "is_due", "proposed", "is_corrected", "outcome", "month")
"""What follows from dispositions and work too."""
_INSERT = f"INSERT INTO alert (id, {', '.join(_ROW + _STATE)}) VALUES (?{', ?' * len(_ROW + _STATE)})"
_UPDATE = f"UPDATE alert SET opened = ?, {', '.join(f'{one} = ?' for one in _STATE)} WHERE id = ?"


class Revision(NamedTuple):
    """A revision as it is written. row: what stands in its columns. words: what each of INDEXES has of it."""

    row: tuple[Any, ...]
    words: tuple[str, str, str]
    json: bytes


def revision_of(value: bytes) -> Revision:
    """Read a revision. Raises what Python raises where it is none.

    Long because it names every column.
    """
    alert = orjson.loads(value)
    status, detected = _text(alert["status"]), parse(_found_at(alert))
    persons = {_text(person) for person in named_in(alert)}
    is_gone = status == "withdrawn" and not alert.get("closed_by") and not alert.get("merged_into")
    row = (
        _text(alert["alert_id"]), _number(alert["revision"]), score_of(alert),
        float(alert.get("vola_amt") or 0), detected, detected if is_gone else None, _text(alert["rule_id"]),
        rank_of(alert["severity"]), status, status in OPEN, _perhaps(alert.get("fixmedins_code")),
        _perhaps(alert.get("stage")), incident_of(alert), _perhaps(alert.get("insuplc_admdvs")),
        _perhaps(alert.get("mdtrtarea_admvs")),
    )  # fmt: skip
    who = " ".join(word_of(person) for person in persons if person)
    words = indexed(in_chinese(alert)), indexed(in_english(alert)), who
    return Revision(row, words, bytes(lz4.compress_block(value)))


def word_of(person: str) -> str:
    """The word of a person in their index: letters and digits alone, whatever the pseudonym is."""
    return person.encode().hex()


def indexed(parts: list[str]) -> str:
    """Parts of an alert as they are indexed: each part once, and room behind the last letter for a whole trigram."""
    return letters("\n".join(dict.fromkeys(parts))) + "\n\n"


def words_in(text: str) -> list[str]:
    """The words of a text as it is compared, each once, as SQLite parts them.

    >>> words_in("at 示例大药房 (p341): at 97.28 yuan")
    ['at', '示例大药房', 'p341', '97', '28', 'yuan']
    """
    return [*dict.fromkeys(WORD.findall(text))]


def letters(text: str) -> str:
    """A text as it is compared: upper and lower case are one. SQLite ends a text at a null character."""
    return text.casefold().replace("\0", "\N{REPLACEMENT CHARACTER}")


def json_of(body: bytes) -> bytes:
    """The JSON of an alert, of what stands in its row."""
    return bytes(lz4.decompress_block(body))


INDEXES = ("said", "told", "person")
"""Chinese texts, ids and names by trigrams; English texts by words, which are far fewer; persons."""
WORD = re.compile(r"[0-9a-z\u0080-\U0010ffff]+")


class Writer:
    """Writes rows. What is indexed is written together, by `say`: SQLite works alone then, and Python goes on."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._unsaid: dict[str, dict[int, str]] = {index: {} for index in INDEXES}
        self._known: set[str] = set()

    @property
    def unsaid(self) -> int:
        """How many alerts are written and not indexed yet."""
        return len(self._unsaid["said"])

    def put_revision(self, one: Revision) -> bool:
        """Write a revision; of one that is earlier than what is there only that the alert opened with it.

        Gives whether it was later.
        """
        alert_id, revision, *_ = one.row
        opened = one.row[_OPENED]
        asked = "SELECT id, revision, opened FROM alert WHERE alert_id = ?"
        known = self._db.execute(asked, (alert_id,)).fetchone()
        if known is None:
            self._write(None, one, opened)
            return True
        number, latest, earliest = known
        if revision > latest:
            self._forget(number)
            self._write(number, one, min(opened, earliest))
        elif opened < earliest:
            self._place(number, opened)
        return bool(revision > latest)

    def put_act(self, act: Feedback | OfLead) -> None:
        """Write a disposition of an alert, or work on it; what is there changes nothing. The alert may come later."""
        row = (act.alert_id, isinstance(act, OfLead), to_ms(act.at), act.model_dump_json())
        if self._db.execute("INSERT OR IGNORE INTO act VALUES (?, ?, ?, ?)", row).rowcount:
            known = self._db.execute("SELECT id, opened FROM alert WHERE alert_id = ?", (act.alert_id,)).fetchone()
            if known is not None:
                self._place(*known)

    def say(self) -> None:
        """Index the alerts that were written since."""
        for index, words in self._unsaid.items():
            told = orjson.dumps(words, option=orjson.OPT_NON_STR_KEYS).decode()
            asked = f"INSERT INTO {index} (rowid, words) SELECT CAST(key AS INTEGER), value FROM json_each(?)"
            self._db.execute(asked, (told,))
        new = {*chain.from_iterable(told.split(" ") for told in self._unsaid["told"].values())} - self._known
        self._db.executemany("INSERT OR IGNORE INTO word VALUES (?)", zip(words_in(" ".join(new)), strict=True))
        self._known |= new
        for words in self._unsaid.values():
            words.clear()

    def let_go(self, kept: int) -> int:
        """Forget alerts whose last trigger lies more than so many ms before the newest one; gives how many they were.

        Acts as old go with them; where an alert is kept, all that was said of it is kept.
        """
        [[newest]] = self._db.execute("SELECT max(last) FROM alert").fetchall()
        if newest is None:
            return 0
        oldest = newest - kept
        gone = self._db.execute("SELECT id FROM alert WHERE last < ?", (oldest,)).fetchall()
        for (number,) in gone:
            self._forget(number)
        is_gone = "NOT EXISTS (SELECT 1 FROM alert WHERE alert.alert_id = act.alert_id)"
        self._db.execute(f"DELETE FROM act WHERE at < ? AND {is_gone}", (oldest,))
        return len(gone)

    def _write(self, number: int | None, one: Revision, opened: int) -> None:
        """Write an alert that is not there. number: of its row; None: the next one."""
        row = (*one.row[:_OPENED], opened, *one.row[_OPENED + 1 :])
        made = cast("int", self._db.execute(_INSERT, (number, *row, *_state(self._db, row))).lastrowid)
        self._db.execute("INSERT INTO body VALUES (?, ?)", (made, one.json))
        for index, words in zip(INDEXES, one.words, strict=True):
            self._unsaid[index][made] = words

    def _forget(self, number: int) -> None:
        """Remove an alert from every table; what was said of it stays."""
        [[body]] = self._db.execute("SELECT json FROM body WHERE id = ?", (number,)).fetchall()
        one = revision_of(json_of(body))
        for index, words in zip(INDEXES, one.words, strict=True):
            if self._unsaid[index].pop(number, None) is None:
                asked = f"INSERT INTO {index} ({index}, rowid, words) VALUES ('delete', ?, ?)"
                self._db.execute(asked, (number, words))
        self._db.execute("DELETE FROM body WHERE id = ?", (number,))
        self._db.execute("DELETE FROM alert WHERE id = ?", (number,))

    def _place(self, number: int, opened: int) -> None:
        """Write what became of an alert that opened then."""
        [row] = self._db.execute(f"SELECT {', '.join(_ROW)} FROM alert WHERE id = ?", (number,)).fetchall()
        state = _state(self._db, (*row[:_OPENED], opened, *row[_OPENED + 1 :]))
        self._db.execute(_UPDATE, (opened, *state, number))


def acts_on(db: sqlite3.Connection, alert_id: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What was said of an alert, and what was done with it, the first act first."""
    found: tuple[list[dict[str, str]], list[dict[str, str]]] = [], []
    asked = "SELECT is_work, json FROM act WHERE alert_id = ? ORDER BY is_work, at, json"
    for is_work, json in db.execute(asked, (alert_id,)):
        found[is_work].append(orjson.loads(json))
    return found


def _state(db: sqlite3.Connection, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What became of an alert, in the columns of _STATE."""
    one = dict(zip(_ROW, row, strict=True))
    said, done = acts_on(db, one["alert_id"])
    disposition = said[-1]["disposition"] if said else TODO
    assignee = [act["to"] for act in done if act["kind"] == "assigned"][-1:]
    proposal = proposal_in(done)
    is_corrected = one["withdrawn"] is not None and one["withdrawn"] - one["opened"] <= CORRECTED_WITHIN
    is_due = disposition == TODO and one["status"] != "withdrawn"
    month = said[-1]["at"][: len("2026-03")] if said and not is_corrected else ""
    return (
        disposition, "".join(assignee) or NOBODY, is_due, proposal["disposition"] if proposal else "", is_corrected,
        CORRECTED if is_corrected else disposition, month,
    )  # fmt: skip


def _found_at(alert: Alert) -> str:
    """When the platform found a revision."""
    return _text(alert.get("detected_at") or alert["event_time"])


def _text(value: object) -> str:
    """A text. Raises TypeError where it is none."""
    if not isinstance(value, str):
        raise TypeError("expected a text")
    return value


def _number(value: str | int) -> int:
    """A number that SQLite holds. Raises ValueError, TypeError or OverflowError."""
    found = int(value)
    if found.bit_length() >= 64:
        raise OverflowError("expected 64 bits")
    return found


def _perhaps(value: object) -> str | None:
    """A text, None where there is none or an empty one. Raises TypeError."""
    return _text(value) if value else None
