"""Changes that make no difference, with the reason: no test can notice them."""

from __future__ import annotations

_FIVE_DAYS = "a settlement follows its first line by 72 h and 10 min at most, so those of one day lie closer together"
_WHOLE_DAYS = "a day is judged when it is over, so that two findings are whole days apart"
_LONGER = "what lies before is left out by the check, which asks for the time that it means"

EQUAL: dict[str, dict[str, str]] = {
    "rules.billing.b07_repeated_too_soon": {"self.longest_days * DAY +1000 ms": _LONGER},
    "rules.billing.b11_two_places_at_once": {
        "default 2: 1": "it is asked only where something lies elsewhere: then there are two places",
    },
    "rules.billing.b15_outpatient_growth": {
        "self.successive_days * DAY +1000 ms": _LONGER,
        "self.successive_days * DAY -1000 ms": "sums are of whole days, and the earliest week begins two days later",
        "default 604800: 604801": "findings are of whole days: after the seventh day comes the eighth",
    },
    "rules.credential.s01_gap": {
        "max(self.limit - 1, 0) * self.gap * SECOND +1000 ms": "a guard that lets more through: the check decides",
    },
    "rules.credential.s01_sign": {
        "(self.habit_days + 1) * DAY +1000 ms": _LONGER,
        "(self.habit_days + 1) * DAY -1000 ms": "the days reach less than this back: the window comes on top of it",
    },
    "rules.credential.s02_cards_together": {"(self.days + 1) * DAY +1000 ms": _LONGER},
    "rules.credential.s04_employer_drive": {"(self.days + 1) * DAY +1000 ms": _LONGER},
    "rules.drug.d10_count_still_on_shelf": {"self.days * DAY -1000 ms": "counts are held against one another by day"},
    "rules.drug.d04_trace_code_reuse": {
        "len(of_day) < 4 * self.placeholder: <=": "says only whether the answer is kept, and at this length it stays",
    },
    "rules.actors.a03_ring_of_persons": {
        "entry.person < one: <=": "nobody stands beside herself: the others of a lead are other persons",
    },
    "rules.entitlement.s09_no_agreement": {
        "5 * DAY +1000 ms": _FIVE_DAYS,
        "5 * DAY -1000 ms": _FIVE_DAYS,
        "default 432000: 432001": _FIVE_DAYS,
        "default 432000: 431999": _FIVE_DAYS,
    },
    "rules.inpatient.i06_village_village_together": {
        "(_DAYS + 1) * DAY +1000 ms": "sums are of whole days, and a second more keeps none more",
    },
    "rules.inpatient.i12_more_patients_than_beds": {
        "(self.longest_days + 2) * DAY +1000 ms": _LONGER,
        "(self.longest_days + 2) * DAY -1000 ms": "a day has no second after its last, and times are whole seconds",
        "window.count < least: <=": "the entry that judges is in the window too, and is no patient of the day",
    },
    "rules.drug.d08_round_sums": {"default 172800: 172801": _WHOLE_DAYS},
}
"""Module -> what is changed, as it is printed -> why nothing can tell it from the source as it is."""
