"""The pages docs/runbook.md and docs/runbook.zh.md: what to do when an alert of Prometheus fires, one section each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # a tool of development, as this package is

from monitor.contract.text import Language, Said
from monitor.handbook.markdown import code, page, page_zh

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules.yml"

_TYPED = Said(
    """\
每条告警先列级别和触发条件。命令在 `docker-compose.yml` 所在的文件夹中输入：

- 步骤中的 `monitor 命令`，输入 `docker compose run --rm monitor 命令`。例如 `monitor rules put rules.toml` 输入
  `docker compose run --rm monitor rules put rules.toml`。它不会启动其他服务。
- 其中的 `rules.toml` 和文件夹位于 `deploy/area`（或 `MONITOR_AREA` 所指的文件夹）。只有所有者可读的文件，输入
  `docker compose run --rm --user "$(id -u)" monitor 命令`。
- 网页是可选的：凡涉及它的命令都写 `docker compose --profile console`。
- `/healthz` 和 `/readyz` 在进程的容器内查看，见下面第一条，查看的是第2个工作进程；
  其他进程把 `--index 2 worker` 换成服务名，如 `notify`。
- Kafka 自带的程序在 Kafka 容器内运行，内存须限制，以免挤占 Kafka。
  下面第二条查找未结束的事务，第三条读取 rule-errors 主题的消息头。

不用 Docker Compose 时，在有相同设置的机器上直接输入 `monitor 命令`。""",
    """\
Each section begins with the severity and with what fired it. Commands are typed in the folder of `docker-compose.yml`:

- Where a step says `monitor COMMAND`, type `docker compose run --rm monitor COMMAND`. For example,
  `monitor rules put rules.toml` is `docker compose run --rm monitor rules put rules.toml`. It starts nothing else.
- `rules.toml` and folders in a step lie in `deploy/area`, or where `MONITOR_AREA` points. For files that only their
  owner may read, type `docker compose run --rm --user "$(id -u)" monitor COMMAND`.
- The console is optional: commands about it are typed with `docker compose --profile console`.
- `/healthz` and `/readyz` are asked in the container of a process: the first command below asks the second worker. For
  another process put the name of its service, such as `notify`, in the place of `--index 2 worker`.
- Kafka's own programs run in the container of the broker, with little memory, which they share with it. The second
  command below looks for transactions that hang, the third reads the headers of the rule-errors topic.

Without Docker Compose type `monitor COMMAND` where the same settings are.""",
)
_ASKED = """\
docker compose exec --index 2 worker python -c "import http.client as h; c = h.HTTPConnection('127.0.0.1', 9464);
c.request('GET', '/healthz'); print(c.getresponse().read().decode())"
docker compose exec --env KAFKA_HEAP_OPTS=-Xmx128m kafka /opt/kafka/bin/kafka-transactions.sh \\
  --bootstrap-server kafka:9092 find-hanging --broker-id 1
docker compose exec --env KAFKA_HEAP_OPTS=-Xmx128m kafka /opt/kafka/bin/kafka-console-consumer.sh \\
  --bootstrap-server kafka:9092 --topic settlement.internal.rule-errors --from-beginning --timeout-ms 10000 \\
  --formatter-property print.timestamp=true --formatter-property print.headers=true \\
  --formatter-property print.value=false"""
_AT_ONCE = Said("出现以下情况立即触发：{when}。", "Fires at once: {when}.")
_AFTER = Said("以下情况持续{span}时触发：{when}。", "Fires when this holds for {span}: {when}.")
_UNITS = {"m": Said("{}分钟", "{} min"), "h": Said("{}小时", "{} h")}
"""Unit of a span of Prometheus -> a span in words."""


def runbook_page() -> str:
    """What to do, in English."""
    about = (
        "What to do when an alert of [deploy/prometheus/rules.yml](../deploy/prometheus/rules.yml) fires "
        "([中文](runbook.zh.md)). Leads have a page of their own: [who hears of a lead](notifying.md)."
    )
    return page("Runbook", about, "\n\n".join(_body("en")))


def runbook_page_zh() -> str:
    """What to do, in Chinese."""
    about = (
        "[deploy/prometheus/rules.yml](../deploy/prometheus/rules.yml) 中每条告警的处置步骤（[English](runbook.md)）。"
        "线索另见[线索通知谁](notifying.zh.md)。"
    )
    return page_zh("告警处置手册", about, "\n\n".join(_body("zh")))


def alerts() -> list[dict[str, Any]]:
    """The alerts, in the order of the file."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def _body(language: Language) -> Iterator[str]:
    """How commands are typed, then a section for each alert."""
    yield _TYPED.of(language)
    yield code("sh", _ASKED)
    end = "_zh" if language == "zh" else ""
    for alert in alerts():
        words = alert["annotations"]
        fires = _fires(words[f"when{end}"], alert.get("for"), language)
        yield f"## {alert['alert']}"
        yield f"`{alert['labels']['severity']}` {fires}"
        yield words[f"description{end}"]
        yield words[f"runbook{end}"]


def _fires(when: str, span: str | None, language: Language) -> str:
    """When an alert fires, in words. span: how long it must be so, as Prometheus writes it.

    >>> _fires("no worker answers", "5m", "en")
    'Fires when this holds for 5 min: no worker answers.'
    """
    if span is None:
        return _AT_ONCE.of(language).format(when=when)
    in_words = _UNITS[span[-1]].of(language).format(span[:-1])
    return _AFTER.of(language).format(span=in_words, when=when)
