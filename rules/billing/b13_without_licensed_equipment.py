"""Rule B13: an item is charged that needs equipment for which the institution has no licence."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    DAY,
    Card,
    Episode,
    Listed,
    Names,
    Reference,
    Text,
    assumption,
    ends_after,
    is_licensed,
    needed_equipment,
    parameter,
    reached,
    yuan,
)

from ._lines import CountedLines


class WithoutLicensedEquipment(CountedLines[Listed]):
    """An institution charges again and again what needs equipment for which it holds no licence.

    Why: "利用过期医疗设备开展检查化验" and "违规购置大型医疗设备" (She county, 2025-04-30). Large equipment may only be
    set up with a licence; what is done on a device without one, or with one that has run out, the fund does not owe.

    Judged are the lines with cnt above 0, of a settlement or uploaded before it (2204, 2301), without `etip_flag` =
    `1`, of an item that has `equipment` in the table `items`, by the row that is valid at fee_ocur_time. A line counts
    if the table `equipment` has a row for this kind at any institution, but at fee_ocur_time none that is valid of the
    line's institution or of one of its group (`group` in `institutions`), nor had one `grace_days` before. Counted
    are those of one institution and kind in the `days` that end with the judged line. It is a finding, `warning`, from
    `fewest` on. Without a row in both tables the rule is silent.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 20 licences; each is
    renewed, or its device replaced, once in five years, and of one in five of these the new row comes more than a month
    late): 0.0022 alerts a day. That is 0.067 alerts a month in 200,000.

    Known gaps: the fee line does not say on which device the item was done, so a device that is old, not calibrated or
    of another maker than the licensed one is not seen while the institution has a licence for the kind. A device that
    was bought beyond the plan, if another one of the kind is licensed. Institutions of one group that hold no licence
    of their own. A device that is rented, or brought on a bus, by a contract needs a row of its own. A licence of a few
    days that began and ended within the grace. A line that is given back by another one still counts, until it is
    cancelled by its number or its batch.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import HOSPITAL, at, judge, listed
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "001", "equipment": "PET/CT"})
        >>> row = {"place_and_kind": f"{HOSPITAL}:PET/CT", "valid_to": "2026-01-31"}
        >>> reference.put("equipment", row)
        >>> def charged(count):
        ...     return [listed(at("09:00", day=day), item="001") for day in range(count)]
        >>> rule = WithoutLicensedEquipment()
        >>> judge(rule, charged(2), reference)
        []
        >>> [(found.value, found.severity) for found in judge(rule, charged(3), reference)]
        [(3, 'warning')]

    """

    card = Card(
        id="B13",
        name=Text("无有效配置许可的设备收费", "Charged without a licence for the equipment"),
        family="billing",
        ledger="unlicensed",
        subject="institution",
        why=Text(
            "该项目须用经许可配置的设备，而机构当时没有有效许可：设备违规购置、许可已过期，或项目并未开展",
            "The item needs licensed equipment and no licence was valid: bought without one, run out, or never done",
        ),
        basis="《医疗器械监督管理条例》第四十八条、第五十五条；《医疗保障基金使用监督管理条例》第三十八条；"
        "歙县专项整治方案（2025-04-30）“利用过期医疗设备开展检查化验”“违规购置大型医疗设备”",
        advice=Text(
            "10日内向卫生健康部门核对配置许可与有效期，现场查看设备铭牌与使用记录，抽查检查报告是否本机构出具",
            "within 10 days the licence and its dates at the health authority; on site the plate of the device and its "
            "log; in a sample who made the reports",
        ),
        tables=("items", "equipment"),
        decided=("items.equipment",),
    )

    fewest: int = parameter(
        3,
        "统计天数内这样的明细达到该条数即触发",
        "number of such lines that sets the rule off",
        unit="lines",
        origin=assumption("一两条可能是录入有误", "one or two may be typed wrongly"),
    )
    days: int = parameter(
        7,
        "统计天数",
        "length of the window",
        unit="days",
        origin=assumption("录入错误一周内应改过来", "slips are put right within a week"),
    )
    grace_days: int = parameter(
        30,
        "这么多天以前许可有效的不计，留作办理延续和更新表格的时间",
        "a licence that was valid so many days before still counts, for renewals and for the table to follow",
        unit="days",
        origin=assumption(
            "延续申请依《行政许可法》第五十条在届满三十日前提出，登记可能滞后一个月",
            "a renewal is asked for 30 days before the end (Administrative Licence Law, article 50); the table may be "
            "a month behind",
        ),
    )
    quiet: int = ends_after(2_592_000, "30天内的并入同一预警", "those of 30 days stay one alert")

    @property
    def least(self) -> int:
        """As many lines."""
        return self.fewest

    @property
    def measure(self) -> str:
        """Lines that should not be."""
        return "lines_without_licensed_equipment"

    def counts(self, line: Listed, reference: Reference) -> bool:
        """Whether no licence was valid then, nor a while before: the ledger has only lines without one."""
        return not is_licensed(line, needed_equipment(line, reference), line.time - self.grace_days * DAY, reference)

    def details(self, lines: Sequence[Listed], reference: Reference) -> dict[str, str]:
        """The kind of equipment, whether the institution ever had a licence for it, and what was charged."""
        last = lines[-1]
        kind = needed_equipment(last, reference)
        has_row = bool(reference.rows("equipment", f"{last.institution}:{kind}"))
        return {"kind": kind, "row": "1" if has_row else "", "sum": yuan(sum(one.total for one in lines))}

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which equipment and item, how many lines, how much."""
        found = episode.peak
        service, kind, total = names.service(found.evidence[-1]), found.details["kind"], found.details["sum"]
        limit = reached(found.limit, Text("条明细", "lines"))
        state = _NOT_VALID if found.details["row"] else _NO_LICENCE
        return Text(
            f"{self.days}天内收取须用{kind}的项目（如{service.zh}）{found.value:g}条明细，合计{total}元，{state.zh}（{limit.zh}）",
            f"{found.value:g} lines within {self.days} d, {total} yuan in all, for what needs {kind} (such as "
            f"{service.en}); {state.en} ({limit.en})",
        )


_NOT_VALID = Text("而机构该类设备的配置许可当时已过期或尚未生效", "its licence for it had run out, or had not begun")
_NO_LICENCE = Text("而许可表中没有该机构这类设备的许可", "the table has no licence of the institution for it")
