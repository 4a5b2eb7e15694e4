"""Who logs in to a console in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from monitor.console.access import ROLES, Token, entry_of, hash_of
from tests.monitor.console._leads import Lead, leads

TOKENS = {role: f"smt_{role}" for role in ROLES} | {"of_city": "smt_of_city", "of_shop": "smt_of_shop"}
"""By name. of_city sees region 3410 and what is below it, of_shop one institution."""
SHOP = "P34102100029"


def access_file(folder: Path, more: str = "") -> Path:
    """An access file with a token of each role, and two that are limited. more: what else stands in it."""
    tokens = [Token(role, hash_of(TOKENS[role]), role) for role in ROLES]
    tokens.append(Token("of_city", hash_of(TOKENS["of_city"]), "admin", regions=("3410",)))
    tokens.append(Token("of_shop", hash_of(TOKENS["of_shop"]), "viewer", institutions=(SHOP,)))
    path = folder / "access.toml"
    path.write_text("\n\n".join([*map(entry_of, tokens), more]), encoding="utf-8")
    return path


def browser(app: FastAPI, base_url: str = "http://localhost") -> TestClient:
    """A browser in which nobody has logged in."""
    return TestClient(app, base_url=base_url, follow_redirects=False)


def logged_in(app: FastAPI, name: str, base_url: str = "http://localhost") -> TestClient:
    """A browser in which somebody has logged in with a token."""
    page = browser(app, base_url)
    answer = posted(page, "/login", token=TOKENS[name])
    assert answer.status_code == 303
    return page


def posted(page: TestClient, address: str, **form: Any) -> Any:  # noqa: ANN401 - an answer of httpx2
    """What is answered to a form of ours."""
    if not [one for one in page.cookies if one.endswith("csrf")]:
        page.get("/nowhere")  # a page that everybody gets
    [token] = [value for name, value in page.cookies.items() if name.endswith("csrf")]
    return page.post(address, data={"csrf": token} | form)


def placed_leads() -> tuple[list[Lead], list[Lead]]:
    """Leads that of_city sees, for the person's region and for the treatment's; and some that nobody limited sees."""
    one, other, *_ = [lead for lead in leads() if lead["fixmedins_code"] == SHOP]
    here = [
        one | {"alert_id": f"{1:032x}", "incident_id": f"{7:032x}", "insuplc_admdvs": "341021", "mdtrtarea_admvs": ""},
        other | {"alert_id": f"{2:032x}", "insuplc_admdvs": "110101", "mdtrtarea_admvs": "341022"},
    ]
    elsewhere = [
        one | {"alert_id": f"{3:032x}", "incident_id": f"{7:032x}", "insuplc_admdvs": "341103"},
        other | {"alert_id": f"{4:032x}", "insuplc_admdvs": "", "mdtrtarea_admvs": "110101"},
    ]
    return here, [one | {"fixmedins_code": "H11010100001"} for one in elsewhere]
