"""Who may come in to the console, and what a role may do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer
from fastapi import FastAPI
from structlog.testing import capture_logs
from typer.testing import CliRunner

from monitor.cli import app as commands
from monitor.cli import main
from monitor.console.access import ROLES, Access, Token, entry_of, hash_of, load_access
from monitor.console.app import app_of
from monitor.console.context import TRIES
from monitor.console.guard import NEEDED, check_table, place_on_this_site
from monitor.console.metrics import ConsoleMetrics
from monitor.console.words import WORDS
from monitor.errors import ConfigurationError
from monitor.offline.embedded import EmbeddedBroker
from monitor.readmodel.projector import Projector
from monitor.settings import Settings, load_settings
from tests.monitor.console._leads import leads, read
from tests.monitor.console._people import TOKENS, access_file, browser, logged_in, posted

HASH = hash_of("a")
GOOD = f'[[tokens]]\nname = "a"\nhash = "{HASH}"\nrole = "viewer"\n'
OIDC = '[oidc]\nissuer = "https://login.example"\nclient_id = "c"\nsecret_file = "secret"\n[oidc.roles]\nr = "viewer"\n'
LEAD = leads()[0]["alert_id"]


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """Brokers inside this process."""
    with EmbeddedBroker() as embedded:
        yield embedded.bootstrap


@pytest.fixture
def settings(redis_url: str, prefix: str, broker: str, tmp_path: Path) -> Settings:
    """Of an area with leads of every rule, and people who log in."""
    for name in ("feedback", "audit"):
        Producer({"bootstrap.servers": broker, "log_level": 0}).list_topics(f"{prefix}.{name}", timeout=10)
    settings = load_settings(redis=redis_url, prefix=prefix, brokers=broker, console_access=access_file(tmp_path))
    Projector(settings).put(alerts=[orjson.dumps(one) for one in leads()])
    return settings


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The console of that area."""
    return app_of(settings, ConsoleMetrics())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected .*tokens.* or .*oidc.*, found neither"),
        ("tokens = 1", "Expected `array`"),
        ("x = 1\n" + GOOD, "unknown field `x`"),
        (GOOD.replace("viewer", "boss"), "Invalid enum value 'boss'"),
        (GOOD.replace(HASH, "sha256:secret"), "token a: hash: expected sha256: and 64 hex digits"),
        (GOOD.replace('"a"', '" "'), "name: expected 1 to 64 characters"),
        (GOOD + 'regions = ["341"]', "token a: regions: expected codes of 2, 4 or 6 digits, was 341"),
        (GOOD + GOOD, "expected tokens that each have a name of their own"),
        (GOOD + GOOD.replace('"a"', '"b"'), "expected tokens that each have a hash of their own"),
        (OIDC.replace("https", "http"), "oidc.issuer: expected https://"),
        (OIDC.replace('"secret"', '"empty"'), "oidc.secret_file: expected a secret in it"),
        (OIDC.replace('"secret"', '"none"'), "none: No such file or directory"),
        ("[", "access.toml: "),
    ],
)
def test_an_access_file_that_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    """In one line, without a hash and without a secret."""
    for name, content in {"access.toml": text, "secret": "hidden", "empty": "\n"}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=rf"MONITOR_CONSOLE_ACCESS: .*{said}") as raised:
        load_access(load_settings(console_access=tmp_path / "access.toml"))

    assert not any(secret in str(raised.value) for secret in ("hidden", "\n", HASH, "sha256:secret"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"console_host": "0.0.0.0"}, "CONSOLE_ACCESS: .*others reach MONITOR_CONSOLE_HOST"),  # noqa: S104
        ({"console_host": "::"}, "CONSOLE_ACCESS"),
        ({"console_host": "console.example"}, "CONSOLE_ACCESS"),
        ({"console_address": "https://a.example"}, "CONSOLE_ACCESS: .*others reach MONITOR_CONSOLE_ADDRESS"),
        ({"console_host": "10.0.0.1", "console_access": "access.toml"}, "CONSOLE_ADDRESS: expected https://"),
        ({"console_access": "none.toml"}, "CONSOLE_ACCESS: none.toml: No such file"),
        ({"console_address": "http://a.example"}, "CONSOLE_ADDRESS: .*expected https://host"),
        ({"console_address": "https://a.example/path"}, "CONSOLE_ADDRESS: .*expected https://host"),
        ({"console_secret": "short"}, "CONSOLE_SECRET"),
        ({"console_proxies": "proxy.example"}, "CONSOLE_PROXIES: .*expected addresses"),
    ],
)
def test_it_refuses_to_start_where_others_reach_it_and_nobody_logs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    """And where no TLS protects what they send."""
    access_file(tmp_path)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match=f"MONITOR_{said}"):
        load_access(load_settings(**given))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_this_machine_nobody_has_to_log_in(host: str) -> None:
    """Without an access file, as in the demo."""
    assert load_access(load_settings(console_host=host)) is None


