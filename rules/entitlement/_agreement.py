"""What S09 and S09-STAY say alike of an agreement that is not in force."""

from collections.abc import Mapping

from rules import WITHOUT_AGREEMENT, Reference, Text, Undecidable

STATUS = {"suspended": Text("中止", "suspended"), "terminated": Text("解除", "terminated")}
"""Status in the register -> its words."""


def lapsed_at(institution: str, served: int, reference: Reference) -> dict[str, str]:
    """The status in which nothing may be settled at this time, ms UTC, and since when: details of a finding.

    Empty where the agreement is in force. `since` is empty where the register does not say it.

    Raises Undecidable where the register does not know the institution then.
    """
    row = reference.row("institutions", institution, served)
    if row is None:
        raise Undecidable("institution not in the register")
    if row["status"] not in WITHOUT_AGREEMENT:
        return {}
    return {"status": row["status"], "since": row.get("valid_from") or ""}


def lapse_text(details: Mapping[str, str]) -> Text:
    """What became of the agreement, and since when.

    >>> lapse_text({"status": "suspended", "since": "2026-03-05"})
    Text(zh='医保协议自2026-03-05起中止', en='the agreement is suspended from 2026-03-05 on')
    >>> lapse_text({"status": "terminated", "since": ""})
    Text(zh='医保协议已解除', en='the agreement is terminated')
    """
    status, since = STATUS[details["status"]], details["since"]
    from_when = Text(f"自{since}起", f" from {since} on") if since else Text("已", "")
    return Text(f"医保协议{from_when.zh}{status.zh}", f"the agreement is {status.en}{from_when.en}")
