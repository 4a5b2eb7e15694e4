"""D20: dear products instead of those that won the procurement."""

from __future__ import annotations

import pytest

from rules.billing.d20_dear_instead_of_won import DearInsteadOfWon
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import DAY, HOUR, SECOND
from tests.oracle.wire import HOSPITAL, METFORMIN, RAMIPRIL, RAMIPRIL_TOO, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

RULE = DearInsteadOfWon()


def table(dear: str = "other", **row: str) -> Reference:
    """Two products of one substance, of which one won."""
    reference = Reference()
    reference.put("drugs", {"med_list_codg": RAMIPRIL, "group": "G", "procured": "won"})
    reference.put("drugs", {"med_list_codg": RAMIPRIL_TOO, "group": "G", "procured": dear, "name": "雷米普利"} | row)
    return reference


def given(item: str, after: float, /, **fields: object) -> Body:
    """A line of an outpatient, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    of_line = {name: fields.pop(name) for name in ("cnt", "init_feedetl_sn", "det_item_fee_sumamt") if name in fields}
    own = line(str(fields.pop("number", f"{item}-{after}")), moment, med_list_codg=item, **of_line)
    infno = str(fields.pop("infno", "2204"))
    return fee_lines("V1", [own], moment, infno, med_type="11", fixmedins_code=HOSPITAL) | fields


def month(dear: int, won: int, /, **fields: object) -> list[Body]:
    """So many lines of each, an hour apart; first those of the product that won."""
    first = [given(RAMIPRIL, n * HOUR / DAY) for n in range(won)]
    return [*first, *(given(RAMIPRIL_TOO, 10 + n * HOUR / DAY, **fields) for n in range(dear))]


def values(*bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands."""
    return [round(one.measure.value, 1) for one in standing_after(RULE, bodies, reference or table())]


@pytest.mark.parametrize(("dear", "won", "expected"), [(19, 0, []), (20, 0, [100]), (20, 20, []), (26, 25, [51.0])])
def test_twenty_lines_and_more_than_half(dear: int, won: int, expected: list[float]) -> None:
    """Also where the product that won is never given."""
    assert expected == values(*month(dear, won))


@pytest.mark.parametrize(("last", "expected"), [(30, []), (30 - SECOND / DAY, [100])])
def test_the_month_is_half_open(last: float, expected: list[float]) -> None:
    """By fee_ocur_time."""
    lines = [given(RAMIPRIL_TOO, n) for n in range(19)]

    assert expected == values(*lines, given(RAMIPRIL_TOO, last))


@pytest.mark.parametrize(("after", "alerts"), [(14, 1), (14 + SECOND / DAY, 2)])
def test_an_alert_ends_after_two_weeks(after: float, alerts: int) -> None:
    """From the twentieth line to the next one."""
    twenty = [given(RAMIPRIL_TOO, 0, number=n) for n in range(20)]

    assert alerts == len(values(*twenty, given(RAMIPRIL_TOO, after)))


def test_each_institution_and_each_substance_by_itself() -> None:
    """Of substances that are procured by volume."""
    lines = month(19, 0)

    assert [] == values(*lines, given(RAMIPRIL_TOO, 11, fixmedins_code="H34102100002"))
    assert [] == values(*lines, given(METFORMIN, 11))
    assert [] == values(*lines, given(RAMIPRIL_TOO, 11), reference=table(dear="won"))
    assert [] == values(*lines, given(RAMIPRIL_TOO, 11), reference=table(valid_from="2026-04-01"))


def test_lines_of_stays_are_not_kept() -> None:
    """Nor what is given back; what is cancelled does not count."""
    back: Body = {"cnt": -1, "init_feedetl_sn": "1", "det_item_fee_sumamt": -1}
    for other in ({"infno": "2301"}, back):
        effects = effects_of(RULE, month(30, 0, **other), table())
        assert (0, []) == (effects.counts.entries["procured"], effects.alerts)
    cancel = message("2205", at("00:00", day=12), mdtrt_id="V1", feedetl_sn="x", fixmedins_code=HOSPITAL)

    assert [] == values(*month(19, 0), given(RAMIPRIL_TOO, 11, number="x"), cancel)


def test_the_column_says_won_or_other() -> None:
    """Anything else is refused."""
    with pytest.raises(BadRowError, match=r"drugs\.procured: expected one of won, other"):
        table(dear="lost")


def test_the_sentences_and_the_rows() -> None:
    """Which drug, how many lines of how many, how much."""
    [alert] = standing_after(RULE, month(24, 6), table())
    lines = "30天内同一集采成分的30条门诊和药店明细中，非中选产品"

    assert f"{lines}（如雷米普利（{RAMIPRIL_TOO}））24条，占80%（提示阈值：超过50%）" in alert.text.zh
    assert "24 of 30 lines of a substance procured by volume within 30 d, for outpatients, were of products" in (
        alert.text.en
    )
    assert {"pric": "20.5", "procured": "other"} == alert.evidence[0].decided
