"""What accept-gap tells people of a gap. The English sentence is that of the worker that ended for it."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.contract.text import Said
from rules.times import iso
from streams.kafka.lost import Gap, Loss

_LOSSES: Mapping[Loss, str] = {
    "offset": "消费组的偏移量已丢失，而保存的状态仍在；现有记录从 {first} 开始",
    "end": "偏移量 {position} 超出末尾 {end}：主题被重建或截断",
    "records": "偏移量 {position} 至 {last} 的记录未读取即已删除",
    "state": "偏移量 {position} 处保存的状态已丢失，现有记录仅从 {first} 开始",
}


def gap_text(gap: Gap) -> Said:
    """What is lost, and from when to when as far as it is known."""
    since = "起始时间未知" if gap.judged_to is None else f"约自最后判定的小时 {iso(gap.judged_to)}"
    until = "至今" if gap.there_from is None else f"至现有第一条记录 {iso(gap.there_from)}"
    loss = _LOSSES[gap.loss].format_map(vars(gap) | {"last": gap.first - 1})
    return Said(f"{gap.topic}/{gap.partition}：{loss}（{since}，{until}）", gap.what)
