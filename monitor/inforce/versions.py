"""What is in force on a cluster: tables and rules on their topics, read with the rules of this code."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.errors import ConfigurationError
from monitor.inforce.rulebook import TAG, Life, all_rules, watch_of
from rules.catalogue import catalogue
from rules.engine.watch import Watch
from streams.kafka.versions import BadRuleError, Versions


def versions_of(client: Mapping[str, str], prefix: str) -> Versions:
    """The tables and rules of an area; client: how to reach the cluster, as aiokafka takes it."""
    return Versions(client, prefix, all_rules(), defined)


def defined(given: Mapping[str, object]) -> Watch:
    """The rule that a definition on the topic gives. Raises BadRuleError: rule, parameter, expected, came."""
    classes, rule_id, parameters = catalogue(), given.get("rule_id"), given.get("parameters", {})
    if not isinstance(rule_id, str) or rule_id not in classes:
        raise BadRuleError(f"rule_id: expected one of {', '.join(classes)}")
    if not isinstance(parameters, dict):
        raise BadRuleError(f"{rule_id}: expected an object of parameters, was {type(parameters).__name__}")
    beside = {name: value for name, value in given.items() if name in Life.model_fields or name == TAG}
    # What was put by an earlier build stays in force.
    parameters = classes[rule_id].present_names(parameters)
    try:
        return watch_of(classes[rule_id], {**parameters, **beside}, rule_id)
    except ConfigurationError as error:
        raise BadRuleError(str(error)) from None
