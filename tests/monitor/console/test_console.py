"""The console: every page in both languages, what it takes and refuses, and what nobody may bring onto it."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from monitor.alertwords import HISTORICAL
from monitor.console import app as console_app
from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.console.plot import plot_of
from monitor.console.stays import Stay, stays_of
from monitor.console.words import WORDS, words_in
from monitor.contract.text import Language
from monitor.readmodel.projector import Projector
from monitor.settings import Settings, load_settings
from rules.catalogue import catalogue
from rules.times import BEIJING
from tests.monitor.console._leads import FORMULA, SCRIPT, Lead, leads, read

CHINESE = re.compile(r"[一-鿿]")

pytestmark = pytest.mark.redis


def form_of(page: TestClient, *ids: str, **more: str) -> Lead:
    """A form as a page of the console sends it."""
    page.get(f"/leads/{ids[0]}" if ids else "/leads")
    form: Lead = {"csrf": page.cookies["csrf"], "alert_id": [*ids], "by": "王五"}
    return form | {"disposition": "explained", "reason": "断网补传"} | more


ADDRESSES = [
    "/", "/leads", "/leads?order=amount&severity=warning&open=true", "/leads?text=示例", "/leads?text=nothing-like-it",
    "/rules", "/health", "/leads?days=7&disposition=todo&stage=in&region=341021", "/leads?order=severity",
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_answers_in_both_languages(page: TestClient, language: Language) -> None:
    """With its words, without a script or a style of its own, and with nothing that is left to fill in."""
    rules = [f"/rules/{rule}" for rule in catalogue()]
    of_leads = [f"/leads/{one['alert_id']}" for one in leads()]
    subjects = {f"/institutions/{one['fixmedins_code']}" for one in leads()[:-1]}
    subjects |= {f"/persons/{row['person']}" for one in leads() for row in one["evidence"] if row["person"][:2] == "p_"}
    for address in (*ADDRESSES, *rules, *of_leads, *sorted(subjects)):
        answer = page.get(address, params={"lang": language})
        assert answer.status_code == 200, address
        text = answer.text
        assert SCRIPT not in text
        assert not re.search(r"<script(?! src=\"/static/)|<style|\son\w+=|style=|javascript:", text), address
        assert "{" not in re.sub(r"data-[a-z]+=\"[^\"]*\"|content='[^']*'|\\d\{6\}|pattern=\"[^\"]*\"", "", text), (
            address
        )
        assert words_in(language)["verify"] in text.replace("&#39;", "'")


async def test_an_english_page_says_nothing_else_in_chinese(page: TestClient) -> None:
    """But for the legal basis, names that came from outside, and the other language itself."""
    for address in ("/", "/leads", "/rules", "/rules/S01", "/health"):
        text = page.get(address, params={"lang": "en"}).text
        text = re.sub(r'<p lang="zh-CN">.*?</p>|<a class="language".*?</a>|<td class="sentence">.*?</td>', "", text)
        assert not CHINESE.search(text), address


async def test_evidence_is_a_table_a_list_or_a_sentence(page: TestClient, settings: Settings) -> None:
    """A single row is a list, which no reader has to scroll; a lead that rests on totals says so."""
    row = leads()[0]["evidence"][0]
    many = {"3" * 32: [row, row], "2" * 32: [row], "1" * 32: []}
    made = [leads()[0] | {"alert_id": one, "evidence": rows, "evidence_count": len(rows)} for one, rows in many.items()]
    Projector(settings).put(alerts=map(orjson.dumps, made))
    shown = [page.get(f"/leads/{one}").text for one in many]

    assert [True, False, False] == ['<table class="evidence">' in text for text in shown]
    assert [False, False, True] == [words_in("zh")["evidence_none"] in text for text in shown]
    assert all("<dd>" + row["msgid"] in text or row["setl_id"] in text for text in shown[:2])


async def test_a_lead_shows_what_the_tables_say_of_it(page: TestClient, settings: Settings) -> None:
    """The name of a diagnosis, and since when an agreement is suspended; a row that is none is passed over."""
    one = next(one for one in leads() if one["rule_id"] == "I05")
    [code] = {row["decided"]["dscg_maindiag_code"] for row in one["evidence"] if "dscg_maindiag_code" in row["decided"]}
    place = {"fixmedins_code": one["fixmedins_code"], "kind": "hospital", "status": "suspended"}
    projector, address = Projector(settings), f"/leads/{one['alert_id']}"
    before = page.get(address).text
    rows = [{"code": code, "exempt": "0", "name": "脑梗死"}, {"code": ""}]
    assert [1, 0] == [
        projector.put_rows("diagnoses", rows),
        projector.put_rows("institutions", [place | {"valid_from": "2020-01-01"}]),
    ]
    after = page.get(address).text

    assert ("脑梗死" in before, "中止 2020-01-01起" in before) == (False, False)
    assert f"脑梗死（{code}）" in after
    assert "中止 2020-01-01起，未登记截止日期" in after


async def test_a_lead_says_what_became_of_the_others_there(page: TestClient, settings: Settings) -> None:
    """Of each of its institutions, of its rule there, and of the same person; not of itself."""
    one = next(one for one in leads() if one["subject"]["kind"] == "person") | {"fixmedins_code": "H34102199999"}
    one |= {
        "subject": {"kind": "person", "id": "p_9"},
        "evidence": [row | {"person": "p_9", "fixmedins_code": "H34102188888"} for row in one["evidence"]],
    }
    other = leads()[0] | {"fixmedins_code": "H34102199999", "rule_id": "S01", "evidence": []}
    made = [one | {"alert_id": f"{number:032x}"} for number in range(3)] + [other | {"alert_id": "c" * 32}]
    Projector(settings).put(alerts=map(orjson.dumps, made))
    page.post("/dispositions", data=form_of(page, f"{1:032x}"))
    text = page.get(f"/leads/{0:032x}").text

    told = dict(re.findall(r"<dt>([^<]*其他线索)</dt><dd>([^<]*)</dd>", text))
    assert told == {
        "机构 H34102199999 的其他线索": f"合理情形 1，待处置 2；其中 {one['rule_id']}：合理情形 1，待处置 1",
        "机构 H34102188888 的其他线索": f"无；其中 {one['rule_id']}：无",
        "该参保人的其他线索": "合理情形 1，待处置 1",
    }


@pytest.mark.parametrize(
    ("mine", "others", "told"),
    [
        ("closed", ["opened", "updated", "closed"], "同一事件另有2条线索未结束"),
        ("closed", ["closed", "withdrawn"], None),
        ("updated", ["opened"], None),
    ],
)
async def test_a_lead_that_ended_says_whether_its_incident_goes_on(
    page: TestClient, settings: Settings, mine: str, others: list[str], told: str | None
) -> None:
    """What goes on under another lead is no end."""
    rows = enumerate([mine, *others])
    made = [leads()[0] | {"alert_id": f"{n:032x}", "incident_id": "e" * 32, "status": one} for n, one in rows]
    Projector(settings).put(alerts=map(orjson.dumps, made))
    found = re.search("同一事件另有.*?未结束", page.get(f"/leads/{0:032x}").text)

    assert told == (found and found[0])


async def test_evidence_stands_before_what_is_said_of_it(page: TestClient) -> None:
    """On a telephone too, where one thing stands below the other; and a link leads on to the form."""
    text = page.get(f"/leads/{leads()[0]['alert_id']}").text

    assert text.index('href="#dispose"') < text.index('id="evidence"') < text.index('id="dispose"')


def test_every_word_is_used_and_there() -> None:
    """A page that asks for a word that is missing would say nothing in its place."""
    folder = Path(console_app.__file__).parent
    pages = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html")))
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")) if path.stem != "words")
    days = {f"day_{days}" for days in re.findall(r"\d+", re.findall(r"for one in (\[[\d, ]+\])", pages)[0])}
    chosen = set(re.findall(r"\"(\w+)\"", " ".join(re.findall(r"for (?:path, key|one) in (\[.*?\]) %", pages))))
    asked = set(re.findall(r"\bw\.(\w+)", pages)) | set(re.findall(r"\bw\[\"(\w+)\"\]", pages)) | days

    assert asked <= WORDS.keys()
    assert [] == [word for word in WORDS if word not in asked | chosen and f'"{word}"' not in code]


async def test_headers_let_nothing_in_from_outside(page: TestClient) -> None:
    """On every answer, errors among them."""
    for address in ("/", "/leads/nothing", "/static/console.js", "/api/leads?days=x"):
        headers = page.get(address).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert page.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/leads/nothing", 404), ("/leads/", 307), ("/rules/X99", 404), ("/persons/p_0", 404),
        ("/persons/341021198001011234", 404), ("/institutions/none", 404), ("/leads?rule=X99", 422),
        ("/leads?days=0", 422), ("/leads?severity=bad", 422),
        ("/leads?region=34", 422), ("/leads?person=341021198001011234", 422), ("/leads?at=-1", 422), ("/nowhere", 404),
        ("/dispositions", 405), ("/api/leads/nothing", 404), ("/api/leads?order=x", 422),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_said(page: TestClient, address: str, status: int) -> None:
    """On a page, or as JSON; never with what was asked for, which may be a person's number."""
    answer = page.get(address)

    assert answer.status_code == status
    assert "341021198001011234" not in answer.text