def test_the_command_ends_with_one_line_where_others_would_reach_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2; no port was opened."""
    monkeypatch.setattr(sys, "argv", ["monitor", "console", "--host", "0.0.0.0", "--port", "0"])  # noqa: S104

    with pytest.raises(SystemExit) as raised:
        main()

    said = capsys.readouterr().err
    assert (2, 1) == (raised.value.code, said.count("\n"))
    assert "MONITOR_CONSOLE_ACCESS: expected a file" in said


def test_a_token_that_the_command_makes_is_taken(tmp_path: Path) -> None:
    """Its hash stands in what is to be added to the file; the token does not, and another run makes another."""
    arguments = [
        "access",
        "token",
        '王五 "A"',
        "--role",
        "reviewer",
        "--region",
        "3410",
        "--institution",
        "p1",
        "--json",
    ]
    first, second = (orjson.loads(CliRunner().invoke(commands, arguments).output) for _ in range(2))
    file = tmp_path / "access.toml"
    file.write_text(first["entry"], encoding="utf-8")

    access = load_access(load_settings(console_access=file))

    assert access is not None
    known = access.of_token(first["token"])
    assert known is not None
    user = known[1]
    assert ('王五 "A"', "reviewer") == (user.name, user.role)
    assert user.within is not None
    assert (("3410",), ("P1",)) == (user.within.regions, user.within.institutions)
    assert first["token"] not in first["entry"]
    assert access.of_token(second["token"]) is None


def test_a_token_for_a_region_that_is_none_is_not_made() -> None:
    """Exit code 2, and no token is printed."""
    result = CliRunner().invoke(commands, ["access", "token", "a", "--region", "341"])

    assert "smt_" not in result.output
    assert isinstance(result.exception, ConfigurationError)


def test_every_route_says_what_it_needs() -> None:
    """A route that the table does not have makes no console; nor does a row of no route."""
    with pytest.raises(AssertionError, match="/leads"):
        check_table([])


def address_of(route: str) -> str:
    """An address of a route."""
    shop = leads()[0]["fixmedins_code"]
    parts = {"{alert_id}": LEAD, "{code}": shop, "{pseudonym}": "p_0", "{rule_id}": "S01"}
    for name, value in parts.items():
        route = route.replace(name, value)
    return route


@pytest.mark.redis
async def test_nobody_sees_anything_without_a_login(app: FastAPI) -> None:
    """Every page leads to the log-in and back, every form and the API refuse; no answer has anything of a lead."""
    for (method, route), needed in NEEDED.items():
        page, address = browser(app), address_of(route)
        page.get("/login")
        answer = page.get(address) if method == "GET" else posted(page, address, alert_id=LEAD)
        if needed is None:
            continue
        assert answer.status_code == (401 if route.startswith("/api/") else 303), route
        assert answer.headers.get("location", "/login").startswith("/login")
        assert LEAD not in answer.text
    wrong = browser(app).get("/api/leads", headers={"Authorization": "Bearer nobody's"})
    assert wrong.status_code == 401


@pytest.mark.redis
async def test_each_role_gets_what_it_may_and_no_more(app: FastAPI) -> None:
    """By the table; what a role may not do is refused with 403, on a page and as JSON."""
    for role in ROLES:
        page = logged_in(app, role)
        for (method, route), needed in NEEDED.items():
            if route in ("/news", "/login", "/logout"):
                continue
            address = address_of(route)
            answer = page.get(address) if method == "GET" else posted(page, address, alert_id=[])
            is_refused = needed is not None and ROLES.index(role) < ROLES.index(needed)
            assert is_refused == (answer.status_code == 403), (role, route)
            assert answer.status_code < 500, (role, route)


@pytest.mark.redis
async def test_a_program_brings_its_token_along(app: FastAPI) -> None:
    """To the API alone: no page takes it, no form does."""
    bearer = {"Authorization": f"Bearer {TOKENS['viewer']}"}
    page = browser(app)

    assert page.get("/api/leads", headers=bearer).status_code == 200
    assert page.get("/leads", headers=bearer).status_code == 303


@pytest.mark.redis
async def test_somebody_logs_in_and_out(app: FastAPI) -> None:
    """The page that was asked for comes first; the name stands on every page; after the end nothing is shown."""
    page = browser(app)
    asked = page.get("/leads?rule=S01").headers["location"]
    assert asked == "/login?to=/leads%3Frule%3DS01"
    assert WORDS["token"].zh in page.get(asked).text
    wrong = posted(page, "/login", token="smt_wrong", to="/leads?rule=S01")  # noqa: S106 - no token
    assert (401, True) == (wrong.status_code, WORDS["log_in_wrong"].zh in wrong.text)

    answer = posted(page, "/login", token=TOKENS["viewer"], to="/leads?rule=S01")

    assert (303, "/leads?rule=S01") == (answer.status_code, answer.headers["location"])
    assert "<span>viewer</span>" in page.get("/").text
    assert page.get("/login").headers["location"] == "/"
    assert posted(page, "/logout").status_code == 303
    assert page.get("/").status_code == 303


@pytest.mark.redis
async def test_a_session_ends(settings: Settings) -> None:
    """After so many hours, and at once where the token is no more in the file."""
    short = app_of(settings.model_copy(update={"console_hours": 1e-9}), ConsoleMetrics())
    assert logged_in(short, "viewer").get("/leads").status_code == 303

    lasting = settings.model_copy(update={"console_secret": "a secret of thirty-two characters"})
    page = logged_in(app_of(lasting, ConsoleMetrics()), "viewer")
    again = browser(app_of(lasting, ConsoleMetrics()))
    again.cookies = page.cookies
    assert again.get("/leads").status_code == 200
    assert settings.console_access is not None
    settings.console_access.write_text(GOOD, encoding="utf-8")
    without = browser(app_of(lasting, ConsoleMetrics()))
    without.cookies = page.cookies
    assert without.get("/leads").status_code == 303


@pytest.mark.redis
async def test_a_copied_session_ends_with_the_log_out(settings: Settings) -> None:
    """At another console too, and where one starts again; that of another browser goes on."""
    same = settings.model_copy(update={"console_secret": "a secret of thirty-two characters"})
    page, other = (logged_in(app_of(same, ConsoleMetrics()), "viewer") for _ in range(2))
    copied = [browser(app_of(same, ConsoleMetrics())) for _ in range(2)]
    for one in copied:
        one.cookies.update(page.cookies)
    before = [one.get("/leads").status_code for one in copied]
    posted(page, "/logout")
    after = [one.get("/leads").status_code for one in copied]

    assert ([200, 200], [303, 303], 200) == (before, after, other.get("/leads").status_code)


@pytest.mark.redis
async def test_what_is_taken_away_in_the_file_is_taken_away_at_once(app: FastAPI, settings: Settings) -> None:
    """A role, then a token; a file that is wrong changes nothing, and is told without a word of it."""
    file, page = settings.console_access, logged_in(app, "reviewer")
    assert file is not None
    mine = entry_of(Token("reviewer", hash_of(TOKENS["reviewer"]), "reviewer"))

    def asked(text: str) -> tuple[int, int]:
        """What a page and a form answer once this stands in the file."""
        file.write_text(text, encoding="utf-8")
        return page.get("/leads").status_code, posted(page, "/comments", alert_id=LEAD, text="").status_code

    with capture_logs() as logs:
        wrong = asked("[[tokens]]\nname = 1")
        demoted = asked(mine.replace('role = "reviewer"', 'role = "viewer"'))
        gone = asked(GOOD)

    assert ((200, 422), (200, 403), (303, 303)) == (wrong, demoted, gone)
    told = ["the access file is wrong, what it said before counts", *2 * ["the access file was read again"]]
    assert told == [one["event"] for one in logs if "file" in one["event"]]


@pytest.mark.redis
async def test_without_redis_nobody_who_logged_in_is_let_through(settings: Settings) -> None:
    """It is not known who logged out; a program with a token is let through."""
    same = settings.model_copy(update={"console_secret": "a secret of thirty-two characters"})
    cookies = logged_in(app_of(same, ConsoleMetrics()), "viewer").cookies
    page = browser(app_of(same.model_copy(update={"redis": "redis://127.0.0.1:1"}), ConsoleMetrics()))
    page.cookies = cookies
    bearer = {"Authorization": f"Bearer {TOKENS['viewer']}"}

    assert (503, 200) == (page.get("/leads").status_code, page.get("/api/leads", headers=bearer).status_code)


@pytest.mark.redis
async def test_a_session_that_somebody_else_signed_is_none(app: FastAPI, settings: Settings) -> None:
    """Only this console's key makes one."""
    page = browser(app)
    page.cookies = logged_in(app_of(settings, ConsoleMetrics()), "admin").cookies

    assert page.get("/leads").status_code == 303


