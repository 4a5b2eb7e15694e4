"""E-mail and WeCom as a real Alertmanager sends them: what people read is Chinese first, and names nobody."""

import asyncio
import email
import email.policy
import json
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from monitor.alertwords import SEVERITIES
from monitor.notify.alertmanager import Alertmanager
from monitor.notify.book import Policy, Post, misfire
from rules.times import HOUR
from tests.deploy._processes import DEPLOY, eventually
from tests.deploy._watch import ALWAYS, alertmanager, alertmanager_settings

LEAD = {
    "alertname": "SettlementLead", "kind": "lead", "area": "settlement", "rule": "S01", "severity": "critical",
    "stage": "in", "institution": "P34102100029", "incident": "i", "wave": "w", "digest": "d", "hours": "off",
}  # fmt: skip
WORDS = {
    "rule_name_zh": "集中刷卡", "sentence_zh": "示例大药房（P34102100029）11名参保人刷卡",
    "sentence_en": "11 persons swiped", "advice_zh": "核对就诊登记", "alert_id": "a1b2",
}  # fmt: skip


def test_a_severity_has_the_words_of_the_console() -> None:
    """Whoever is told of a lead reads the same word in the message and on its page."""
    template = (DEPLOY / "alertmanager" / "templates" / "settlement.tmpl").read_text()
    severities = re.findall(r'if eq \. "(\w+)" }}([^{]+){{', template)

    assert {severity: said.zh for severity, said in SEVERITIES.items()} == dict(severities)


@contextmanager
def served(server: socketserver.TCPServer) -> Iterator[int]:
    """The port of a server that runs for the length of the block."""
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()


def settings_with(kind: str, **places: object) -> dict[str, Any]:
    """The settings with these receivers, each with these values in the place of its own, and without their secrets."""
    settings = alertmanager_settings("http://127.0.0.1:1/", hurried="1s", intervals={"digest": ALWAYS})
    settings |= yaml.safe_load((DEPLOY / "alertmanager" / "receivers" / f"{kind}.yml").read_text())
    for receiver in settings["receivers"]:
        [one] = receiver["email_configs" if kind == "email" else "wechat_configs"]
        for name in ("auth_username", "auth_password_file", "api_secret_file"):
            one.pop(name, None)
        one.update(places)
    return settings


def add(port: int, labels: dict[str, str], words: dict[str, str]) -> None:
    """Tell Alertmanager of an alert."""
    now = int(time.time() * 1000)

    async def post() -> int:
        async with Alertmanager(f"http://127.0.0.1:{port}") as manager:
            return await manager.post([Post(labels, words, now, now + HOUR)])

    assert asyncio.run(post()) == 0


class Mail(socketserver.StreamRequestHandler):
    """As much of a mail server as Alertmanager needs."""

    got: ClassVar[list[str]]

    def handle(self) -> None:
        """Take one letter."""
        self.wfile.write(b"220 here\r\n")
        lines: list[bytes] = []
        is_body = False
        for line in self.rfile:
            if is_body and line != b".\r\n":
                lines.append(line)
                continue
            if is_body:
                self.got.append(b"".join(lines).decode())
            is_body = line.upper().startswith(b"DATA")
            self.wfile.write(b"354 go on\r\n" if is_body else b"250 well\r\n")
            if line.upper().startswith(b"QUIT"):
                return


def test_e_mail_is_chinese_first(tmp_path: Path) -> None:
    """A lead to the duty reviewer and into the digest, a rule that misfires to the engineers."""

    class Server(Mail):
        got: ClassVar[list[str]] = []

    labels, words = misfire(Policy("settlement", 50, 0, "08:30-17:30"), "S01")
    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server)) as mail:
        settings = settings_with("email", smarthost=f"127.0.0.1:{mail}", require_tls=False)
        with alertmanager(tmp_path, settings) as (port, _):
            add(port, LEAD, WORDS)
            add(port, labels, words)
            eventually(lambda: len(Server.got) == 3, "three letters", 30)
    letters = [email.message_from_string(one, policy=email.policy.default) for one in Server.got]
    texts = {str(one["Subject"]): one.get_body(("plain",)).get_content() for one in letters}  # type: ignore[union-attr]

    assert {"duty@bureau.example", "engineers@bureau.example"} == {one["To"] for one in letters}
    lead = texts["医保结算疑点线索1条，待核实 · 1 leads to verify"]
    ops = texts["【告警】S01：1小时内新增线索超过50条，其余暂不通知，疑似参数或数据异常"]
    parts = ["【严重】S01 集中刷卡", WORDS["sentence_zh"], "先查：核对就诊登记", WORDS["sentence_en"], "编号 id：a1b2"]
    assert sorted(parts, key=lead.index) == parts
    assert ops.index("1. 15分钟内") < ops.index("1. Within 15 min")


def test_wecom_is_short(tmp_path: Path) -> None:
    """Five leads of seven, and how many there are; within the 2,048 bytes that WeCom takes."""
    sent: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({"errcode": 0, "errmsg": "ok", "access_token": "t"})

        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer({"errcode": 0, "errmsg": "ok"})

        def answer(self, value: dict[str, Any]) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as api:
        settings = settings_with("wecom", api_url=f"http://127.0.0.1:{api}/cgi-bin/", api_secret="any")  # noqa: S106 - it is none
        settings["route"]["routes"] = [one | {"group_wait": "3s"} for one in settings["route"]["routes"]]
        with alertmanager(tmp_path, settings) as (port, _):
            for number in range(7):
                add(port, LEAD | {"institution": f"P3410210{number:04}"}, WORDS | {"sentence_zh": "线" * 100})
            eventually(lambda: len(sent) == 2, "two messages", 30)
    texts = {one["text"]["content"] for one in sent}

    assert {"duty"} == {one["touser"] for one in sent}
    [text] = texts
    assert text.startswith("医保结算疑点线索7条，待核实")
    assert 5 == text.count("【严重】")
    assert "共7条" in text
    assert len(text.encode()) <= 2048


@pytest.mark.parametrize("place", ["receivers/email.yml", "receivers/wecom.yml", "templates/settlement.tmpl"])
def test_what_is_sent_holds_labels_of_no_person(place: str) -> None:
    """Templates name labels and annotations one by one: what is not named is not sent."""
    text = (DEPLOY / "alertmanager" / place).read_text(encoding="utf-8")

    assert not any(word in text for word in (".SortedPairs", ".Labels }}", ".Annotations }}", "__subject", "default."))