@pytest.mark.usefixtures("page")
async def test_what_lies_before_the_area_was_live_is_called_history(settings: Settings) -> None:
    """As on the command line."""
    live = settings.model_copy(update={"live_from": "2099-01-01"})
    other = TestClient(app_of(live, ConsoleMetrics()), base_url="http://localhost")

    assert HISTORICAL.zh in other.get(f"/leads/{leads()[0]['alert_id']}").text


async def test_the_api_and_the_file_say_what_the_list_says(page: TestClient) -> None:
    """In the same order; and no cell is taken for a formula."""
    listed = page.get("/api/leads?order=amount").json()
    file = page.get("/leads.csv?order=amount")
    rows = [*csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff")))]

    assert [one["alert_id"] for one in listed["leads"]] == [row["alert_id"] for row in rows]
    assert len(catalogue()) + 1 == listed["total"]
    assert file.text.startswith("\ufeff")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert f"'{FORMULA}" in {row["fixmedins_name"] for row in rows}
    shown = [re.findall(r"/leads/([0-9a-f]{32})", page.get("/leads?order=amount").text)]
    assert [row["alert_id"] for row in rows] == [*dict.fromkeys(shown[0])]


async def test_what_is_said_of_leads_stands_on_the_topics(page: TestClient, settings: Settings) -> None:
    """Who said it on the audit topic, with what stood before; and the figures of the rule follow."""
    first, second = (one["alert_id"] for one in leads()[:2])
    rule = leads()[0]["rule_id"]
    of_another_incident = leads()[1] | {"incident_id": "e" * 32, "revision": 99}
    assert Projector(settings).put(alerts=[orjson.dumps(of_another_incident)]) == 0

    answers = [
        page.post("/dispositions", data=form_of(page, first, second)),
        page.post("/dispositions", data=form_of(page, first, disposition="confirmed", reason="")),
    ]

    assert [("/leads?disposition=todo", 303), (f"/leads/{first}?saved=confirmed", 303)] == [
        (one.headers["location"], one.status_code) for one in answers
    ]
    feedback, audit = (read(settings.brokers, f"{settings.prefix}.{name}") for name in ("feedback", "audit"))
    feedback.sort(key=lambda one: str(one["at"]))  # they lie on several partitions
    audit.sort(key=lambda one: str(one["after"]["at"]))
    said = [(one["alert_id"], one["disposition"], one["reason"], one["by"]) for one in feedback]
    assert [
        (first, "explained", "断网补传", "王五"),
        (second, "explained", "断网补传", "王五"),
        (first, "confirmed", "", "王五"),
    ] == said
    assert feedback == [one["after"] for one in audit]
    assert [None, None, feedback[0]] == [one["before"] for one in audit]
    assert {("王五", "alerts dispose")} == {(one["by"], one["what"]) for one in audit}
    shown = page.get(f"/leads/{first}?saved=confirmed").text
    assert "已提交：属实" in shown
    assert 'value="王五"' in shown
    assert page.get("/api/rules").json()[rule]["precision"] == 1.0
    assert {"explained"} == {*page.get("/api/leads?disposition=explained").json()["dispositions"].values()}


async def test_a_rule_that_is_seldom_right_is_proposed_for_shadow(page: TestClient, settings: Settings) -> None:
    """On the pages of the rules, with figures by month; a lead that corrected itself is marked and counted apart."""
    one = leads()[0]
    many = [one | {"alert_id": f"{number:032x}", "incident_id": str(number)} for number in range(31)]
    said = [
        {"alert_id": lead["alert_id"], "disposition": "false_positive", "reason": "正常", "by": "1",
         "at": datetime.now(BEIJING).isoformat()}
        for lead in many[1:]
    ]  # fmt: skip
    gone = many[0] | {"revision": many[0]["revision"] + 1, "status": "withdrawn"}
    alerts = [orjson.dumps(lead) for lead in (*many, gone)]
    Projector(settings).put(alerts=alerts, feedback=[orjson.dumps(each) for each in said])

    shown, rule = page.get("/rules").text, page.get(f"/rules/{one['rule_id']}").text

    assert 1 == shown.count("建议转为试运行")
    assert "已判定30条，属实率0%" in rule
    assert re.search(rf"<td class=\"short\">{datetime.now(BEIJING):%Y-%m}</td>.*<td class=\"number\">30</td>.*0%", rule)
    found = page.get("/api/rules").json()[one["rule_id"]]
    assert (1, True) == (found["said"]["corrected"], found["propose_shadow"])
    assert "自行更正" in page.get(f"/leads/{gone['alert_id']}").text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"csrf": "x"}, 403), ({"csrf": ""}, 403), ({"reason": " "}, 422), ({"by": ""}, 422),
        ({"reason": "x" * 501}, 422), ({"by": "x" * 65}, 422), ({"disposition": "guilty"}, 422),
        ({"alert_id": "0" * 32}, 404), ({"alert_id": []}, 422),
    ],
)  # fmt: skip
async def test_a_form_that_is_wrong_changes_nothing(page: TestClient, wrong: dict[str, Any], status: int) -> None:
    """It is said what is wrong, and nothing comes onto a topic."""
    first = leads()[0]["alert_id"]
    form = form_of(page, first) | wrong

    answer = page.post("/dispositions", data=form)

    assert answer.status_code == status
    assert page.get(f"/api/leads/{first}").json()["said"] == []