@pytest.mark.redis
async def test_cookies_behind_tls_are_of_this_host_alone(settings: Settings) -> None:
    """Secure, read by no script, set by no other host; and only the name of the address is answered."""
    secure = app_of(settings.model_copy(update={"console_address": "https://a.example"}), ConsoleMetrics())
    page = browser(secure, "https://a.example")
    first = page.get("/login")
    session = posted(page, "/login", token=TOKENS["viewer"])

    for answer in (first, session):
        cookie = answer.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("__host-", "secure", "httponly", "samesite", "path=/"))
    assert "strict-transport-security" in session.headers
    assert page.get("/leads").status_code == 200
    assert browser(secure, "https://localhost").get("/login").status_code == 400


@pytest.mark.redis
async def test_who_disposes_is_who_logged_in(app: FastAPI, settings: Settings) -> None:
    """Whatever a form says."""
    page = logged_in(app, "reviewer")

    answer = posted(page, "/dispositions", alert_id=LEAD, disposition="confirmed", by="somebody else")

    assert answer.status_code == 303
    said = [one["by"] for name in ("feedback", "audit") for one in read(settings.brokers, f"{settings.prefix}.{name}")]
    assert ["reviewer", "reviewer"] == said
    assert 'name="by"' not in page.get(f"/leads/{LEAD}").text


