"""Rule S03: several of a pharmacy's own staff settle there within an hour."""

from __future__ import annotations

from rules import (
    SECOND,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Swipe,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    of_burst,
    parameter,
    reached,
    span_text,
    works_here,
)


class OwnStaffSwiping(Rule[Swipe]):
    """Three persons who work at a pharmacy settle there within an hour.

    Why: "组织本单位员工空刷套刷医保凭证骗保" (She county, 2025-04-30). Where a pharmacy draws money from its own
    staff's accounts, their cards go through the till one after the other. No number is published; three persons within
    an hour are our assumption.

    Counted are the distinct persons with a standing settlement of the pharmacy (2102, or med_type 41) in
    (t - `window`, t] who work there: by the row of the table `staff` that is valid at setl_time. Only such a
    settlement is judged. It is a finding from `limit` on: `high`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_cards.py`, our assumption: 60 pharmacies with six
    employees each, of whom each buys there once a month, always in the last hour of a shift): 0.041 alerts a day. That
    is 1.2 alerts a month in 200,000.

    Known gaps: staff whose number is not in the table. Cards of their relatives. A roster without dates keeps those who
    left.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import PHARMACY, at, judge, swipe
        >>> reference = Reference()
        >>> for person in ("p1", "p2", "p3"):
        ...     reference.put("staff", {"psn_no": person, "fixmedins_code": PHARMACY})
        >>> def cards(count):
        ...     return [swipe(at("20:00", seconds=900 * n), f"p{n}") for n in range(1, count + 1)]
        >>> judge(OwnStaffSwiping(), [*cards(2), swipe(at("20:40"), "customer")], reference)
        []
        >>> [(found.value, found.severity) for found in judge(OwnStaffSwiping(), cards(3), reference)]
        [(3, 'high')]

    """

    card = Card(
        id="S03",
        name=Text("本店员工集中刷卡", "Own staff swiping"),
        family="credential",
        ledger="swipes",
        subject="institution",
        why=Text(
            "药店组织本店员工刷卡套取资金时，员工的凭证会在短时间内接连结算",
            "A pharmacy that draws money from the accounts of its own staff settles their cards one after the other",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县方案（2025-04-30）“组织本单位员工空刷套刷医保凭证骗保”",
        advice=Text(
            "5日内调取该时段收银监控与进销存记录，核对药品是否实际售出、凭证是否由本人使用，并分别询问员工",
            "within 5 days the video of the till and the stock of that hour: did the drugs leave, who held the cards; "
            "then ask the employees one by one",
        ),
        tables=("staff",),
        decided=("staff.role",),
    )

    window: int = parameter(
        3_600,
        "向前统计员工人数的时间",
        "length of the time in which employees are counted",
        unit="s",
        origin=assumption("一小时", "an hour"),
    )
    limit: int = parameter(
        3,
        "本店员工达到该人数即触发",
        "number of own employees that sets the rule off",
        unit="persons",
        origin=assumption(
            "20万人的正常县每月约1.2条",
            "an honest county of 200,000 opens about 1.2 alerts a month",
        ),
    )
    quiet: int = ends_after(3_600)

    @property
    def span(self) -> int:
        """The window, ms."""
        return self.window * SECOND

    @property
    def guard(self) -> Guard:
        """As many settlements."""
        return Guard(fewest=self.limit)

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Count the employees up to this one."""
        if not works_here(entry, reference):
            return None
        own = [one for one in window.entries if works_here(one, reference)]
        persons = len({one.person for one in own})
        if persons < self.limit:
            return None
        return Finding(
            measure="own_employees",
            value=persons,
            limit=self.limit,
            unit="persons",
            severity="high",
            evidence=evidence(own, self.card),
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first of these settlements on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many employees, in how long."""
        found, length = episode.peak, span_text(self.window)
        limit = reached(found.limit, Text("人", "persons"))
        return Text(
            f"任意{length.zh}内最多{found.value:g}名本店员工刷卡结算（{limit.zh}）",
            f"up to {found.value:g} persons on the staff of this pharmacy settled there within {length.en} "
            f"({limit.en})",
        )
