"""Answering: a question before money moves is judged once, over what stands and itself; it leaves nothing behind."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from .alert import Moment
from .effects import Effects
from .entry import Entry
from .episode import trigger
from .judge import Judge
from .ledger import Feed, Ledger
from .memory import Memory
from .page import Page, PageName
from .questions import Told, reminder, visit_of
from .rule import Rule
from .window import Window


def _is_of_visit(one: Entry, asked: Entry) -> bool:
    """Whether an entry is of the visit that is asked about; visit numbers repeat between institutions."""
    return bool(asked.visit) and (one.institution, one.visit) == (asked.institution, asked.visit)


class Answering:
    """Answers the questions of institutions with reminders.

    feeds: which ledgers keep an entry, by its kind. speakers: the rules that may speak to an institution, by id.
    """

    def __init__(self, memory: Memory, effects: Effects, judge: Judge) -> None:
        self._memory = memory
        self._effects = effects
        self._judge = judge
        self.feeds: Mapping[type[Entry], Sequence[tuple[Ledger, Feed]]] = {}
        self.speakers: Mapping[str, Rule] = {}

    def answer(self, key_of_record: str, questions: list[Entry], now: Moment) -> None:
        """Judge a pre-settlement, unless it was answered before under this key of the topic inside.

        Long because a message asks of several kinds of entries, each under the keys of its ledgers.
        """
        if not self._memory.questions.is_new(questions, key_of_record):
            return
        told: dict[str, Told] = {}
        for entry in questions:
            for ledger, feed in self.feeds[type(entry)]:
                key = feed.key(entry, self._judge.reference)
                if key is None:
                    continue
                alike = (one for one in questions if type(one) is type(entry))
                asked = [one for one in alike if feed.key(one, self._judge.reference) == key]
                judged = self._judge_question(entry, (ledger.name, key), asked, now)
                told |= {one.alert.alert_id: one for one in judged}
        about = next((entry for entry in questions if entry.is_asked_about), None)
        if about is not None:
            self._effects.reminders.append(reminder(about, told.values(), self.speakers, now))

    def _judge_question(self, entry: Entry, page: PageName, asked: list[Entry], now: Moment) -> Iterator[Told]:
        ledger, key = page
        for newest in self._memory.watches.get(ledger, ()):
            watch = newest.at(entry.time) if newest.enabled else None
            if watch is None or not watch.rule.card.judges_pre:
                continue
            window = self._window_as_if(self._memory.page_of(page), entry, asked, watch.rule)
            finding = self._judge.ask(watch, entry, window)
            if finding is not None:
                found = trigger(entry, finding)
                alert, is_news = self._memory.questions.note(watch, key, found, visit_of(entry), now)
                if is_news:
                    self._effects.alerts.append(alert)
                yield Told(alert, found, watch.with_tag(finding.tag).rule)

    def _window_as_if(self, page: Page | None, entry: Entry, asked: list[Entry], rule: Rule) -> Window:
        """The window had the question been a settlement; less what it states again of the same visit."""
        standing = page.order[: bisect_right(page.order, entry.time, key=lambda one: one.time)] if page else []
        kinds = {type(one) for one in asked}
        others = [one for one in standing if type(one) not in kinds or not _is_of_visit(one, entry)]
        entries = sorted([*others, *asked], key=lambda one: (one.time, one.id))
        window = Window(entries, rule.span, page.bins if page else None)
        window.move_to(entries.index(entry))
        return window
