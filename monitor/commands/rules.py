"""Commands about rules: the catalogue, a file of parameters, and what is in force on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import (
    Json,
    Lang,
    LangOption,
    RulesFile,
    check_one_of,
    group,
    out,
    out_json,
    out_line,
)
from monitor.contract.text import Said
from monitor.rulecolumn import rule_cell
from monitor.settings import Settings, load_settings
from monitor.text import padded
from rules.engine.parameter import UNITS, Parameter, origin_text
from rules.engine.watch import Watch

STATUS: Mapping[str, Said] = {
    "live": Said("启用", "live"),
    "shadow": Said("试运行", "shadow"),
    "off": Said("停用", "off"),
}
_NEEDS = Said("（需要参考表：{tables}）", "  (needs {tables})")
_WELL = Said("{file}：无误，启用规则 {number} 项", "{file}: well, {number} rules in force")
_NOW = Said("{rule_id}：现为{status}", "{rule_id}: now {status}")
_PUT = Said("{file}：已发布规则 {number} 项", "{file}: {number} rules put")

RuleId = Annotated[str, typer.Argument(help="Id of a rule, such as S01.")]

rules_app = group("The catalogue of rules.")


@rules_app.command("list")
def rules_list(
    rules: RulesFile = None,
    live: Annotated[bool, typer.Option("--live", help="As they are in force on the cluster.")] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Every rule, with its stage, its ledger and whether it is in force."""
    from monitor.inforce.rulebook import all_rules
    from monitor.inforce.versions import versions_of

    settings = load_settings(rules=rules, brokers=brokers, prefix=prefix)
    if live:
        watches = talk(settings, versions_of(client(settings), settings.prefix).newest).watches
    else:
        watches = all_rules(settings.rules)
    rows = [
        {
            "id": watch.rule.id, "name": watch.rule.card.name.zh, "name_en": watch.rule.card.name.en,
            "family": watch.rule.card.family, "stage": watch.rule.card.stage,
            "status": _status_of(watch),
            "version": watch.full_version, "tables": list(watch.rule.card.tables),
        }
        for watch in watches
    ]  # fmt: skip
    if as_json:
        out_json(rows)
        return
    for row in rows:
        needs = _NEEDS.of(lang.value).format(tables=", ".join(row["tables"])) if row["tables"] else ""
        status = padded(STATUS[str(row["status"])].of(lang.value), 7)
        out(
            f"{rule_cell(str(row['id']))} {status} {row['version']:9} {row['stage']:5} {row['family']:12} "
            f"{row['name' if lang is Lang.zh else 'name_en']}{needs}"
        )


