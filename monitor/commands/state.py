"""The command `monitor state show`."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, check_one_of, group, out_json, out_line
from monitor.settings import load_settings
from rules.wire.pseudonyms import Pseudonyms

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
    out_line(f"{kind} {key}, partition {view['partition']}")
    for ledger in view["ledgers"]:
        out_line(
            f"  {ledger['ledger']} {'/'.join(ledger['key'])}: {ledger['standing']} standing of {ledger['held']} held, "
            f"{ledger['first']} to {ledger['last']}"
        )
        for alert in ledger["alerts"]:
            out_line(
                f"    {alert['rule']} {alert['status']} {alert['alert_id']}: {alert['triggers']} triggers, "
                f"{alert['measure']} {alert['value']:g} (limit {alert['limit']:g})"
            )


def _inside(kind: str, name: str, pseudonyms: Pseudonyms) -> str:
    """The key as it is used inside: of a person or a telephone the pseudonym."""
    if kind == "person" and not name.startswith("p_"):
        return pseudonyms.person(name)
    return pseudonyms.telephone(name) if kind == "group" and not name.startswith("t_") else name
