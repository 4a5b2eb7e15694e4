"""The command `monitor state show`."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.alertwords import STATUS
from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, LangOption, check_one_of, group, out_json, out_line
from monitor.contract.text import Said
from monitor.settings import load_settings
from rules.wire.pseudonyms import Pseudonyms

_KEY = Said("{kind} {key}，分区 {partition}", "{kind} {key}, partition {partition}")
_LEDGER = Said(
    "  {ledger} {key}：保留 {held} 条，有效 {standing} 条，{first} 至 {last}",
    "  {ledger} {key}: {standing} standing of {held} held, {first} to {last}",
)
_ALERT = Said(
    "    {rule} {status} {alert_id}：触发 {triggers} 次，{measure} {value:g}（阈值 {limit:g}）",
    "    {rule} {status} {alert_id}: {triggers} triggers, {measure} {value:g} (limit {limit:g})",
)
_LENGTH_OF_REGION = 6
"""Digits of the code of a county (GB/T 2260); a telephone has more."""

state_app = group("What the windows hold.")


@state_app.command("show")
def state_show(
    kind: Annotated[str, typer.Argument(help="person, institution, physician, token or group.")],
    name: Annotated[
        str,
        typer.Argument(
            help="Number or pseudonym of a person or telephone, code of an institution or a physician, a trace code, "
            "or the number of a prescription."
        ),
    ],
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """What the last checkpoint holds about one key, and why an alert is open."""
    from monitor.area.stateview import state_of
    from rules.ledgers.inside import SPACES

    settings = load_settings(brokers=brokers, prefix=prefix)
    check_one_of("kind", kind, SPACES)
    key = _inside(kind, name, settings.pseudonyms)
    view = talk(settings, lambda: state_of(client(settings), settings.prefix, kind, key))
    if as_json:
        out_json(view)
        return
    out_line(_KEY.of(lang.value).format(kind=kind, key=key, partition=view["partition"]))
    for ledger in view["ledgers"]:
        out_line(_LEDGER.of(lang.value).format_map(ledger | {"key": "/".join(ledger["key"])}))
        for alert in ledger["alerts"]:
            out_line(_ALERT.of(lang.value).format_map(alert | {"status": STATUS[alert["status"]].of(lang.value)}))


def _inside(kind: str, name: str, pseudonyms: Pseudonyms) -> str:
    """The key as it is used inside: of a person or a telephone the pseudonym. The code of a county is no telephone."""
    if kind == "person" and not name.startswith("p_"):
        return pseudonyms.person(name)
    is_number = kind == "group" and not name.startswith("t_") and len(name) > _LENGTH_OF_REGION
    return pseudonyms.telephone(name) if is_number else name
