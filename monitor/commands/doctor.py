"""The command `monitor doctor`."""

from __future__ import annotations

import typer

from monitor.commands.cluster import Brokers, Prefix
from monitor.commands.common import Json, LangOption, RulesFile, TablesFolder, out_json, out_line
from monitor.contract.text import Said
from monitor.settings import load_settings

_LINE = Said("{verdict} {what}：{detail}", "{verdict} {what}: {detail}")
_WELL = Said("正常", "well   ")
_PROBLEM = Said("异常", "PROBLEM")


def doctor(
    brokers: Brokers = None,
    prefix: Prefix = None,
    rules: RulesFile = None,
    reference: TablesFolder = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Whether everything is there, and which setting is wrong. Exit code 1 where something is not.

    Says when `monitor notify` last wrote, and since when revisions wait for it; asks Alertmanager where
    MONITOR_ALERTMANAGER is set.
    """
    from monitor.area.doctor import examine
    from monitor.notify.notifier import group_of

    settings = load_settings(brokers=brokers, prefix=prefix, rules=rules, reference=reference)
    findings = examine(settings, group_of(settings.prefix))
    if as_json:
        out_json([{"what": one.what.en, "ok": one.ok, "detail": one.detail.en} for one in findings])
    else:
        for one in findings:
            verdict = _WELL if one.ok else _PROBLEM
            out_line(_LINE.filled(verdict=verdict, what=one.what, detail=one.detail).of(lang.value))
    raise typer.Exit(0 if all(one.ok for one in findings) else 1)
