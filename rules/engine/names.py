"""What the sentences of alerts call institutions and drugs."""

from __future__ import annotations

from collections.abc import Iterable

from ..reference import Reference
from .finding import Evidence
from .text import Text, listed

MOST = 5
"""So many institutions are named in one sentence; the rows of evidence have all."""


class Names:
    """Names by the messages, else by the tables; where neither has one, the code alone stands.

    told_to: the institution that reads the sentence, to which others stay unnamed. Empty: the bureau reads it.
    """

    def __init__(self, reference: Reference, told_to: str = "") -> None:
        self._reference = reference
        self._told_to = told_to

    def institution(self, code: str, name: str, at: int) -> Text:
        """An institution, as a message of this time (ms UTC) names it."""
        if self._told_to and code != self._told_to:
            return Text("其他机构", "another institution")
        name = name or (self._reference.row("institutions", code, at) or {}).get("name") or ""
        return _with_code(name, code) or Text(code, code)

    def of(self, row: Evidence) -> Text:
        """The institution of a row."""
        return self.institution(row.institution, row.name, row.time)

    def institutions(self, rows: Iterable[Evidence]) -> Text:
        """The institutions of these rows, each once, in order."""
        first = {row.institution: row for row in reversed(list(rows))}
        named = [self.of(row) for row in reversed(first.values())]
        return listed(dict.fromkeys(named), MOST)

    def drug(self, row: Evidence) -> Text:
        """The drug of a row; where it names none, that it is one."""
        if not row.item:
            return Text("药品", "a drug")
        name = (self._reference.row("drugs", row.item, row.time) or {}).get("name") or ""
        return _with_code(name, row.item) or Text(f"药品{row.item}", f"the drug {row.item}")

    def service(self, row: Evidence) -> Text:
        """The service of a row, by the name that the table of items has."""
        name = (self._reference.row("items", row.item, row.time) or {}).get("name") or ""
        return _with_code(name, row.item) or Text(f"项目{row.item}", f"the service {row.item}")

    def region(self, code: str, row: Evidence) -> Text:
        """A region, by the name that the register of institutions has for it where the institution of the row lies."""
        is_registered = code == self.column("institutions", "admdvs", row)
        name = self.column("institutions", "admdvs_name", row) if is_registered else ""
        return _with_code(name, code) or Text(f"区划{code}", f"county {code}")

    def column(self, table: str, column: str, row: Evidence) -> str:
        """What the register of institutions, or the table of drugs or items, says of a row; empty where nothing."""
        key = row.item if table in ("drugs", "items") else row.institution
        return (self._reference.row(table, key, row.time) or {}).get(column) or ""


def _with_code(name: str, code: str) -> Text | None:
    """A name with the code behind it; None where there is no name, or where somebody wrote the code in its place.

    >>> _with_code("示例大药房", "P1").zh, _with_code("P1", "P1")
    ('示例大药房（P1）', None)
    """
    return Text(f"{name}（{code}）", f"{name} ({code})") if name and name != code else None