async def test_a_form_from_elsewhere_is_refused(page: TestClient) -> None:
    """Also with the right token."""
    first = leads()[0]["alert_id"]

    answer = page.post("/dispositions", data=form_of(page, first), headers={"origin": "http://evil.example"})

    assert answer.status_code == 403
    assert page.get(f"/api/leads/{first}").json()["said"] == []


@pytest.mark.usefixtures("page")
async def test_a_broker_that_is_away_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said to be saved; the pages go on."""
    monkeypatch.setattr("monitor.area.deeds.SECONDS", 2.0)
    away = settings.model_copy(update={"brokers": "127.0.0.1:1"})
    other = TestClient(app_of(away, ConsoleMetrics()), base_url="http://localhost", follow_redirects=False)
    first = leads()[0]["alert_id"]

    answer = other.post("/dispositions", data=form_of(other, first))

    assert answer.status_code == 503
    assert WORDS["kafka_away"].zh in answer.text
    assert other.get(f"/leads/{first}").status_code == 200
    assert other.get(f"/api/leads/{first}").json()["said"] == []


def test_a_read_model_that_is_not_there_is_told() -> None:
    """On every page that asks it, in both languages, and as JSON; a Redis that is away is no better."""
    away = load_settings(redis="redis://127.0.0.1:1/0")
    page = TestClient(app_of(away, ConsoleMetrics()), base_url="http://localhost")

    for address in ("/", "/leads", "/leads/abcd", "/rules", "/rules/S01", "/api/leads"):
        answer = page.get(address, params={"lang": "en"})
        assert answer.status_code == 503, address
        assert "does not answer" in answer.text


@pytest.mark.usefixtures("page")
async def test_its_metrics_name_nobody(settings: Settings) -> None:
    """Routes are told by their pattern, never by their address."""
    metrics = ConsoleMetrics()
    other = TestClient(app_of(settings, metrics), base_url="http://localhost")
    for address in ("/leads/abcdef", "/persons/p_12", "/institutions/P1", "/static/console.js", "/nowhere/341021"):
        other.get(address)

    routes = {
        sample.labels["route"]
        for one in metrics.registry.collect()
        for sample in one.samples
        if "route" in sample.labels
    }

    assert routes <= {"/leads/{alert_id}", "/persons/{pseudonym}", "/institutions/{code}", "/static", "other"}


@pytest.mark.usefixtures("page")
def test_its_metrics_say_whether_the_read_model_can_be_opened(settings: Settings, tmp_path: Path) -> None:
    """Tried at each scrape, so it is known before somebody asks for a page."""
    found = []
    for one in (settings, settings.model_copy(update={"readmodel_dir": tmp_path})):
        metrics = ConsoleMetrics()
        app_of(one, metrics)
        found.append(metrics.registry.get_sample_value("settlement_monitor_console_readmodel_readable"))

    assert [1, 0] == found


def row(minute: int, person: str, amount: float = 10.0, role: str = "settlement") -> Lead:
    """A row of evidence, as far as a plot looks at it."""
    return {
        "event_time": f"2026-03-05T14:{minute:02}:00+08:00", "person": person, "amount": amount, "fixmedins_code": "P1",
        "setl_id": "" if role == "fee_line" else "S", "role": role,
    }  # fmt: skip


def measured(value: float, unit: str, rows: list[Lead], count: int | None = None, limit: float = 2.0) -> Lead:
    """An alert that measured this over these rows."""
    measure = {"name": "x", "value": value, "limit": limit, "usual": 0.5, "unit": unit}
    return {"evidence": rows, "evidence_count": len(rows) if count is None else count, "measure": measure}


ROWS = [row(3, "a"), row(1, "b"), row(2, "a", 20.0), row(9, "c")]
STAYS = [row(1, "a", 0, "admission"), row(2, "a", 0, "discharge"), row(3, "a", 0, "admission"), row(9, "a", 5, "bill")]
EACH, PERSONS = "fund of each row, yuan", "persons so far"


@pytest.mark.parametrize(
    ("alert", "title", "values", "limit"),
    [
        (measured(3, "persons", ROWS), PERSONS, [1, 2, 2, 3], 2.0),
        (measured(4, "settlements", ROWS), "rows so far", [1, 2, 3, 4], 2.0),
        (measured(4, "settlements", ROWS, limit=0.0), "rows so far", [1, 2, 3, 4], None),
        (measured(1, "institutions", ROWS), "institutions so far", [1, 1, 1, 1], 2.0),
        (measured(50, "yuan", ROWS), "fund so far, yuan", [10, 30, 40, 50], 2.0),
        (measured(2, "stays", STAYS), "stays so far", [1, 1, 2, 2], 2.0),
        (measured(4, "persons", ROWS), EACH, [10, 20, 10, 10], None),
        (measured(4, "days", ROWS), EACH, [10, 20, 10, 10], None),
        (measured(3, "persons", ROWS, count=60), EACH, [10, 20, 10, 10], None),
    ],
)
def test_a_threshold_is_drawn_where_the_rows_add_up_to_it(
    alert: Lead, title: str, values: list[float], limit: float | None
) -> None:
    """In order of time; what was measured otherwise stands beside no line that is not its own."""
    plot = plot_of(alert)

    assert plot is not None
    assert (title, values, limit) == (plot.title.en, plot.values, plot.limit)
    assert ["14:01:00", "14:02:00", "14:03:00", "14:09:00"] == plot.clocks


@pytest.mark.parametrize(
    "rows",
    [
        [], ROWS[:2], [row(1, "a"), row(1, "b"), row(1, "c")], [row(1, "a", 0), row(2, "b"), row(3, "c")], STAYS,
        [row(minute, "a", 10.0, "fee_line") for minute in range(3)],
    ],
)  # fmt: skip
def test_nothing_is_drawn_where_there_is_nothing_to_see(rows: list[Lead]) -> None:
    """Two marks, one moment, an admission that pays nothing beside its bill, or lines that nobody has settled yet."""
    assert plot_of(measured(77, "days", rows)) is None


def test_stays_are_bars_one_row_a_stay() -> None:
    """Two that overlap lie beside each other in time; one without a discharge reaches to the end of it."""

    def of_stay(visit: str, role: str, day: int) -> Lead:
        at = f"2026-03-{day:02}T09:00:00+08:00"
        return {"role": role, "mdtrt_id": visit, "fixmedins_code": "H1", "fixmedins_name": "示例医院", "event_time": at}

    rows = [
        of_stay("b", "admission", 7), of_stay("a", "admission", 5), of_stay("a", "discharge", 9),
        of_stay("b", "bill", 15), of_stay("", "admission", 6),
    ]  # fmt: skip

    assert [
        Stay("H1", "示例医院", "2026-03-05 09:00", "2026-03-09 09:00", 0, 400, "2026-03-15 09:00"),
        Stay("H1", "示例医院", "2026-03-07 09:00", "", 200, 800, "2026-03-15 09:00"),
    ] == stays_of({"evidence": rows})
    later = stays_of({"evidence": rows, "detected_at": "2026-03-25T09:00:00+08:00"})
    assert [(0, 200, "2026-03-25 09:00"), (100, 900, "2026-03-25 09:00")] == [one[4:] for one in later]
    assert stays_of({"evidence": rows[1:3]}) == []
    moments = [of_stay(visit, role, day) for visit, day in (("a", 5), ("b", 9)) for role in ("admission", "discharge")]
    assert [(0, 6), (994, 6)] == [(one.x, one.width) for one in stays_of({"evidence": moments})]