@pytest.mark.redis
async def test_a_viewer_is_offered_no_form(app: FastAPI) -> None:
    """What would be refused is not shown."""
    page = logged_in(app, "viewer")

    for address in ("/leads", f"/leads/{LEAD}"):
        assert 'name="disposition" value' not in page.get(address).text


@pytest.mark.redis
async def test_whoever_tries_too_often_waits(app: FastAPI) -> None:
    """By form and by API, in both languages; others are not held up, nor is who has logged in."""
    inside = logged_in(app, "viewer")
    page = browser(app)
    tries = [posted(page, "/login", token="wrong") for _ in range(TRIES[0] + 1)]  # noqa: S106 - no token

    assert (401, 429) == (tries[0].status_code, tries[-1].status_code)
    assert 0 < int(tries[-1].headers["retry-after"]) <= TRIES[1]
    assert WORDS["too_often"].zh[:7] in tries[-1].text
    in_english = page.post("/login?lang=en", data={})
    assert (429, True) == (in_english.status_code, "Too many requests" in in_english.text)
    assert page.get("/api/leads", headers={"Authorization": "Bearer wrong"}).status_code == 429
    assert inside.get("/leads").status_code == 200


@pytest.mark.redis
async def test_forms_too_are_not_endless(app: FastAPI) -> None:
    """A script that posts is stopped, by the user; the pages go on."""
    page = logged_in(app, "reviewer")

    answers = {posted(page, "/dispositions", alert_id=[]).status_code for _ in range(70)}

    assert answers == {422, 429}
    assert page.get("/leads").status_code == 200


@pytest.mark.redis
async def test_every_form_has_to_be_one_of_ours(app: FastAPI) -> None:
    """Each route that changes something; a GET changes nothing."""
    page = logged_in(app, "admin")
    for method, route in NEEDED:
        if method != "POST":
            continue
        page.get("/login")
        for form, headers in (({}, {}), ({"csrf": "x"}, {}), (None, {"origin": "http://evil.example"})):
            data = {"csrf": page.cookies["csrf"]} if form is None else form
            assert page.post(route, data=data, headers=headers).status_code == 403, route


@pytest.mark.parametrize("text", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb", "/a\\b"])
def test_a_log_in_leads_to_no_other_site(text: str) -> None:
    """Whatever stands in the address."""
    assert place_on_this_site(text) == "/"


def test_a_token_is_told_by_its_hash_alone() -> None:
    """Blanks around it come from copying."""
    access = Access([Token("a", hash_of("smt_x"), "viewer")])

    assert access.of_token(" smt_x\n") == (hash_of("smt_x"), access.of_session({"token": hash_of("smt_x")}))
    assert access.of_token("") is None
    assert access.of_claims({"name": "a", "roles": ["admin"]}) is None
