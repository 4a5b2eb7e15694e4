"""Times: integer milliseconds UTC inside, Beijing time (UTC+8, no daylight saving) outside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

BEIJING = timezone(timedelta(hours=8))
_OFFSET = 8 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_BEIJING = datetime(1970, 1, 1, 8)  # noqa: DTZ001 - the naive twin of the epoch, as clocks in Beijing showed it
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(1 << 14)  # one moment stands several times in a message
def to_ms(moment: datetime) -> int:
    """Milliseconds UTC of a moment; one without an offset is Beijing time.

    >>> to_ms(datetime(2026, 3, 5, 14, 2)) == to_ms(datetime(2026, 3, 5, 6, 2, tzinfo=UTC))
    True
    """
    if moment.tzinfo is None:
        return (moment - _EPOCH_BEIJING) // _MILLISECOND
    return (moment - _EPOCH) // _MILLISECOND


def first_moment(day: date) -> int:
    """The first moment of a day in Beijing, ms UTC.

    >>> first_moment(date(2026, 3, 5)) == parse("2026-03-05")
    True
    """
    return (day.toordinal() - _EPOCH_DAY) * DAY - _OFFSET


LATEST = 253_402_271_999_000
"""The last second that the calendar of Beijing holds, ms UTC."""


def from_ms(ms: int) -> datetime:
    """A moment as the clocks of Beijing show it, without an offset.

    >>> to_ms(from_ms(1_234))
    1234
    """
    return _EPOCH_BEIJING + ms * _MILLISECOND


def parse(text: str) -> int:
    """Milliseconds UTC of "yyyy-MM-dd HH:mm:ss", of ISO 8601, or of a date alone (its first moment in Beijing).

    Raises ValueError for anything else, a time of day without a date among them.

    >>> parse("2026-03-05") == parse("2026-03-05 00:00:00") == parse("2026-03-04T16:00:00Z")
    True
    """
    return to_ms(datetime.fromisoformat(text))


def iso(ms: int) -> str:
    """A moment as ISO 8601 with the offset of Beijing; milliseconds only where there are any.

    >>> iso(0), iso(1)
    ('1970-01-01T08:00:00+08:00', '1970-01-01T08:00:00.001+08:00')
    """
    return (
        (_EPOCH + ms * _MILLISECOND)
        .astimezone(BEIJING)
        .isoformat(timespec="milliseconds" if ms % SECOND else "seconds")
    )


def clock(ms: int, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment as people in Beijing write it.

    >>> clock(parse("2026-03-05 14:02:59"))
    '2026-03-05 14:02'
    """
    return datetime.fromtimestamp(ms / SECOND, BEIJING).strftime(form)


def day_of(ms: int) -> int:
    """The first moment of the Beijing day that holds this one."""
    return (ms + _OFFSET) // DAY * DAY - _OFFSET


def year_of(ms: int) -> int:
    """The first moment of the Beijing year that holds this one."""
    return parse(clock(ms, "%Y-01-01"))


def hour_of_day(ms: int) -> int:
    """0-23, in Beijing."""
    return (ms + _OFFSET) % DAY // HOUR


BEFORE_ALL = -(1 << 62)
"""Earlier than any time, ms."""
FAR = 253_402_300_799_000
"""Later than any time: the tick after the last one, ms UTC. The end of the year 9999."""