@rules_app.command("show")
def rules_show(
    rule_id: RuleId,
    rules: RulesFile = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """The page of one rule, with its parameters as they are in force; in English where it has no Chinese page yet."""
    from monitor.inforce.rulebook import load_rules, thresholds_of
    from monitor.rulepage import chinese, english
    from rules.catalogue import catalogue
    from rules.engine.tags import TAGS

    classes = catalogue()
    check_one_of("rule", rule_id, classes)
    in_force = {watch.rule.id: watch for watch in load_rules(load_settings(rules=rules).rules)}
    watch = in_force.get(rule_id, Watch(classes[rule_id]()))  # type: ignore[call-arg]  # every parameter has a default
    rule, tagged = watch.rule, thresholds_of(watch)
    page, page_zh = english(classes[rule_id]), chinese(classes[rule_id])
    card = rule.card
    if as_json:
        out_json(
            {
                "id": rule_id,
                "name": card.name.zh,
                "name_en": card.name.en,
                "basis": card.basis,
                "parameters": asdict(rule),
                "tag": tagged,
                "about_parameters": {name: to_builtins(said) for name, said in rule.parameters().items()},
                "page": page,
                "page_zh": page_zh,
            }
        )
        return
    if lang is Lang.zh:
        said = page_zh or f"（本规则的说明目前只有英文）\n\n{page}"
        out(f"{rule_id} {card.name.zh}\n依据：{card.basis}\n\n{said}\n\n参数：")
    else:
        out(f"{rule_id} {card.name.en}\nBasis: {card.basis}\n\n{page}\n\nIn force:")
    for name, value in asdict(rule).items():
        out(f"  {name} = {value} {_explained(rule.parameters()[name], lang)}")
    for tag, values in tagged.items():
        told = ", ".join(f"{name} = {value}" for name, value in values.items())
        out(f"  {TAGS[tag].zh if lang is Lang.zh else TAGS[tag].en}: {told}")


def _explained(said: Parameter, lang: Lang) -> str:
    """The unit, the meaning and the origin of a parameter, in one language."""
    texts = (UNITS[said.unit], said.meaning, origin_text(said.origin))
    unit, meaning, origin = (text.zh if lang is Lang.zh else text.en for text in texts)
    return f"（{unit}）{meaning}。{origin}" if lang is Lang.zh else f"({unit}) {meaning}. {origin}"


@rules_app.command("validate")
def rules_validate(
    rules: Annotated[Path, typer.Argument(help="A rules.toml.")], *, lang: LangOption, as_json: Json = False
) -> None:
    """Whether a rules.toml would be taken; the place and the reason where not."""
    from monitor.inforce.rulebook import load_rules

    watches = load_rules(rules)
    if as_json:
        out_json({"file": str(rules), "in_force": [watch.rule.id for watch in watches]})
    else:
        out_line(_WELL.of(lang.value).format(file=rules, number=len(watches)))


@rules_app.command("put")
def rules_put(
    file: Annotated[Path, typer.Argument(help="A rules.toml; a rule that it does not name has its defaults.")],
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Bring the rules of a file into force on a cluster, without a restart; all of it or nothing."""
    from monitor.inforce.rulebook import definitions
    from streams.kafka.tables import publish
    from streams.kafka.topics import Names

    settings = load_settings(brokers=brokers, prefix=prefix)
    records = [(key, value, ()) for key, value in definitions(file)]
    talk(settings, lambda: publish(client(settings), Names(settings.prefix).rules, records))
    if as_json:
        out_json({"file": str(file), "put": [key.decode() for key, _, _ in records]})
    else:
        out_line(_PUT.of(lang.value).format(file=file, number=len(records)))


@rules_app.command("promote")
def rules_promote(
    rule_id: RuleId, brokers: Brokers = None, prefix: Prefix = None, *, lang: LangOption, as_json: Json = False
) -> None:
    """Let a rule that is in shadow go live on a cluster, with the parameters that it has there."""
    _give_life(load_settings(brokers=brokers, prefix=prefix), rule_id, {"shadow": "live"}, lang, as_json=as_json)


@rules_app.command("retire")
def rules_retire(
    rule_id: RuleId, brokers: Brokers = None, prefix: Prefix = None, *, lang: LangOption, as_json: Json = False
) -> None:
    """Switch a rule off on a cluster; its parameters are kept. Open alerts of it close at the next tick."""
    steps = {"live": "off", "shadow": "off"}
    _give_life(load_settings(brokers=brokers, prefix=prefix), rule_id, steps, lang, as_json=as_json)


def _give_life(settings: Settings, rule_id: str, steps: Mapping[str, str], lang: Lang, *, as_json: bool) -> None:
    """Bring a rule of a cluster from the status that it has to the next. Raises ConfigurationError."""
    from monitor.inforce.rulebook import definition
    from monitor.inforce.versions import versions_of
    from streams.kafka.tables import publish
    from streams.kafka.topics import Names

    watches = talk(settings, versions_of(client(settings), settings.prefix).newest).watches
    check_one_of("rule", rule_id, [one.rule.id for one in watches])
    [watch] = [one for one in watches if one.rule.id == rule_id]
    check_one_of(f"status of {rule_id}", _status_of(watch), steps)
    status = steps[_status_of(watch)]
    key, value = definition(watch, {"enabled": False} if status == "off" else {"status": status})
    talk(settings, lambda: publish(client(settings), Names(settings.prefix).rules, [(key, value, ())]))
    if as_json:
        out_json({"id": rule_id, "status": status})
    else:
        out_line(_NOW.of(lang.value).format(rule_id=rule_id, status=STATUS[status].of(lang.value)))


def _status_of(watch: Watch) -> str:
    return ("shadow" if watch.shadow else "live") if watch.enabled else "off"
