"""Leads as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets take a file without it for GB18030."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    *("alert_id", "rule_id", "rule_name", "severity", "status", "stage", "fixmedins_code", "fixmedins_name"),
    *("insuplc_admdvs", "mdtrtarea_admvs", "first_time", "last_time", "vola_amt"),
)


def csv_of(alerts: Iterable[Mapping[str, Any]], dispositions: Mapping[str, str], language: str) -> str:
    """A line for each alert, headings by their names in the contract."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([*_COLUMNS, "disposition", "text"])
    for alert in alerts:
        cells = [str(alert.get(name) or "") for name in _COLUMNS]
        cells += [dispositions.get(alert["alert_id"], ""), alert["text"][language]]
        writer.writerow([_plain(cell) for cell in cells])
    return BYTE_ORDER_MARK + file.getvalue()


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: what stands in it came from outside."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
