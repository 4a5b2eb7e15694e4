"""The command `monitor`. Exit codes: 0 well, 1 problems found, 2 wrong usage or configuration, 3 something was lost."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from monitor import __version__
from monitor.commands import (
    access,
    alerts,
    console,
    contract,
    deadletters,
    demo,
    doctor,
    evaluate,
    exporter,
    leadwork,
    notify,
    readmodel,
    reconcile,
    reference,
    replay,
    rules,
    simulate,
    state,
    topics,
    worker,
)
from monitor.commands.common import out
from monitor.errors import ConfigurationError, InputError
from monitor.text import complain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _say_version(asked: bool) -> None:  # noqa: FBT001 - the value of a flag, as typer hands it on
    if asked:
        out(f"settlement-monitor {__version__}")
        raise typer.Exit


@app.callback()
def monitor(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Watches medical insurance settlements and alerts to suspicious ones. Alerts are leads, never verdicts."""


for command in (
    *(demo.demo, replay.replay, simulate.simulate, evaluate.evaluate),
    *(worker.worker, notify.notify, console.console, exporter.exporter, reconcile.reconcile, doctor.doctor),
):
    app.command()(command)
for of_lead in (leadwork.assign, leadwork.comment, leadwork.approve, leadwork.snooze, leadwork.unsnooze):
    alerts.alerts_app.command()(of_lead)
alerts.alerts_app.command("return")(leadwork.give_back)
for name, some in {
    "rules": rules.rules_app,
    "contract": contract.contract_app,
    "reference": reference.reference_app,
    "topics": topics.topics_app,
    "alerts": alerts.alerts_app,
    "deadletter": deadletters.deadletter_app,
    "state": state.state_app,
    "access": access.access_app,
    "readmodel": readmodel.readmodel_app,
}.items():
    app.add_typer(some, name=name)


def main() -> None:
    """Run the command; what is wrong in a way that was foreseen is one line and an exit code, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except ConfigurationError as error:
        complain(str(error))
        raise SystemExit(2) from None
    except InputError as error:
        complain(str(error))
        raise SystemExit(1) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
