"""Commands about reference tables: validate, load, list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, Lang, LangOption, group, out_json, out_line
from monitor.contract.text import Said
from monitor.settings import load_settings
from monitor.text import complain

reference_app = group("Reference tables.")

_KEYS = Said("个键", "keys")
_ROWS = Said("行", "rows")

Tables = Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="A <table>.csv, or a folder with such files.")]


@reference_app.command("validate")
def reference_validate(tables: Tables, *, lang: LangOption, as_json: Json = False) -> None:
    """Whether tables would be taken; file, line and reason where not. Their columns: docs/reference.md."""
    from monitor.inforce.reference import load_reference
    from rules.reference import TABLES

    read = load_reference(tables, load_settings().pseudonyms, complain)
    _say_counts({table: len(list(read.keys(table))) for table in TABLES}, _KEYS, lang, as_json=as_json)


@reference_app.command("load")
def reference_load(
    tables: Tables, *, lang: LangOption, brokers: Brokers = None, prefix: Prefix = None, as_json: Json = False
) -> None:
    """Write tables to their topics; persons as pseudonyms."""
    from monitor.inforce.reference import files_of, load_reference, read_rows, with_pseudonyms
    from monitor.worker.worker import check_key
    from streams.kafka.tables import publish_rows

    settings = load_settings(brokers=brokers, prefix=prefix)
    check_key(settings)
    load_reference(tables, settings.pseudonyms, complain)  # refuses before anything is written
    loaded = {}
    for table, path in files_of(tables).items():
        rows = [with_pseudonyms(table, row, settings.pseudonyms) for _, row in read_rows(path)]
        loaded[table] = talk(settings, partial(publish_rows, client(settings), settings.prefix, table, rows))
    _say_counts(loaded, _ROWS, lang, as_json=as_json)


@reference_app.command("list")
def reference_list(*, lang: LangOption, brokers: Brokers = None, prefix: Prefix = None, as_json: Json = False) -> None:
    """How many keys each table has on its topic."""
    from monitor.inforce.versions import versions_of
    from rules.reference import TABLES

    settings = load_settings(brokers=brokers, prefix=prefix)
    tables = talk(settings, versions_of(client(settings), settings.prefix).newest).reference
    _say_counts({table: len(list(tables.keys(table))) for table in TABLES}, _KEYS, lang, as_json=as_json)


def _say_counts(counts: Mapping[str, int], of_what: Said, lang: Lang, *, as_json: bool) -> None:
    """How many of each table, which is called as its file is."""
    if as_json:
        out_json(counts)
        return
    for table, number in counts.items():
        out_line(f"{table:13} {number} {of_what.of(lang.value)}")
