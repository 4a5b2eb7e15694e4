"""I06-TEL, I06-HOME, I06-VILLAGE, I09 and I13-TEL from their pages."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from .facts import DAY, Facts, Piece, day_of, row, seconds, text_of
from .findings import Found

CIRCLES = (("I06-HOME", "household", 3, 3), ("I06-VILLAGE", "village", 3, 6), ("I09", "care_home", 7, 4))


def convoys(facts: Facts) -> Iterator[Found]:
    """All of them."""
    admissions = facts.of("2401")
    for rule, column, days, limit in CIRCLES:
        circles: dict[tuple[str, ...], list[Piece]] = {}
        for one in admissions:
            lives = row(facts.tables, "households", "psn_no", one.person, one.time) or {}
            if lives.get(column):
                circles.setdefault((one.place, lives[column]), []).append(one)
        yield from _together(rule, circles, days, limit)
    yield from _together("I06-TEL", _by_telephone(admissions, by_place=True), 30, 4)
    yield from _together("I13-TEL", _by_telephone(admissions, by_place=False), 30, 4)


def _by_telephone(admissions: list[Piece], *, by_place: bool) -> dict[tuple[str, ...], list[Piece]]:
    circles: dict[tuple[str, ...], list[Piece]] = {}
    for one in admissions:
        digits = "".join(letter for letter in text_of(one.message, "tel") if letter.isdigit())
        digits = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
        if len(digits) >= 7 and digits != digits[0] * len(digits):
            circles.setdefault((one.place, digits) if by_place else (digits,), []).append(one)
    return circles


def _together(rule: str, circles: dict[tuple[str, ...], list[Piece]], days: int, floor: int) -> Iterator[Found]:
    for scope, circle in circles.items():
        counted = [one for one in circle if _counts(one)]
        for now in counted:
            seen = [one for one in counted if now.time - days * DAY < one.time <= now.time]
            latest = {one.person: one for one in seen}
            limit = _limit(circle, now, days, floor) if rule == "I06-VILLAGE" else floor
            places = {one.place for one in seen}
            if len(latest) >= limit and (rule != "I13-TEL" or len(places) >= 2):
                yield Found(rule, scope, now.time, len(latest), _severity(list(latest.values()), limit))


def _counts(one: Piece) -> bool:
    return one.kind not in ("28", "52", "5212") and _diagnosis(one)[:1] not in ("S", "T")


def _diagnosis(one: Piece) -> str:
    return text_of(one.message, "dscg_maindiag_code").upper()


def _limit(circle: list[Piece], now: Piece, days: int, floor: int) -> float:
    end = day_of(min(now.time, seconds(now.message["inf_time"])) - 73 * DAY)

    usual = sum(end - 84 * DAY <= one.time < end for one in circle) * days / 84
    return max(floor, usual + 5 * sqrt(usual))


def _severity(latest: list[Piece], limit: float) -> str:
    groups = [_diagnosis(one)[:3] for one in latest if _diagnosis(one)]
    alike = max((groups.count(group) for group in groups), default=0)
    return "high" if len(latest) >= 2 * limit or 2 * alike >= len(latest) else "warning"
