"""Effects: what follows from records that were fed, for whoever publishes and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .alert import Alert
from .entry import Entry
from .page import Page
from .questions import Reminder


@dataclass
class Counts:
    """How often something happened that is only counted.

    entries: kept, by ledger. evaluations: of a rule, by its id. undecidable: judgements that lacked something, by rule
    and what. duplicates: messages that came twice. msgid_reused: messages with the msgid of another one.
    late_retractions: that came too late for what they name.
    """

    entries: Counter[str] = field(default_factory=Counter)
    evaluations: Counter[str] = field(default_factory=Counter)
    undecidable: Counter[tuple[str, str]] = field(default_factory=Counter)
    duplicates: int = 0
    msgid_reused: int = 0
    late_retractions: int = 0


@dataclass
class Effects:
    """What one or more records brought about.

    refused: entries that a ledger, or the sums of their day, no longer take, with the ledger's name. errors: rule,
    entry and what was raised. without_target: what found nothing, by retractions_without_target or
    message_reversals_without_target, institution and transaction.
    """

    alerts: list[Alert] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    refused: list[tuple[str, Entry]] = field(default_factory=list)
    errors: list[tuple[str, Entry, str]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    without_target: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def refuse_frozen(self, page: Page, changed: Iterable[Entry]) -> None:
        """Tell of what reached a day whose sums take nothing any more; the page itself keeps it."""
        self.refused += [(page.ledger.name, entry) for entry in changed if page.is_frozen(entry.time)]

    def drain(self) -> Effects:
        """What came since the last call."""
        drained = replace(self)
        vars(self).update(vars(Effects()))
        return drained
