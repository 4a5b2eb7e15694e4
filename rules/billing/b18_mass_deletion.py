"""Rule B18: an institution deletes very many records within an hour."""

from __future__ import annotations

from rules import (
    SECOND,
    Arrival,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
    span_text,
)


class MassDeletion(Rule[Arrival]):
    """An institution sends very many deletions within an hour: of fee lines, admissions, discharges or rows of stock.

    Why: "通过集体串供、篡改病历、销毁凭证、删除数据等对抗检查" (She county, 2025-04-30), and article 38 of the
    regulation. One line entered wrongly is deleted now and then; who deletes thirty things in an hour tidies up, as
    before an inspection. No number is published; thirty are our assumption.

    Counted are the deletions of one institution (2205, 2302, 2404, 2405, 3507) in the `window` that ends with the
    judged one, by inf_time, whatever they name; each message once. It is a finding, `high`, from `limit` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_offices.py`, our assumption: 70 institutions, of which
    each enters a wrong price or a wrong batch once in two years and deletes it at one go): 0.096 alerts a day. That is
    2.9 alerts a month in 200,000.

    Known gaps: one message may delete all lines of a visit (2205, 2302) and counts once. What was reversed (2103, 2208,
    2305) is not counted: both rows stay. What is deleted inside the institution is not seen.

    Example:
        >>> from rules.testing import arrival, at, judge
        >>> def deleted(count):
        ...     return [arrival(at("18:00", seconds=60 * n), transaction="2302") for n in range(count)]
        >>> judge(MassDeletion(), deleted(29))
        []
        >>> [(found.value, found.severity) for found in judge(MassDeletion(), deleted(30))]
        [(30, 'high')]

    """

    card = Card(
        id="B18",
        name=Text("短时间大量删除数据", "Mass deletion"),
        family="billing",
        ledger="deletions",
        subject="institution",
        why=Text(
            "短时间内大量删除已上传的数据，可能是在检查前后销毁、篡改记录",
            "Very many records deleted within an hour: somebody may destroy what an inspection would find",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条、第四十条；歙县专项整治方案（2025-04-30）“通过集体串供、篡改病历、销毁凭证、删除数据等对抗检查”",
        advice=Text(
            "当日固定已上传的原始报文与机构系统日志，核对删除了哪些记录、由谁删除、是否重新上传",
            "on the same day secure the messages as they were uploaded and the log of the institution's system: what "
            "was deleted, by whom, was it uploaded anew",
        ),
    )

    window: int = parameter(
        3_600,
        "统计时长",
        "length of the window",
        unit="s",
        origin=assumption("集中删除在一小时内完成", "who tidies up does it at one go"),
    )
    limit: int = parameter(
        30,
        "统计时长内的删除达到该次数即触发",
        "number of deletions in the window that sets the rule off",
        unit="deletions",
        origin=assumption("大医院高峰一小时约五次", "a large hospital has about five in its busiest hour"),
    )
    quiet: int = ends_after(86_400, "同一日的并入同一预警", "those of one day stay one alert")

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.window * SECOND

    @property
    def guard(self) -> Guard:
        """As many deletions."""
        return Guard(fewest=self.limit)

    def check(self, entry: Arrival, window: Window[Arrival], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the deletions of the window."""
        if window.count < self.limit:
            return None
        return Finding(
            measure="deletions",
            value=window.count,
            limit=self.limit,
            unit="deletions",
            severity="high",
            evidence=evidence(window.entries, self.card),
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many at most within the window."""
        found, length = episode.peak, span_text(self.window)
        limit = reached(found.limit, Text("次", "deletions"))
        return Text(
            f"{length.zh}内删除已上传的记录{found.value:g}次（{limit.zh}）",
            f"uploaded records were deleted {found.value:g} times within {length.en} ({limit.en})",
        )
