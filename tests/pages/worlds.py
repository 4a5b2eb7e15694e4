"""Dense worlds: few persons and institutions, and moments and amounts on both sides of every limit.

Institutions use the same numbers for visits, settlements and lines, as they do in the field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from .facts import DAY, HOUR, Message, Tables

START = datetime(2026, 1, 1)  # noqa: DTZ001 - Beijing
MINUTE = 60
H1, H2, H3, FAR = "H34102100001", "H34102100002", "H34102100003", "H34102200001"
P1, P2, NEAR, DISTANT, ONLINE, UNKNOWN = (
    "P34102100001", "P34102100002", "P34102200001", "P34102200002", "P34102200003", "P34102200099",
)  # fmt: skip
AMLODIPINE, AMLODIPINE_14, NIFEDIPINE, HERB, UNLISTED, SOLVENT = (
    "XC08CAB001A001100001010", "XC08CAB001A001100001011", "XC08CAB002A001100001010", "ZA01AAA0001010100001",
    "XD01AAA001A001100001010", "XB05AAA001A001100001010",
)  # fmt: skip
KEY_DRUG = "XB01AAA001A001100009998"
DEAR = "XC08CAB001A001100009999"
EXAMINATION = "001101000010000"
BED, SCAN, SCAN_TOO = "001102000010000", "002103000010000", "002103000020000"
CARD, DRAPE, LID = "003103000010000", "003301000010000", "003304010000914"
GROUP, *TESTS = (f"00250101000{n}000" for n in range(4))
RUB = "004700000010000"
TRACER, BEAM = "002301000010000", "002402000010000"


def text(at: float) -> str:
    """So many seconds after the start, as the wire has it."""
    return (START + timedelta(seconds=at)).isoformat(" ")


def day(number: int) -> str:
    """A date so many days after the start."""
    return text(number * DAY)[:10]


def tables() -> Tables:
    """A register with groups, coordinates, suspensions and a class; deaths, drugs and a calendar."""
    place = {"status": "active", "kind": "hospital", "admdvs": "341021", "valid_from": "2020-01-01"}
    shop = place | {"kind": "pharmacy"}
    other = shop | {"admdvs": "341022"}
    suspended = {"status": "suspended", "valid_from": day(10), "valid_to": day(14)}
    dead = {"die_date": day(4)}
    return {
        "institutions": [
            place | {"fixmedins_code": H1, "group": "G1", "lat": "30.0", "lon": "118.5", "beds": "12"},
            place
            | {"fixmedins_code": H2, "group": "G1", "lat": "30.0", "lon": "118.52", "beds": "52", "valid_to": day(200)},
            place | {"fixmedins_code": H2, "group": "G2", "valid_from": day(201)},
            place | {"fixmedins_code": H3},
            place | {"fixmedins_code": FAR, "admdvs": "341022", "lat": "30.8", "lon": "118.5"},
            shop | {"fixmedins_code": P1, "lat": "30.01", "lon": "118.5"},
            shop | {"fixmedins_code": P1} | suspended,
            shop | {"fixmedins_code": P1, "valid_from": day(15), "lat": "30.01", "lon": "118.5"},
            shop
            | {"fixmedins_code": P2, "usual_per_10min": "1.0", "lat": "30.1", "lon": "118.5"}
            | dict.fromkeys(("traced_purchases", "stock_uploaded"), "1"),
            other | {"fixmedins_code": NEAR, "lat": "30.02", "lon": "118.5", "class": "big"},
            other | {"fixmedins_code": DISTANT, "lat": "30.6", "lon": "118.5"},
            other | {"fixmedins_code": ONLINE, "internet": "1", "lat": "30.6", "lon": "118.5"},
            shop | {"fixmedins_code": "class:big", "usual_per_10min": "2.0"},
        ],
        "deaths": [
            {"psn_no": "dead"} | dead,
            {"psn_no": "closed", "valid_from": day(4), "valid_to": day(8)} | dead,
            {"psn_no": "late", "valid_from": day(7)} | dead,
            {"psn_no": "twice", "die_date": day(2), "valid_from": day(2), "valid_to": day(8)},
            {"psn_no": "twice", "die_date": day(6), "valid_from": day(9)},
        ],
        "drugs": [
            {"med_list_codg": AMLODIPINE, "pack_units": "28", "daily_units": "1", "procured": "won"},
            {"med_list_codg": DEAR, "group": AMLODIPINE[:10], "procured": "other", "valid_from": day(3)},
            {"med_list_codg": KEY_DRUG, "key": "1", "valid_from": day(5)},
            {"med_list_codg": NIFEDIPINE, "dual_channel": "1", "valid_to": day(90)},
            {"med_list_codg": AMLODIPINE_14, "pack_units": "14", "daily_units": "2"},
            {"med_list_codg": HERB, "group": "G", "pack_units": "20", "daily_units": "4", "valid_to": day(60)},
            {"med_list_codg": HERB, "group": "G", "pack_units": "40", "daily_units": "4", "valid_from": day(61)},
        ],
        "insured": [
            {"psn_no": "i1", "state": "suspended", "valid_from": day(10), "valid_to": day(14)},
            {"psn_no": "i2", "state": "waiting", "valid_from": day(10), "valid_to": day(14)},
            {"psn_no": "i3", "state": "waiting", "valid_from": day(8), "valid_to": day(11)},
            {"psn_no": "i3", "state": "suspended", "valid_from": day(12)},
        ],
        "staff": [
            {"psn_no": "p1", "fixmedins_code": H1, "valid_to": day(100)},
            {"psn_no": "p2", "fixmedins_code": H1, "valid_from": day(30)},
            {"psn_no": "p1", "fixmedins_code": H3, "valid_from": day(101)},
            *({"psn_no": f"e{n}", "fixmedins_code": P2} for n in range(4)),
            {"psn_no": "e4", "fixmedins_code": P2, "valid_to": day(8)},
            {"psn_no": "e5", "fixmedins_code": P1},
        ],
        "physicians": [
            {"bilg_dr_codg": "D341021000101", "status": "revoked"},
            {"bilg_dr_codg": "D341021000102", "status": "valid", "valid_to": day(3)},
            {"bilg_dr_codg": "D341021000102", "status": "expired", "valid_from": day(4), "valid_to": day(9)},
            {"bilg_dr_codg": "D341021000103", "status": "valid", "departments": "A03 A04"},
            {"bilg_dr_codg": "D341021000104", "status": "valid", "departments": "A03", "valid_from": day(3)},
        ],
        "employers": [
            *({"psn_no": f"w{n}", "employer": "e1"} for n in range(12)),
            *({"psn_no": f"w{n}", "employer": "e1", "valid_to": day(6)} for n in range(12, 15)),
            *({"psn_no": f"w{n}", "employer": "e2", "valid_from": day(7)} for n in range(12, 15)),
        ],
        "assisted": [
            {"psn_no": "p1", "valid_from": day(20), "valid_to": day(500)},
            {"psn_no": "p2"},
            {"psn_no": "i1", "valid_from": day(40)},
        ],
        "items": [
            {"med_list_codg": BED, "most_per_day": "2", "valid_to": day(20)},
            {
                "med_list_codg": BED,
                "most_per_day": "1",
                "valid_from": day(21),
                "most_per_period": "6",
                "period_days": "40",
            },
            {"med_list_codg": SCAN, "group": "CT", "most_per_period": "2", "period_days": "7", "most_per_day": "1"},
            {"med_list_codg": CARD, "registered": "1", "covered": "0", "valid_to": day(9)},
            {"med_list_codg": CARD, "registered": "0", "covered": "0", "valid_from": day(10)},
            {"med_list_codg": GROUP, "parts": "3", "valid_to": day(40)},
            {"med_list_codg": GROUP, "parts": "2", "valid_from": day(41)},
            *({"med_list_codg": test, "part_of": GROUP} for test in TESTS),
            {"med_list_codg": RUB, "minutes": "240", "valid_to": day(30)},
            {"med_list_codg": RUB, "minutes": "360", "valid_from": day(31)},
            {"med_list_codg": DRAPE, "separate": "0", "covered": "1"},
            {"med_list_codg": TRACER, "equipment": "PET/CT", "valid_from": day(2)},
            {"med_list_codg": BEAM, "equipment": "LINAC"},
            {"med_list_codg": LID, "cosmetic_in": "A14", "valid_to": day(45)},
            {"med_list_codg": LID, "cosmetic_in": "A14 A04.08", "valid_from": day(46)},
            {"med_list_codg": SCAN_TOO, "group": "CT", "most_per_period": "3", "period_days": "7"},
        ],
        "equipment": [
            {"place_and_kind": f"{H2}:PET/CT", "valid_to": day(20)},
            {"place_and_kind": f"{FAR}:PET/CT", "valid_from": day(25), "valid_to": day(40)},
            {"place_and_kind": f"{FAR}:PET/CT", "valid_from": day(55)},
        ],
        "enrolled": [
            {"psn_no": "i1", "insured_from": day(30)},
            {"psn_no": "i2", "insured_from": day(3), "newborn": "1"},
            {"psn_no": "i3", "insured_from": day(10), "valid_to": day(60)},
            {"psn_no": "i3", "insured_from": day(61), "valid_from": day(61)},
        ],
        "recognised": [{"psn_no": "i1", "valid_from": day(12), "valid_to": day(20)}, {"psn_no": "i3"}],
        "households": [
            *({"psn_no": f"c{n}", "household": "h1", "village": "v1", "care_home": "n1"} for n in range(6)),
            *({"psn_no": f"c{n}", "household": f"h{n}", "village": "v1", "valid_to": day(195)} for n in range(6, 12)),
        ],
        "calendar": [{"date": day(50), "kind": "pension"}, {"date": day(40), "kind": "holiday"}],
        "diagnoses": [
            {"code": "Z51", "exempt": "1"},
            {"code": "J06", "exempt": "0", "minor": "1", "valid_to": day(300)},
            {"code": "J06.8", "exempt": "0", "minor": "0"},
            {"code": "I21.1", "exempt": "1"},
            {"code": "I21", "exempt": "0"},
        ],
    }


class Town:
    """Collects messages; no two happen, or are uploaded, in the same second."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.messages: list[tuple[float, Message]] = []
        self._moments: set[int] = set()
        self._numbers: Counter[tuple[str, str]] = Counter()

    def number(self, place: str, letter: str) -> str:
        """The next number of an institution; others have the same."""
        self._numbers[place, letter] += 1
        return f"{letter}{self._numbers[place, letter]}"

    def moment(self, at: float) -> int:
        """The first free second from then on."""
        second = int(at)
        while second in self._moments:
            second += 1
        self._moments.add(second)
        return second

    def send(self, infno: str, place: str, person: str, at: float, delay: float = 2, /, **fields: object) -> Message:
        """A message; fields that are empty are not sent."""
        uploaded = self.moment(at + delay)
        header: Message = {
            "msgid": self.number(place, "m"), "infno": infno, "fixmedins_code": place, "psn_no": person,
            "inf_time": text(uploaded), "mdtrtarea_admvs": "341021", "insuplc_admdvs": "341021", "opter_type": "1",
            "opter": "o1", "mdtrt_cert_type": "03",
        }  # fmt: skip
        message = {name: value for name, value in (header | fields).items() if value not in ("", None)}
        self.messages.append((uploaded, message))
        return message

    def settle(self, infno: str, place: str, person: str, at: float, delay: float = 2, /, **fields: object) -> Message:
        """A settlement."""
        second = self.moment(at)
        defaults = {
            "setl_id": self.number(place, "s"), "mdtrt_id": self.number(place, "v"), "setl_time": text(second),
            "med_type": {"2102": "41", "2207": "11", "2304": "21"}[infno], "medfee_sumamt": 50, "fund_pay_sumamt": 30,
        }  # fmt: skip
        return self.send(infno, place, person, second, delay, **defaults | fields)

    def take_back(self, message: Message, at: float) -> None:
        """Reverse a settlement, or cancel an admission, a discharge or a registration."""
        by = {
            "2102": "2103", "2207": "2208", "2304": "2305", "2401": "2404", "2402": "2405", "2201": "2202",
        }[str(message["infno"])]  # fmt: skip
        second = self.moment(at)
        named = {name: message[name] for name in ("setl_id", "mdtrt_id") if name in message}
        more = {"setl_time": text(second)} if "setl_id" in named else {}
        self.send(by, str(message["fixmedins_code"]), str(message["psn_no"]), second, 1, **named | more)

    def line(self, at: float, number: object, **fields: object) -> Message:
        """A fee line."""
        defaults: Message = {
            "feedetl_sn": f"f{number}", "fee_ocur_time": text(at), "med_list_codg": AMLODIPINE, "cnt": 1, "pric": 10,
            "det_item_fee_sumamt": 10,
        }  # fmt: skip
        return {name: value for name, value in (defaults | fields).items() if value not in ("", None)}

    def maybe(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random.random() < share

    def sent(self) -> list[Message]:
        """All messages in order of upload."""
        return [message for _, message in sorted(self.messages, key=lambda one: one[0])]


def drugs(town: Town) -> None:
    """Dispensings of two persons, again and again around the limits of D01, D02 and D03."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(40):
        at += choice((0, 0, 0, 0, 1, 6, 7, 8, 14, 15, 20, 28, 30, 60, 84)) * DAY + choice((0, 0, HOUR, 3 * HOUR))
        person, place = choice(("p1", "p1", "p2")), choice((H1, H1, H2, P1))
        visit = choice((f"v{number}", f"v{number}", f"v{number - 1}"))
        second = town.moment(at)
        lines = [_drug(town, second, f"{number}-{n}") for n in range(choice((1, 1, 2, 3)))]
        kind = choice(("11", "11", "13", "14", "140101", "16", "51", "", "21"))
        if place == P1:
            of_shop: Message = {"med_type": "41", "feedetail": lines, "mdtrt_id": visit}
            bought = town.settle("2102", place, person, second, **of_shop)
            if town.maybe(0.15):
                town.take_back(bought, second + choice((HOUR, 71 * HOUR, 73 * HOUR)))
            continue
        sent = town.send("2204", place, person, second, mdtrt_id=visit, med_type=kind, feedetail=lines)
        _correct(town, sent, lines, second, number)


def _drug(town: Town, at: float, number: object) -> Message:
    choice = town.random.choice
    return town.line(
        at, number,
        med_list_codg=choice((AMLODIPINE, AMLODIPINE, AMLODIPINE_14, HERB, UNLISTED, UNLISTED, SOLVENT)),
        cnt=choice((1, 1, 2, 3, 10)), prd_days=choice((None, None, 3, 7, 8, 14, 30, 30, 60, 90, 99.99, 120, 120)),
        rxno=choice((None, "r1", "r2")), bilg_dr_codg=choice((None, "d1", "d2")),
        list_type=choice((None, None, None, "101", "301")),
    )  # fmt: skip


def _correct(town: Town, sent: Message, lines: list[Message], at: int, number: int) -> None:
    """Give a line back, send it again, or cancel it."""
    choice, line = town.random.choice, town.random.choice(lines)
    place, person = str(sent["fixmedins_code"]), str(sent["psn_no"])
    header: Message = {name: sent.get(name) for name in ("mdtrt_id", "med_type")}
    later = town.moment(at + choice((HOUR, 2 * HOUR, 5 * HOUR, DAY)))
    if town.maybe(0.35):
        back = line | {"feedetl_sn": f"b{number}", "fee_ocur_time": text(later), "init_feedetl_sn": line["feedetl_sn"]}
        back |= {"cnt": -int(str(line["cnt"])) if town.maybe(0.7) else -1, "det_item_fee_sumamt": -10}
        if town.maybe(0.5):
            back.pop("rxno", None)
        if town.maybe(0.4):
            back.pop("prd_days", None)
        town.send("2204", place, person, later, **header, feedetail=[back])
    elif town.maybe(0.15):
        town.send("2204", place, person, later, **header, feedetail=[line | {"cnt": 5, "prd_days": 5}])
    elif town.maybe(0.15):
        town.send(
            "2205", place, person, at + choice((HOUR, 71 * HOUR, 73 * HOUR)), **header, feedetl_sn=line["feedetl_sn"]
        )


def journeys(town: Town) -> None:
    """Two persons between hospitals and pharmacies of two counties."""
    choice = town.random.choice
    at = 7.0 * HOUR
    for number in range(60):
        at += choice((1, 5, 10, 14, 20, 25, 29, 30, 31, 59, 60, 61, 120)) * MINUTE - choice((0, 0, 1))
        person, place = choice(("p1", "p1", "p2")), choice((H1, H2, H3, FAR, P1, P2, NEAR, DISTANT, ONLINE, UNKNOWN))
        county = choice(("341022" if place[3:8] == "41022" else "341021", ""))
        if place == UNKNOWN:
            county = "341022"
        common: Message = {
            "mdtrtarea_admvs": county, "opter_type": choice(("1",) * 10 + ("2", "3")),
            "mdtrt_cert_type": choice(("03", "03", "01", "02")), "acct_mulaid_pay": choice((None, None, 5, 0)),
        }  # fmt: skip
        rxno = choice((None, "k1", "k2"))
        if town.maybe(0.15):
            _errand(town, at)
        if place.startswith("H"):
            second = town.moment(at)
            if town.maybe(0.6):
                lines = [town.line(second, number, rxno=rxno)]
                town.send("2204", place, person, second, mdtrt_id=f"w{number}", med_type="11", feedetail=lines)
            infno = choice(("2207", "2207", "2304"))
            town.settle(infno, place, person, second + choice((0, 10 * MINUTE, HOUR)), **common)
        else:
            second = town.moment(at)
            circulated = choice((None, None, None, "1"))
            lines = [town.line(second, number, rxno=rxno, rx_circ_flag=circulated)]
            sold = town.settle("2102", place, person, second, feedetail=lines, **common)
            if town.maybe(0.1):
                town.take_back(sold, second + HOUR)


def _errand(town: Town, at: float) -> None:
    """A prescription that is fetched in the other county about six hours later, and a purchase at home soon after."""
    choice = town.random.choice
    person, rxno = town.number("", "e"), choice(("k3", "k4"))
    written = town.moment(at)
    lines = [town.line(written, person, rxno="k3")]
    town.send("2204", H3, person, written, mdtrt_id=town.number(H3, "v"), med_type="11", feedetail=lines)
    fetched = town.moment(written + 6 * HOUR - choice((1, 60, 20 * MINUTE, -1)))
    bought = [town.line(fetched, person, rxno=rxno)]
    town.settle("2102", UNKNOWN, person, fetched, feedetail=bought, mdtrtarea_admvs="341022")
    town.settle("2102", P1, person, fetched + choice((5, 29, 31)) * MINUTE)


def after_death(town: Town) -> None:
    """Visits and stays of dead persons, around the day of death and the thirty days."""
    choice = town.random.choice
    for _ in range(45):
        person, place = choice(("dead", "closed", "late", "twice")), choice((H1, H2))
        at = choice((2, 3, 4, 5, 5, 5, 6, 7, 8, 9, 12, 34, 35, 36, 40, 190)) * DAY + choice(
            (0, HOUR, 9 * HOUR, DAY - 5)
        )
        kind = choice(("visit", "visit", "shop", "stay"))
        visit = town.number(place, "v")
        if kind == "shop":
            second = town.moment(at)
            lines = [town.line(second - choice((0, HOUR, DAY)), n) for n in range(choice((0, 1, 2)))]
            said = town.settle("2102", P2, person, second, feedetail=lines, mdtrt_id=town.number(P2, "v"))
        elif kind == "visit":
            said = _visit_of_dead(town, place, person, visit, at)
        else:
            said = _stay_of_dead(town, place, person, visit, at)
        if town.maybe(0.3):
            took = str(said.get("setl_time") or said.get("begntime") or said.get("endtime"))
            later = (datetime.fromisoformat(took) - START).total_seconds() + choice(
                (HOUR, 71 * HOUR, 10 * DAY, 64 * DAY)
            )
            town.take_back(said, later)


def _visit_of_dead(town: Town, place: str, person: str, visit: str, at: float) -> Message:
    choice = town.random.choice
    if town.maybe(0.5):
        second = town.moment(at)
        town.send("2201", place, person, second, mdtrt_id=visit, begntime=text(second))
    if town.maybe(0.3):
        second = town.moment(at + HOUR)
        count = choice((1, 1, 0))
        lines = [town.line(second, visit, cnt=count)]
        town.send("2204", place, person, second, mdtrt_id=visit, med_type="11", feedetail=lines)
    return town.settle("2207", place, person, at + choice((2 * HOUR, DAY, 2 * DAY)), mdtrt_id=visit)


def _stay_of_dead(town: Town, place: str, person: str, visit: str, at: float) -> Message:
    choice = town.random.choice
    second = town.moment(at)
    said = town.send("2401", place, person, second, mdtrt_id=visit, begntime=text(second), med_type="21")
    if town.maybe(0.4):
        later = town.moment(at + choice((HOUR, DAY, 3 * DAY)))
        town.send("2301", place, person, later, mdtrt_id=visit, med_type="21", feedetail=[town.line(later, visit)])
    if town.maybe(0.7):
        paid = at + choice((DAY, 20 * DAY, 29 * DAY, 30 * DAY, 31 * DAY))
        bill = town.settle("2304", place, person, paid, mdtrt_id=visit, mid_setl_flag="0")
        return choice((said, bill))
    return said


def stays(town: Town) -> None:
    """Stays of two persons that follow and overlap one another."""
    choice = town.random.choice
    at = {"p1": 9.0 * HOUR, "p2": 9.0 * HOUR}
    for _ in range(26):
        person, place = choice(("p1", "p2")), choice((H1, H1, H2, H3))
        at[person] += choice((0, 1, 1, 2, 5, 7, 8, 16)) * DAY + choice((-HOUR, 0, 0, HOUR))
        at[person] = max(at[person], HOUR)
        _stay(town, place, person, at[person], choice((1, 1, 2, 3, 7, 20)) * DAY + choice((-1, 0, 1, 3 * HOUR)))
        at[person] += choice((0, 0, 1, 3)) * DAY


def _stay(town: Town, place: str, person: str, at: float, length: float) -> None:
    choice = town.random.choice
    visit, begins = town.number(place, "v"), town.moment(at)
    kind = choice(("21",) * 8 + ("28", "5212", "52", "23"))
    group = choice(("I20.0", "I20.9", "J18.9", "I20.0", "Z51.1", "I21.101", "I21.9", "O80.9", "O82.0", ""))
    admitted = town.send(
        "2401", place, person, begins, mdtrt_id=visit, begntime=text(begins), med_type=kind, dscg_maindiag_code=group
    )
    ends = town.moment(at + length)
    if town.maybe(0.85):
        code = group if town.maybe(0.7) else choice(("I20.1", "J18.0", "Z51.2"))
        way = choice(("1",) * 7 + ("2",))
        left = town.send(
            "2402", place, person, ends, mdtrt_id=visit, endtime=text(ends), dscg_way=way, dscg_maindiag_code=code
        )
        if town.maybe(0.05):
            town.take_back(left, ends + choice((HOUR, 20 * DAY)))
    for _ in range(choice((0, 1, 1, 2))):
        paid = at + choice((length / 2, length + HOUR, length + HOUR, length + 2 * DAY))
        stated = choice((None, text(ends)))
        bill = town.settle(
            "2304", place, person, paid, mdtrt_id=visit, mid_setl_flag=choice(("0", "0", "1")), dscg_time=stated,
            med_type=kind,
        )  # fmt: skip
        if town.maybe(0.07):
            town.take_back(bill, paid + choice((HOUR, 20 * DAY, 64 * DAY)))
    if town.maybe(0.05):
        town.take_back(admitted, begins + choice((HOUR, 20 * DAY)))


def outings(town: Town) -> None:
    """Stays of two persons of whom each now and then settles elsewhere, or in the hospital itself, in many ways."""
    choice = town.random.choice
    at = {"p1": 9.0 * HOUR, "p2": 9.0 * HOUR}
    for _ in range(18):
        person, place, length = choice(("p1", "p2")), choice((H1, H2, H3)), choice((2, 4, 7, 20, 40)) * DAY
        begins = at[person]
        _stay(town, place, person, begins, length)
        for _ in range(choice((2, 4, 12))):
            day = begins + choice(range(round(length / DAY) + 3)) * DAY
            second = town.moment(max(day + choice((0, 0, 5 * HOUR, -9 * HOUR, -9 * HOUR - 1)), 0))
            where = choice((H1, H2, H3, H3, FAR, P2, P2, ONLINE, UNKNOWN))
            infno, kind = ("2207", "11") if where.startswith("H") else ("2102", "41")
            lines = [town.line(second, town.number(person, "o"), rx_circ_flag=choice((None, "0", "0", "1")))]
            seen = town.settle(
                infno, where, person, second, feedetail=lines,
                med_type=choice((kind,) * 4 + ("14", "15")), fund_pay_sumamt=choice((0, 0.01, 30, 30)),
                opter_type=choice(("1",) * 8 + ("2", "3")), mdtrt_cert_type=choice(("01", "03", "03")),
                acct_mulaid_pay=choice((None, 0, 5)),
            )  # fmt: skip
            if town.maybe(0.1):
                town.take_back(seen, second + choice((HOUR, 72 * HOUR - 10, 73 * HOUR)))
        at[person] += length + choice((1, 30)) * DAY


def admissions(town: Town) -> None:
    """So many short stays that the counts of a quarter and of a year are reached, over two years and a half."""
    choice = town.random.choice
    at = {"p1": 9.0 * HOUR, "p2": 9.0 * HOUR}
    for _ in range(60):
        person = choice(("p1", "p2"))
        at[person] += choice((10, 20, 29, 30, 31, 60, 73, 90)) * DAY - choice((0, 0, 1))
        _stay(town, choice((H1, H1, H1, H2, H3)), person, at[person], choice((1, 3)) * DAY)


def long_stays(town: Town) -> None:
    """Stays that last about as long as the limits of six weeks, of a quarter and of half a year."""
    choice = town.random.choice
    at = {"p1": 9.0 * HOUR, "p2": 9.0 * HOUR}
    for _ in range(16):
        person = choice(("p1", "p2"))
        length = choice((44, 45, 45, 46, 89, 90, 90, 91, 180, 181)) * DAY + choice((-1, 0, 1, 3 * HOUR))
        _stay(town, choice((H1, H2, H3)), person, at[person], length)
        at[person] += length + choice((1, 20)) * DAY


def entitlements(town: Town) -> None:
    """Three persons who settle by entitlement, with assistance, on bills handed in, and in another county."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for _ in range(70):
        at += choice((HOUR, DAY, DAY, 3 * DAY, 8 * DAY)) - choice((0, 0, 1))
        person, place = choice(("i1", "i1", "i2", "i3")), choice((H1, H2, H3, FAR, P1))
        infno = "2102" if place == P1 else choice((*("2207",) * 6, "2304"))
        kind = {"2102": "41", "2304": "21"}.get(infno) or choice(("11", "14", "140101", "15"))
        fund = choice((0, 30, 3_000, 9_999.99, 10_000, 12_000, 50_000, 50_000.01))
        seen = town.settle(
            infno, place, person, at, med_type=kind, fund_pay_sumamt=fund, medfee_sumamt=fund + 20,
            insuplc_admdvs=choice(("341021", "341021", "330100", "")), setl_type=choice(("1", "2", "2", "3", None)),
            maf_pay=choice((None, None, None, 0, 5)),
        )  # fmt: skip
        if town.maybe(0.1):
            town.take_back(seen, at + choice((HOUR, 72 * HOUR - 10, 73 * HOUR, 20 * DAY)))


def colds(town: Town) -> None:
    """Two wards: weeks with few or many colds, then days on which about as many come as are told."""
    choice = town.random.choice
    usual = choice((0, 3, 10, 20))
    for number in range(usual * 8):
        _with_a_cold(town, number, 49 * DAY * number / max(usual * 8, 1))
    at = 52.0 * DAY
    for number in range(choice((16, 30, 60))):
        at += choice((0, HOUR, 3 * HOUR, 11 * HOUR, 12 * HOUR)) + choice((-MINUTE, 0, MINUTE))
        _with_a_cold(town, 1_000 + number, at)


def _with_a_cold(town: Town, number: int, at: float) -> None:
    choice = town.random.choice
    place, begins = choice((H1,) * 9 + (H2,)), town.moment(at)
    code = choice(("J06.9",) * 12 + ("J06", "J06.8", "J18.9", None))
    came = town.send(
        "2401", place, f"w{number}", begins, mdtrt_id=town.number(place, "v"), begntime=text(begins), med_type="21",
        dscg_maindiag_code=code,
    )  # fmt: skip
    if town.maybe(0.05):
        town.take_back(came, begins + choice((HOUR, 20 * DAY, 62 * DAY, 64 * DAY)))


def wards(town: Town) -> None:
    """A ward in which about as many lie as are told, for some days; they leave and are taken back in every way."""
    choice = town.random.choice
    place, count = choice(((H1, 16), (H1, 17), (H1, 18), (H1, 19), (H2, 57), (H2, 58), (H2, 59), (H2, 79)))
    for number in range(4):  # who came so long ago that it is nearly forgotten
        _lies_in(town, place, f"l{number}", (5 + number) * DAY + choice((-1, 0, 1)), choice((0.5, 20, None)))
    for number in range(count + choice((0, 2, 3, 4, 6))):
        before = choice((9 * HOUR, 2 * HOUR, 60, 1, 0, -1))
        _lies_in(town, place, f"w{number}", 65 * DAY - before, choice((1, 2, 3, 3, 3.5, None, *(5,) * 20)))
    for number in range(6):
        at = choice((65.2, 66, 66.4, 67, 68.5, 75)) * DAY + choice((-1, 0, 1))
        _lies_in(town, place, choice((f"n{number}", f"w{number}")), at, choice((0.2, 1, 2, 4)))


def coaches(town: Town) -> None:
    """Weeks of two hospitals with more or fewer patients from elsewhere, then days on which about as many come."""
    choice, share = town.random.choice, town.random.choice((0, 0, 0, 0.1, 0.1, 0.2, 0.5))
    a_week = choice((3, 8, 12))
    for number in range(a_week * 8):
        if number // a_week in (2, 5) and town.maybe(0.6):
            continue
        at = 3 * HOUR + 7 * DAY * number / a_week
        _from_somewhere(town, choice((f"u{number}", f"u{number}", "u1")), at, share)
    at = 56.0 * DAY
    for number in range(choice((16, 24, 40))):
        at += choice((0, HOUR, 3 * HOUR, 9 * HOUR)) + choice((-MINUTE, 0, MINUTE))
        person = choice((*(f"b{number}",) * 8, "u1", "u9", "b1"))
        _from_somewhere(town, person, at, choice((0.5, 0.9, 0.9)))


def _from_somewhere(town: Town, person: str, at: float, share: float) -> None:
    choice = town.random.choice
    place, begins = choice((H1,) * 12 + (H2,)), town.moment(at)
    region = choice(("341004", "341022", "330100")) if town.maybe(share) else choice(("341021",) * 12 + ("",))
    came = town.send(
        "2401", place, person, begins, mdtrt_id=town.number(place, "v"), begntime=text(begins), insuplc_admdvs=region,
        med_type=choice(("21",) * 20 + ("28", "52", "23")),
        dscg_maindiag_code=choice(("I20.0",) * 12 + ("S72.0", "t14", "J18.9", None)),
    )  # fmt: skip
    if town.maybe(0.04):
        town.take_back(came, begins + choice((HOUR, 20 * DAY, 62 * DAY, 64 * DAY)))


def _lies_in(town: Town, place: str, person: str, at: float, days: float | None) -> None:
    choice = town.random.choice
    visit, begins = town.number(place, "v"), town.moment(at)
    kind = choice(("21",) * 50 + ("28", "5212", "52"))
    came = town.send("2401", place, person, begins, mdtrt_id=visit, begntime=text(begins), med_type=kind)
    if town.maybe(0.03):
        town.take_back(came, begins + choice((HOUR, 20 * DAY, 62 * DAY)))
    if days is None:
        return
    ends = town.moment(begins + days * DAY - choice((0, 0, 1)))
    delay = choice((2, 2, 2, 20 * HOUR, 14 * DAY))
    if town.maybe(0.9):
        left = town.send("2402", place, person, ends, delay, mdtrt_id=visit, endtime=text(ends))
        if town.maybe(0.06):
            town.take_back(left, ends + choice((15 * DAY, 62 * DAY)))
    if town.maybe(0.5):
        flag, kind = choice(("0", "0", "0", "1", None)), choice(("21", "21", "28"))
        paid = ends + choice((-DAY, HOUR, HOUR))
        bill = town.settle("2304", place, person, paid, mdtrt_id=visit, mid_setl_flag=flag, med_type=kind)
        if town.maybe(0.06):
            town.take_back(bill, paid + choice((HOUR, 62 * DAY)))


def outages(town: Town) -> None:
    """Sales of three days of a pharmacy and a hospital, most of them uploaded about a day later."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(150):
        at += choice((300, 900, 1_800, 3_000)) - choice((0, 0, 1))
        infno, place = choice((("2102", P1),) * 6 + (("2207", H1), ("2304", H1)))
        delay = choice((2, HOUR, DAY - 1, DAY, DAY + 1, 30 * HOUR, 50 * HOUR, 71 * HOUR))
        sold = town.settle(infno, place, f"p{number}", at, delay, med_type="41" if place == P1 else "21")
        if town.maybe(0.05):
            town.take_back(sold, at + choice((50 * HOUR, 72 * HOUR - 10, 73 * HOUR)))


def corrections(town: Town) -> None:
    """Three institutions delete lines, stays and rows of stock: now and then, and in bursts."""
    choice = town.random.choice
    at, place = 9.0 * HOUR, H1
    pause: tuple[int, ...] = ()
    for number in range(260):
        if number % 30 == 0:
            place, pause = choice((H1, H1, P1, H2)), choice(((60, 90, 110), (100, 120, 130), (600, 1_200), (3_000,)))
        at += choice(pause)
        infno = choice(("2205", "2302", "2404", "2405", *("3507",) * choice((1, 12))))
        visit = {"mdtrt_id": f"v{number}"}
        lines: Message = {"feedetl_sn": "1"} if infno in ("2205", "2302") else {}
        if infno == "3507":
            town.send(infno, place, "", at, fixmedins_bchno=f"n{number}", inv_data_type=choice(("1", "3", "4")))
        else:
            town.send(infno, place, f"p{number}", at, **visit, **lines)


def reopened(town: Town) -> None:
    """Stays of two hospitals, most of which are taken back about a week later, changed, and settled again."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(choice((0, 0, 510, 560))):
        town.settle("2304", H1, f"q{number}", 20 * DAY + number * HOUR)
    for number in range(46):
        at += choice((HOUR, DAY, DAY, 3 * DAY))
        place, person = choice((*(H1,) * 6, H2)), f"p{number}"
        bill = town.settle("2304", place, person, at, medfee_sumamt=100, fund_pay_sumamt=70)
        settled = (datetime.fromisoformat(str(bill["inf_time"])) - START).total_seconds() - 1
        opened = settled + choice((6 * DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY, 7 * DAY + 1, 12 * DAY, 30 * DAY))
        if town.maybe(0.9):
            town.take_back(bill, opened)
        visit: Message = {"mdtrt_id": bill["mdtrt_id"]}
        if town.maybe(0.7):
            whose = choice((*(person,) * 12, "p9"))
            town.send("2302", place, whose, opened + choice((-60, 60, 60, 600)), **visit, feedetl_sn="f1")
        elif town.maybe(0.7):
            count = choice((-1, -1, 1))
            signed: Message = {"cnt": count, "det_item_fee_sumamt": 10 * count, "init_feedetl_sn": "f1"}
            lines = [town.line(opened, n, **signed if n else {}) for n in range(2)]
            town.send("2301", place, person, opened + 90, **visit, med_type="21", feedetail=lines)
        sums: Message = {
            "medfee_sumamt": choice((100, 90, *(110,) * 6)), "fund_pay_sumamt": choice((*(70,) * 6, 80, 69.99)),
        }  # fmt: skip
        again = town.settle("2304", place, person, opened + choice((300, HOUR, 2 * DAY)), **visit, **sums)
        if town.maybe(0.05):
            town.take_back(again, opened + 10 * DAY)


def counters(town: Town) -> None:
    """Bills of four hospitals that two agencies pay, by clerks who take them in turn; of one hospital mostly by one."""
    choice = town.random.choice
    at, favoured, usual = 9.0 * HOUR, choice((0.7, 0.85, 1.0)), choice((("c1", "c2"), ("c1", "c2", "c3")))
    for number in range(170):
        at += choice((HOUR, 3 * HOUR, 6 * HOUR, 14 * HOUR)) - choice((0, 0, 1))
        place = choice((FAR, H1, H2, H3))
        infno, kind = choice((*(("2207", "11"),) * 8, ("2304", "21")))
        paid = town.settle(
            infno, place, f"p{number}", at, med_type=kind, setl_type=choice((*("1",) * 12, "2", None)),
            opter="c1" if place == FAR and town.maybe(favoured) else choice((*usual * 8, "")),
            insuplc_admdvs=choice((*("341021",) * 12, "341022", "")),
        )  # fmt: skip
        if town.maybe(0.05):
            town.take_back(paid, at + choice((HOUR, 72 * HOUR - 10, 73 * HOUR, 20 * DAY)))


def limits(town: Town) -> None:
    """Items of four kinds at prices about their limits, in visits, stays and sales at three places."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(120):
        at += choice((HOUR, 3 * HOUR, 12 * HOUR, DAY)) - choice((0, 0, 1))
        infno, place = choice((("2204", H1), ("2301", H1), ("2301", H2), ("2102", P1)))
        second = town.moment(at)
        line = town.line(
            second, number, cnt=choice((1, 1, 2, 0.5)), med_list_codg=choice((SCAN, SCAN, AMLODIPINE)),
            pric=choice((20, 20.1, 20.11, 24, 25, 25)), pric_uplmt_amt=choice((20, 20, 20, 999_999, 0, None)),
            list_type=choice(("", "", "101", "201")),
        )  # fmt: skip
        _charge(town, infno, place, number, second, line)


def flags(town: Town) -> None:
    """What may not be charged, or not to the fund, in visits, stays and sales at three places."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(120):
        at += choice((HOUR, 3 * HOUR, 12 * HOUR, DAY)) - choice((0, 0, 1))
        infno, place = choice((("2204", H1), ("2301", H1), ("2301", H2), ("2102", P1)))
        second = town.moment(at)
        line = town.line(
            second, number, cnt=choice((1, 1, 2, 0.5)), med_list_codg=choice((CARD, CARD, DRAPE, BED)),
            det_item_fee_sumamt=choice((10, 10, 0)), inscp_scp_amt=choice((8, 8, 0, None)),
        )  # fmt: skip
        _charge(town, infno, place, number, second, line)


def machines(town: Town) -> None:
    """What needs licensed equipment, at two hospitals of one group, one of none, one far away and a shop."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(150):
        at += choice((HOUR, 3 * HOUR, 12 * HOUR, DAY, DAY)) - choice((0, 0, 1))
        infno, place = choice((("2204", H1), ("2301", H1), ("2301", H2), ("2204", H3), ("2301", FAR), ("2102", P1)))
        second = town.moment(at)
        line = town.line(
            second, number, cnt=choice((1, 1, 2, 0)), med_list_codg=choice((TRACER, TRACER, TRACER, BEAM, CARD)),
            etip_flag=choice((None, None, "0", "1")),
        )  # fmt: skip
        _charge(town, infno, place, number, second, line)


def lids(town: Town) -> None:
    """An item of departments of cosmetology and others, in visits and stays at two hospitals, of many persons."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(160):
        at += choice((3 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 5 * DAY if number % 40 == 0 else HOUR))
        infno, place = choice((("2204", H1), ("2204", H1), ("2204", H1), ("2301", H1), ("2301", H2)))
        second = town.moment(at)
        line = town.line(
            second, number, cnt=choice((1, 1, 1, 0.5)), med_list_codg=choice((LID, LID, LID, BED)),
            inscp_scp_amt=choice((8, 8, 8, 0, None)),
            bilg_dept_codg=choice(("A14", "A14", "A14", "A04.08", "A10", None)),
        )  # fmt: skip
        _charge(town, infno, place, number, second, line, persons=24)


def laboratories(town: Town) -> None:
    """Tests of one group and a treatment with one or two therapists, in visits and stays of few patients."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(160):
        at += choice((0, HOUR, HOUR, 3 * HOUR, 6 * HOUR)) - choice((0, 0, 1))
        infno, place, second = choice(("2204", "2301")), choice((H1, H1, H1, H2)), town.moment(at)
        line = town.line(
            second, number, cnt=choice((1, 1, 2)), med_list_codg=choice((*TESTS, RUB, RUB, RUB, GROUP)),
            orders_dr_code=choice(("D341021000017", "D341021000017", "D341021000025", "D111111111111", "D3410", None)),
        )  # fmt: skip
        header: Message = {"mdtrt_id": f"v{number // 6}", "med_type": "11" if infno == "2204" else "21"}
        town.send(infno, place, "p1", second, **header, feedetail=[line])
        if town.maybe(0.15):
            later = town.moment(second + choice((HOUR, DAY)))
            back = {"feedetl_sn": f"b{number}", "fee_ocur_time": text(later), "init_feedetl_sn": "1", "cnt": -1}
            town.send(infno, place, "p1", later, **header, feedetail=[line | back | {"det_item_fee_sumamt": -10}])
        elif town.maybe(0.15):
            by, late = ("2205", 73 * HOUR) if infno == "2204" else ("2302", 64 * DAY)
            town.send(by, place, "p1", second + choice((HOUR, late)), **header, feedetl_sn=line["feedetl_sn"])


def soaring(town: Town) -> None:
    """A key drug and tests that are sent out, few for ten weeks, and then many for two."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(140):
        at += choice((12 * HOUR, DAY, DAY, 2 * DAY) if number < 70 else (HOUR, 3 * HOUR, 12 * HOUR, DAY))
        infno, place = choice((("2204", H1), ("2204", H1), ("2301", H1), ("2301", H2)))
        second, many = town.moment(at), choice((1, 10, 40)) if number >= 70 else choice((1, 2, 5))
        line = town.line(
            second, number, cnt=many, med_list_codg=choice((KEY_DRUG, KEY_DRUG, SCAN)),
            etip_flag=choice(("1", "1", "0", None)),
        )  # fmt: skip
        _charge(town, infno, place, number, second, line)


def procurement(town: Town) -> None:
    """Two products of a substance that is procured by volume, half and half, in visits, stays and sales."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(160):
        at += choice((HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)) - choice((0, 0, 1))
        infno, place = choice((("2204", H1), ("2204", H1), ("2204", H1), ("2301", H1), ("2102", P1)))
        second = town.moment(at)
        line = town.line(second, number, cnt=choice((1, 2)), med_list_codg=choice((AMLODIPINE, DEAR, DEAR, HERB)))
        _charge(town, infno, place, number, second, line)


def _charge(town: Town, infno: str, place: str, number: int, second: float, line: Message, persons: int = 9) -> None:
    """One line of a visit, a stay or a sale, that may be taken back or cancelled, in time or too late."""
    person, visit = f"p{number % persons}", f"v{number}"
    kind = {"2204": "11", "2301": "21", "2102": "41"}[infno]
    header: Message = {"med_type": kind, "mdtrt_id": visit}
    if infno == "2102":
        sold = town.settle(infno, place, person, second, feedetail=[line], **header)
        if town.maybe(0.1):
            town.take_back(sold, second + town.random.choice((HOUR, 72 * HOUR - 10, 73 * HOUR)))
        return
    town.send(infno, place, person, second, **header, feedetail=[line])
    by, late = ("2205", 73 * HOUR) if infno == "2204" else ("2302", 64 * DAY)
    if town.maybe(0.15):
        after = second + town.random.choice((HOUR, late))
        town.send(by, place, person, after, mdtrt_id=visit, feedetl_sn=line["feedetl_sn"])


def charges(town: Town) -> None:
    """Beds and scans of two persons, in visits and stays at two hospitals that use the same numbers."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(60):
        at += choice((HOUR, 6 * HOUR, DAY, DAY, 2 * DAY, 5 * DAY)) - choice((0, 0, 1))
        person, place = choice(("p1", "p1", "p2")), choice((H1, H1, H2))
        second, infno = town.moment(at), choice(("2204", "2301", "2301"))
        header: Message = {"mdtrt_id": f"v{number // 4}", "med_type": "11" if infno == "2204" else "21"}
        line = town.line(
            second, number, cnt=choice((1, 1, 1, 2, 0.5)),
            med_list_codg=choice((BED, BED, SCAN, SCAN, SCAN_TOO, AMLODIPINE)),
        )  # fmt: skip
        town.send(infno, place, person, second, **header, feedetail=[line])
        if town.maybe(0.2):
            later = town.moment(second + choice((HOUR, 3 * HOUR, DAY, DAY + 1)))
            back = {"feedetl_sn": f"b{number}", "fee_ocur_time": text(later), "init_feedetl_sn": "1", "cnt": -1}
            town.send(infno, place, person, later, **header, feedetail=[line | back | {"det_item_fee_sumamt": -10}])
        elif town.maybe(0.1):
            town.send(infno, place, person, second + HOUR, **header, feedetail=[line | {"cnt": 3}])
        elif town.maybe(0.15):
            by, late = ("2205", 73 * HOUR) if infno == "2204" else ("2302", 64 * DAY)
            town.send(by, place, person, second + choice((HOUR, late)), **header, feedetl_sn=line["feedetl_sn"])


def together(town: Town) -> None:
    """People of two circles at three hospitals: a thin past, then bursts of many within days."""
    choice = town.random.choice
    steps = choice(((0, 0, 0, 1), (0, 1, 1, 2), (1, 3, 7, 9)))
    for number in range(choice((0, 60, 120))):
        _admitted(town, choice((H1, H1, H2)), f"c{town.random.randrange(14)}", number * 0.7 * DAY)
    at = 190.0 * DAY
    for _ in range(50):
        at += choice(steps) * DAY / choice((1, 2, 4)) + choice((-MINUTE, 0, 0, MINUTE))
        _admitted(town, choice((H1, H1, H2, H3)), f"c{town.random.randrange(14)}", at)


def _admitted(town: Town, place: str, person: str, at: float) -> None:
    choice = town.random.choice
    begins = town.moment(at)
    said = town.send(
        "2401", place, person, begins, mdtrt_id=town.number(place, "v"), begntime=text(begins),
        med_type=choice(("21",) * 8 + ("52", "28")),
        tel=choice(("13900000012", "+86 139 0000 0012", "0000000", "12345", None)),
        dscg_maindiag_code=choice(("J18.9", "I63.9", "K35.8", "E11.6", "M51.2", "S82.2", None)),
    )  # fmt: skip
    if town.maybe(0.05):
        town.take_back(said, begins + choice((HOUR, 20 * DAY, 62 * DAY, 64 * DAY)))


def swipes(town: Town) -> None:
    """Bursts at pharmacies and tills, with pauses around two minutes and windows around ten."""
    choice = town.random.choice
    at = 20 * DAY + 9.0 * HOUR
    for burst in range(4):
        place, infno = choice(((P1, "2102"), (P2, "2102"), (NEAR, "2102"), (H1, "2207"), (NEAR, "2207")))
        steps = choice(((20, 25, 30), (50, 60, 75, 90), (60, 119, 120, 121), (5, 15, 20)))
        dear, alike = choice((0.2, 0.9)), choice((0.1, 0.9))
        for _ in range(choice((9, 14, 24))):
            at += choice(steps)
            total = choice((1000, 1000, 1005, 1010)) if town.maybe(alike) else choice((1011, 1500, 2000, 7))
            town.settle(
                infno, place, f"c{town.random.randrange(22)}", at, choice((2, 2, 2, 299, 300, 301)),
                med_type=choice(("41", "11")) if place == NEAR and infno == "2207" else _kind(infno),
                medfee_sumamt=total, fund_pay_sumamt=1, mdtrt_cert_type="02" if town.maybe(dear) else "03",
                balc=choice((4.99, 5)) if town.maybe(alike) else None, opter=choice(("o1", "o1", "o1", "o2")),
                opter_type=choice(("1", "1", "1", "1", "2")),
                insuplc_admdvs="341099" if town.maybe(dear) else "341021",
            )  # fmt: skip
        at += choice((5 * MINUTE, 11 * MINUTE, DAY)) + burst


def queues(town: Town) -> None:
    """Outpatients at one till, so many and so fast that a clerk could not serve them."""
    choice = town.random.choice
    at = 20 * DAY + 9.0 * HOUR
    for _ in range(2):
        step = choice((20, 25, 29, 30, 31))
        for patient in range(choice((19, 24, 45))):
            at += step
            opter, kind = choice(("o1",) * 12 + ("o2", "")), choice(("1",) * 12 + ("2",))
            town.settle("2207", H1, f"q{patient}", at, choice((2, 2, 400)), opter=opter, opter_type=kind)
        at += DAY


def _kind(infno: str) -> str:
    return "41" if infno == "2102" else "11"


def habits(town: Town) -> None:
    """Six weeks of customers at one hour, then a burst at that hour, the next, or far from it."""
    choice = town.random.choice
    daily, hour = choice((0, 1, 2, 3)), choice((0, 9, 23))
    open_days = choice((13, 14, 20, 28))
    last = choice((49, 50, 51))
    for n in range(1, open_days + 1):
        for customer in range(max(daily, 1)):
            at = (last - 13 - n) * DAY + hour * HOUR + customer * 7 * MINUTE
            town.settle("2102", P2, f"h{customer}", at, medfee_sumamt=90 + customer)
    for n in (1, 2, 3):
        for customer in range(daily):
            town.settle("2102", P2, f"h{customer}", (last - n) * DAY + hour * HOUR + customer * MINUTE, balc=4)
    at = last * DAY + (hour + choice((0, 1, 5))) * HOUR
    for customer in range(choice((8, 10, 14))):
        at += choice((40, 60, 70))
        town.settle("2102", P2, f"c{customer}", at, medfee_sumamt=90 + 5 * customer, balc=choice((4, 4, 9)))


def suspensions(town: Town) -> None:
    """Settlements and admissions around the beginning and the end of a suspension."""
    choice = town.random.choice
    for number in range(40):
        at = choice((9, 10, 10, 11, 12, 14, 15, 15)) * DAY + choice((0, 5 * MINUTE, 9 * HOUR, DAY - MINUTE))
        place = choice((P1, P1, P2, UNKNOWN))
        second = town.moment(at)
        lines = [town.line(second - choice((0, 10 * MINUTE, DAY)), f"{number}-{n}") for n in range(choice((0, 1, 2)))]
        infno = choice(("2102", "2102", "2207", "2401", "2401", "2304"))
        if infno == "2401":
            visit = town.number(place, "v")
            said = town.send(infno, place, "p1", second, mdtrt_id=visit, begntime=text(second), med_type="21")
            if town.maybe(0.4):
                began = second - choice((10 * MINUTE, DAY, 5 * DAY))
                town.send(infno, place, "p1", second, HOUR, mdtrt_id=visit, begntime=text(began), med_type="21")
        else:
            said = town.settle(infno, place, f"p{number}", second, feedetail=lines if infno == "2102" else None)
        if town.maybe(0.3):
            town.take_back(said, at + choice((HOUR, 73 * HOUR, 20 * DAY)))


def withheld(town: Town) -> None:
    """Settlements around the beginning and the end of a suspension and of a waiting period, with and without fund."""
    choice = town.random.choice
    for _ in range(40):
        at = choice((7, 8, 9, 10, 11, 12, 14, 15, 41, 43, 80)) * DAY + choice((0, 9 * HOUR, DAY - MINUTE))
        infno, fund = choice(("2102", "2207", "2304")), choice((30, 30, 0, 0.01))
        said = town.settle(infno, choice((P1, P2, H1)), choice(("i1", "i2", "i3", "i4")), at, fund_pay_sumamt=fund)
        if town.maybe(0.3):
            town.take_back(said, at + choice((HOUR, 73 * HOUR, 60 * DAY, 64 * DAY)))


def growing(town: Town) -> None:
    """Three months of a clinic, and two weeks in which the fund pays about half as much more, or twice as much."""
    choice = town.random.choice
    usual, factor = choice((5_800, 6_000, 10_000)), choice((1.49, 1.5, 1.51, 1.6, 2, 2.1))
    first, grows = choice((0, 5, 14)), choice((70, 75, 80))
    for number in range(first, grows + 12):
        if town.maybe(0.04):
            continue
        paid = round(usual * (factor if number >= grows else 1))
        kind = choice(("11", "11", "110101", "14"))
        town.settle(
            "2207", H1, "p1", number * DAY + choice((0, 9 * HOUR, DAY - 5)), medfee_sumamt=paid, fund_pay_sumamt=paid,
            med_type=kind,
        )  # fmt: skip


def rounds(town: Town) -> None:
    """Two persons who get drugs that act alike here and there, some on one prescription, some handed back."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(60):
        at += choice((HOUR, 5 * HOUR, 15 * HOUR, DAY, 3 * DAY, 6 * DAY, 10 * DAY, 29 * DAY))
        second, place = town.moment(at), choice((H1, H2, P1, P2, NEAR))
        items = [choice((AMLODIPINE, AMLODIPINE, AMLODIPINE_14, NIFEDIPINE, UNLISTED, SOLVENT, HERB)) for _ in "12"]
        lines = [
            town.line(
                second,
                f"{number}-{n}",
                med_list_codg=item,
                prd_days=1,
                rxno=choice((None, None, "r1", "r2")),
                rx_circ_flag=choice((None, "0", "1", "1")),
            )
            for n, item in enumerate(items[: choice((1, 1, 2))])
        ]
        if town.maybe(0.3):
            back = {"cnt": -1, "init_feedetl_sn": f"f{number}-0", "det_item_fee_sumamt": -10}
            lines.append(
                town.line(second + choice((0, 30)), f"{number}-b", **lines[0] | back | {"feedetl_sn": f"f{number}b"})
            )
        common: Message = {"mdtrt_id": f"v{number}", "feedetail": lines}
        person = choice(("p1", "p1", "p2"))
        if place in (P1, P2, NEAR):
            bought = town.settle("2102", place, person, second + 60, **common)
            if town.maybe(0.1):
                town.take_back(bought, second + choice((HOUR, 71 * HOUR, 73 * HOUR)))
        else:
            town.send("2204", place, person, second + 60, **common, med_type="11")


def packs(town: Town) -> None:
    """Few boxes that are sold again and again, at one institution and at two."""
    choice = town.random.choice
    codes = ("81234560000000000017", "81234560000000000024", "MAKER0000001", "8123", "0" * 20, "69012345678901")
    at = 9.0 * HOUR
    for number in range(30):
        at += choice((MINUTE, HOUR, DAY, 20 * DAY, 31 * DAY))
        second = town.moment(at)
        item = choice((*[AMLODIPINE] * 8, AMLODIPINE_14, UNLISTED, HERB, SOLVENT))
        line = town.line(second, number, cnt=choice((0.3, 0.5, 1, 14, 28)), med_list_codg=item)
        boxes = [
            {"drug_trac_codg": code, "feedetl_sn": f"f{number}", "trdn_flag": choice(("0", "0", "0", "1"))}
            for code in town.random.sample(codes, choice((1, 1, 2)))
        ]
        sold = town.settle("2102", choice((P1, P1, P2)), "p1", second, feedetail=[line], drug_trac_info=boxes)
        if town.maybe(0.2):
            town.take_back(sold, second + choice((HOUR, 80 * DAY, 91 * DAY)))


def deliveries(town: Town) -> None:
    """A pharmacy buys a drug box by box and sells it; a part of the boxes comes late, too late, or never."""
    choice = town.random.choice
    at, never = 30 * DAY, choice((0.3, 0.45))
    for number in range(130):
        at += choice((3 * HOUR, 9 * HOUR, DAY, 2 * DAY))
        item, place = choice((*(AMLODIPINE,) * 9, UNLISTED)), choice((*(P2,) * 19, P1))
        code = choice((*(f"8123456{number:013d}",) * 30, f"8123456{number - 1:013d}", "8123"))
        second = town.moment(at)
        line = town.line(second, number, med_list_codg=item)
        box = {"drug_trac_codg": code, "feedetl_sn": f"f{number}", "trdn_flag": "0"}
        sold = town.settle("2102", place, f"b{number}", second, feedetail=[line], drug_trac_info=[box])
        if town.maybe(0.05):
            town.take_back(sold, second + choice((HOUR, 80 * DAY, 91 * DAY)))
        if town.maybe(never if number > 55 else 0.02):
            continue
        after = choice((*(-HOUR, -3 * DAY, -20 * DAY) * 6, DAY, 14 * DAY, 15 * DAY - 5, 15 * DAY + 5))
        _deliver(town, place, item, second + after, [code])


def _deliver(town: Town, place: str, item: str, at: float, codes: list[str]) -> None:
    """A purchase, uploaded at once or days later; now and then its row is deleted, in time or too late."""
    second, row = town.moment(at), town.number(place, "k")
    more: Message = {"purc_retn_cnt": len(codes), "purc_retn_stoin_time": text(second), "fixmedins_bchno": row}
    boxes = [{"drug_trac_codg": code} for code in codes]
    uploaded = town.random.choice((5, 5, 5, 6 * DAY, 14 * DAY))
    town.send("3503", place, "", second, uploaded, med_list_codg=item, drugtracinfo=boxes, **more)
    if town.maybe(0.04):
        late = uploaded + town.random.choice((HOUR, 71 * HOUR, 73 * HOUR))
        sort = town.random.choice(("3", "3", "4", None))
        town.send("3507", place, "", second, late, fixmedins_bchno=row, inv_data_type=sort)


def books(town: Town) -> None:
    """Two drugs at a pharmacy that keeps its book, and at one that does not: counted, bought, lent, settled."""
    choice = town.random.choice
    at, honest = 0.0, choice((0.35, 0.5, 0.8))
    for number in range(260):
        at += choice((3 * HOUR, 9 * HOUR, DAY, DAY))
        place, item = choice((*(P2,) * 19, P1)), choice((AMLODIPINE, AMLODIPINE, UNLISTED))
        if town.maybe(0.07):
            _count_stock(town, place, item, at)
        elif town.maybe(honest / 3):
            _move_stock(town, place, item, at)
        else:
            _sell_stock(town, place, item, at, number)


def _count_stock(town: Town, place: str, item: str, at: float) -> None:
    """One row or two, dated by the day or within it; some of them are sent again, right or wrong."""
    day = text(day_start(at)) if town.maybe(0.7) else text(town.moment(at))
    for _ in range(town.random.choice((1, 1, 2))):
        much = town.random.choice((0, 3, 8, 15, 30))
        more: Message = {"inv_cnt": much, "invdate": day, "fixmedins_bchno": town.number(place, "k")}
        town.send("3501", place, "", at, 20 * HOUR, med_list_codg=item, **more)
        if town.maybe(0.15):
            more["inv_cnt"] = town.random.choice((much, 8, 30))
            town.send("3501", place, "", at, 22 * HOUR, med_list_codg=item, **more)


def _move_stock(town: Town, place: str, item: str, at: float) -> None:
    """Bought, given back, changed; uploaded at once or days later, and now and then deleted."""
    choice = town.random.choice
    second, row, much = town.moment(at), town.number(place, "k"), choice((1, 4, 6, 9))
    infno = choice(("3503", "3503", "3503", "3504", "3502", "3502"))
    named: Message = {"purc_retn_cnt": much, "purc_retn_stoin_time": text(second)}
    if infno == "3502":
        kind = choice((*(f"{n}" for n in range(101, 112)), "199", None))
        named = {"cnt": choice((1, -1)) * much, "inv_chg_time": text(second), "inv_chg_type": kind}
    uploaded = choice((5, 5, 5, 6 * DAY, 14 * DAY))
    town.send(infno, place, "", second, uploaded, med_list_codg=item, fixmedins_bchno=row, **named)
    if town.maybe(0.06):
        late = uploaded + choice((HOUR, 71 * HOUR, 73 * HOUR))
        town.send("3507", place, "", second, late, fixmedins_bchno=row, inv_data_type=choice(("3", "2", None)))


def _sell_stock(town: Town, place: str, item: str, at: float, number: int) -> None:
    """Some packs, some paid days later; seldom parts of one, or what comes back; reported from stock besides."""
    choice = town.random.choice
    second, split = town.moment(at), choice((*("0",) * 79, "1"))
    count = choice((1, 1, 2, 3, -1))
    line = town.line(
        second, number, med_list_codg=item, cnt=count, init_feedetl_sn="f0" if count < 0 else None,
        list_type=choice((None, "101", "201") if number % 9 == 0 else (None, "101")),
    )  # fmt: skip
    code = {"drug_trac_codg": f"8123456{number:013d}", "trdn_flag": split}
    if place == P2 and number % 11 == 0:
        town.send("2204", place, f"k{number}", second, 2, mdtrt_id=f"v{number}", med_type="11", feedetail=[line])
        return
    boxes = [code | {"feedetl_sn": f"f{number}"}] if choice("ab") == "a" else []
    paid = second + choice((*(0,) * 9, 60 * HOUR))
    sold = town.settle("2102", place, f"k{number}", paid, feedetail=[line], drug_trac_info=boxes)
    if town.maybe(0.05):
        town.take_back(sold, paid + choice((HOUR, 71 * HOUR, 80 * HOUR)))
    if town.maybe(0.2):
        named: Message = {"sel_retn_cnt": 1, "sel_retn_time": text(second), "fixmedins_bchno": town.number(place, "k")}
        infno = choice(("3505", "3505", "3506"))
        town.send(infno, place, "", second, 9, med_list_codg=item, trdn_flag=choice((*("0",) * 30, "1")), **named)


def day_start(at: float) -> float:
    """The first second of the day."""
    return at - at % DAY


def numbers(town: Town) -> None:
    """Few prescription numbers, with which four persons go to three pharmacies and a hospital."""
    choice = town.random.choice
    known = ("RX34102100017", "RX34102100025", "2026030500", "202603050", "0000000000", "1")
    at = 9.0 * HOUR
    for number in range(50):
        at += choice((MINUTE, HOUR, DAY, 9 * DAY, 45 * DAY, 45 * DAY + 1))
        second, place = town.moment(at), choice((P1, P1, P2, NEAR, H1))
        counts = [choice((1, 1, 1, 2, -1)) for _ in "12"]
        lines = [
            town.line(
                second,
                f"{number}-{n}",
                med_list_codg=choice((AMLODIPINE, AMLODIPINE_14, NIFEDIPINE, HERB, SOLVENT)),
                cnt=counts[n],
                init_feedetl_sn="f0" if counts[n] < 0 else None,
                rxno=choice((*known[:3], *known)),
                rx_circ_flag=choice((None, "0", "1", "1")),
            )
            for n in range(choice((1, 1, 2)))
        ]
        kind = choice(("11", "41")) if place == H1 else "41"
        sold = town.settle(
            "2207" if place == H1 else "2102",
            place,
            choice(("p1", "p1", "p2", "p3")),
            second,
            med_type=kind,
            feedetail=lines,
        )
        if town.maybe(0.15):
            town.take_back(sold, second + choice((HOUR, 72 * HOUR - 1, 73 * HOUR)))


def credentials(town: Town) -> None:
    """Five weeks of a pharmacy and a hospital, and days on which about as many identity numbers come as are told.

    Up to three such days lie within four weeks, and one of few customers who are all of this kind.
    """
    choice = town.random.choice
    usual, busy = choice((0.0, 0.0, 0.1, 0.2, 0.3)), choice(((0,), (0,), (0, 9), (0, 4, 11)))
    few = choice((None, 6, 12))
    for number in range(choice((18, 19, 20, 30)), -1, -1):
        today = number in busy or town.maybe(0.01)
        count = choice((24, 28, 30)) if today else choice((0, 12, 20, 20, 20))
        share = choice((0.7, 0.8, 0.85, 0.9, 1.0)) if today else usual
        if number == few:
            count, share = choice((4, 6)), 1.0
        for settled in range(count):
            kind = choice(("02", "02", "02")) if settled < round(share * count) else choice(("01", "03", "03", None))
            infno, place = choice((("2102", P1),) * 9 + (("2207", P1), ("2304", P1)))
            sold = town.settle(
                infno,
                place,
                f"p{settled}",
                (50 - number) * DAY + 9 * HOUR + settled * 1_300,
                mdtrt_cert_type=kind,
            )
            if town.maybe(0.01):
                town.take_back(sold, (50 - number) * DAY + 20 * HOUR)


def shelves(town: Town) -> None:
    """Five weeks of a pharmacy that scans most boxes, and days on which about as many as are told are not scanned.

    Up to three such days lie within four weeks, and one of few customers who are all of this kind.
    """
    choice = town.random.choice
    usual, busy = choice((0.0, 0.0, 0.1, 0.2, 0.3)), choice(((0,), (0,), (0, 5), (0, 3, 9)))
    few = choice((None, 2, 12))
    for number in range(choice((20, 24, 27, 30)), -1, -1):
        today = number in busy or town.maybe(0.01)
        count = choice((26, 30, 34)) if today else choice((0, 12, 20, 20))
        share = choice((0.7, 0.8, 0.9, 1.0, 1.0)) if today else usual
        if number == few:
            count, share = choice((4, 6)), 1.0
        for sold in range(count):
            at = (50 - number) * DAY + 9 * HOUR + sold * 1_300
            kind = choice((*(None,) * 20, "101", "301"))
            lines = [town.line(at, 1, list_type=kind, cnt=choice((*(1,) * 30, 0)))]
            code = {"drug_trac_codg": f"8{number:09d}{sold:010d}", "feedetl_sn": "f1", "trdn_flag": "0"}
            codes = [] if sold < round(share * count) else [code]
            infno, place = choice((("2102", P2),) * 12 + (("2207", P2), ("2102", NEAR)))
            bought = town.settle(infno, place, f"p{number}-{sold}", at, feedetail=lines, drug_trac_info=codes)
            if town.maybe(0.01):
                town.take_back(bought, (50 - number) * DAY + 23 * HOUR)


def purses(town: Town) -> None:
    """Days of two pharmacies on which about as many sums are round as are told."""
    choice = town.random.choice
    for number in range(8):
        count, rounded = choice(((38, 19), (40, 20), (41, 20), (40, 21), (44, 24), (30, 28)))
        for settled in range(count + choice((0, 0, 1))):
            at = number * 2 * DAY + 8 * HOUR + settled * 1_200
            total = choice((10, 100, 300.0, 20)) if settled < rounded else choice((10.01, 5, 99.99, 105, 0))
            infno, place = choice((*(("2102", P2),) * 30, ("2207", P2), ("2102", NEAR)))
            kind = choice(("41", "11")) if infno == "2207" else "41"
            bought = town.settle(infno, place, f"p{number}-{settled}", at, med_type=kind, medfee_sumamt=total)
            if town.maybe(0.01):
                town.take_back(bought, at + choice((HOUR, 72 * HOUR - 10, 73 * HOUR)))


def pens(town: Town) -> None:
    """Two physicians, one with a code of the hospital alone, whose prescriptions are sold one after the other."""
    choice = town.random.choice
    at = choice((9.0, 9.0, 22.0)) * HOUR
    for number in range(choice((70, 80, 90))):
        at += choice((60, 90, 100, 110, 120, 2 * HOUR if number == 40 else 130))
        lines = [
            town.line(
                at,
                f"{number}-{n}",
                bilg_dr_codg=choice((*("D341021000017",) * 12, "D341021000025", "D34102100")),
                rxno=choice((*(f"r{number}",) * 12, f"r{number - 1}", None)),
                cnt=choice((1, 1, 1, 1, 1, 1, 1, 0)),
            )
            for n in range(choice((1, 2, 2)))
        ]
        place = choice((P1, P2, NEAR, P2, NEAR, H1))
        sold = town.settle(
            "2207" if place == H1 else "2102",
            place,
            f"p{number}",
            at,
            med_type=choice(("11", "41")) if place == H1 else "41",
            feedetail=lines,
        )
        if town.maybe(0.03):
            town.take_back(sold, at + choice((300, 73 * HOUR)))


def practices(town: Town) -> None:
    """Two physicians, and codes of no single one, in hospitals of one group, of none, and far away; and whole wards."""
    choice = town.random.choice
    at = 8.0 * HOUR
    for number in range(60):
        at += choice((1, 3, 4, 9, 10, 10, 11, 20, 25, 40, 59, 60, 300)) * MINUTE - choice((0, 0, 1))
        place, person = choice((H1, H2, H3, H3, FAR, ONLINE)), f"p{number % 7}"
        if town.maybe(0.05):
            at = _ward(town, place, at)
        lines = [
            town.line(
                town.moment(at),
                f"{number}-{n}",
                bilg_dr_codg=choice((*("D341021000017",) * 12, "D341021000025", "D34102100", "D000000000", None)),
                cnt=choice((1, 1, 1, 1, 1, 1, 0)),
                med_list_codg=EXAMINATION,
            )
            for n in range(choice((1, 2, 2)))
        ]
        visit = town.number(place, "v")
        infno, kind = choice((*(("2204", "11"),) * 9, ("2301", "21")))
        town.send(infno, place, person, at, mdtrt_id=visit, med_type=kind, feedetail=lines)
        if town.maybe(0.1):
            by, later = {"2204": "2205", "2301": "2302"}[infno], at + choice((HOUR, 73 * HOUR))
            town.send(by, place, person, later, mdtrt_id=visit, feedetl_sn=lines[0]["feedetl_sn"])
        elif town.maybe(0.1):
            again = lines[0] | {"fee_ocur_time": text(town.moment(at + 5 * MINUTE))}
            town.send(infno, place, person, at + HOUR, mdtrt_id=visit, med_type=kind, feedetail=[again])


def licences(town: Town) -> None:
    """Physicians of every state of registration order in and outside their departments at two hospitals."""
    choice = town.random.choice
    at = 8.0 * HOUR
    for number in range(60):
        at += choice((10 * MINUTE, HOUR, 5 * HOUR, 9 * HOUR)) - choice((0, 0, 1))
        place, doctor = choice((H1, H1, H1, H2)), f"D34102100010{choice((1, 2, 3, 3, 3, 4, 4, 4, 5))}"
        lines = [
            town.line(
                town.moment(at), f"{number}-{n}", med_list_codg=EXAMINATION, bilg_dr_codg=doctor,
                bilg_dept_codg=choice(("A03", "A13", "A13", "A13", "A0", None)), cnt=choice((1, 1, 1, 1, 0)),
            )
            for n in range(choice((1, 6, 12)) if doctor[-1] in "34" else choice((1, 1, 2)))
        ]  # fmt: skip
        visit = town.number(place, "v")
        infno, kind = choice((*(("2204", "11"),) * 9, ("2301", "21")))
        town.send(infno, place, f"p{number}", at, mdtrt_id=visit, med_type=kind, feedetail=lines)
        if town.maybe(0.1):
            by, later = {"2204": "2205", "2301": "2302"}[infno], at + choice((HOUR, 73 * HOUR))
            town.send(by, place, f"p{number}", later, mdtrt_id=visit, feedetl_sn=lines[0]["feedetl_sn"])


def _ward(town: Town, place: str, at: float) -> float:
    """About thirty persons within the hour under the code of one physician; when the last of them was."""
    count = town.random.choice((26, 28, 29, 30, 31))
    for number in range(count):
        at += 110
        lines = [town.line(town.moment(at), number, bilg_dr_codg="D341021000017", med_list_codg=EXAMINATION)]
        town.send("2204", place, f"w{number}", at, mdtrt_id=town.number(place, "v"), med_type="11", feedetail=lines)
    return at


def attendances(town: Town) -> None:
    """Two persons who see doctors day by day, some of them many on a day, in hospitals with the same numbers."""
    choice = town.random.choice
    at = 9.0 * HOUR
    hurried = 0
    for _ in range(80):
        hurried = hurried - 1 if hurried else choice((0,) * 9 + (6, 7, 8))
        at += choice((HOUR, 2 * HOUR)) if hurried else choice((DAY, 2 * DAY, 2 * DAY, 3 * DAY, 10 * HOUR))
        person, place = choice(("p1", "p1", "p1", "p2")), choice((H1, H1, H2, P1))
        again: Message = {"mdtrt_id": f"v{town.random.randrange(60)}"} if town.maybe(0.2) else {}
        kind = choice((*("11",) * 8, "13", "12", "16", "14", "140101", "1101", "51"))
        infno = "2102" if place == P1 else choice((*("2207",) * 12, "2304"))
        seen = town.settle(infno, place, person, at, med_type="41" if place == P1 else kind, **again)
        if town.maybe(0.05):
            town.take_back(seen, at + choice((HOUR, 72 * HOUR - 10, 73 * HOUR)))


def colleagues(town: Town) -> None:
    """The staff of two pharmacies, and one customer, at both of them."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for _ in range(90):
        at += (
            choice((4, 10, 20, 29, 30, 31, 59, 60)) * MINUTE if town.maybe(0.75) else choice((10 * HOUR, DAY, 3 * DAY))
        )
        person, place = choice(("e0", "e1", "e2", "e3", "e4", "e5", "p9")), choice((P2, P2, P2, P2, P1))
        infno, kind = choice((*(("2102", "41"),) * 6, ("2207", "4101"), ("2207", "11")))
        bought = town.settle(infno, place, person, at, med_type=kind)
        if town.maybe(0.06):
            town.take_back(bought, at + choice((HOUR, 72 * HOUR - 10, 73 * HOUR)))


def firms(town: Town) -> None:
    """People of two employers at two pharmacies: a few day by day, and now and then most of a firm."""
    choice = town.random.choice
    at = 8.0 * HOUR
    for number in range(28):
        at += DAY if number % 3 else 15 * HOUR
        count = choice((1, 1, 2, 7, 8, 9, 12))
        people = town.random.sample(range(15), count)
        place = choice((P2, P2, P2, NEAR))
        for person in people:
            infno, kind = choice((*(("2102", "41"),) * 9, ("2207", "41"), ("2207", "11")))
            bought = town.settle(infno, place, f"w{person}", at + choice((1, 7, 20, 90)) * MINUTE, med_type=kind)
            if town.maybe(0.03):
                town.take_back(bought, at + choice((2 * HOUR, 72 * HOUR - 10, 75 * HOUR)))


def drawers(town: Town) -> None:
    """Some cards that come together day after day, of families, of a care home and of nobody, and strangers."""
    choice = town.random.choice
    at = 9.0 * HOUR
    for number in range(22):
        at += choice((4 * HOUR, DAY - HOUR, DAY, DAY, DAY, 2 * DAY, 7 * DAY))
        place, step = choice((P2, P2, P2, NEAR)), at
        people = [f"k{n}" for n in range(choice((2, 3, 4, 5)))] + choice(([], [], ["c6", "c7"], ["c0", "c1", "c2"]))
        town.random.shuffle(people)
        for person in [*people, f"x{number}"]:
            step += choice((1, 20, 45, 80, 150, 299, 300))
            bought = town.settle("2102", place, person, step)
            if town.maybe(0.04):
                town.take_back(bought, step + choice((HOUR, 72 * HOUR - 10, 73 * HOUR)))


def forms(town: Town) -> None:
    """Prescriptions of four to eight drugs, some on two numbers, some given back, some charged on the next day."""
    choice = town.random.choice
    codes = [f"XA0{n}AAA001A001100001010" for n in range(8)] + [HERB, SOLVENT, "T000000001", EXAMINATION]
    at = 9.0 * HOUR
    for number in range(30):
        at += choice((2 * HOUR, 5 * HOUR, DAY))
        place, person, visit = choice((H1, H1, H2)), f"q{number}", town.number(H1, "v")
        kind, later = choice((*("11",) * 8, "28", "14")), choice((0, 0, 0, HOUR, DAY - 2 * MINUTE, DAY))
        header: Message = {"mdtrt_id": visit, "med_type": kind}
        items = town.random.sample(codes, choice((5, 6, 7, 8, 9)))
        second = town.moment(at)
        lines = [
            town.line(second + later * (n > 3), f"{number}-{n}", med_list_codg=item,
                      rxno=choice((*(f"r{number}",) * 20, "r0", None)))
            for n, item in enumerate(items)
        ]  # fmt: skip
        town.send("2204", place, person, second + later + 5, **header, feedetail=lines)
        if town.maybe(0.3):
            at += HOUR
            back = lines[0] | {"feedetl_sn": f"b{number}", "cnt": choice((-1, -1, 1)), "fee_ocur_time": text(at)}
            back |= {"init_feedetl_sn": lines[0]["feedetl_sn"]}
            town.send("2204", place, person, at + choice((2, DAY)), **header, feedetail=[back])
        elif town.maybe(0.2):
            gone: Message = {"feedetl_sn": lines[1]["feedetl_sn"]}
            town.send("2205", place, person, second + choice((2 * DAY, 80 * HOUR)), **header, **gone)


def promoters(town: Town) -> None:
    """A physician whose prescriptions are mostly for one drug, sold mostly at one pharmacy, and now and then not."""
    choice = town.random.choice
    at, mostly = 9.0 * HOUR, town.random.choice((5, 8, 12, 30))
    for number in range(85):
        at += choice((HOUR, 7 * HOUR, 20 * HOUR, DAY)) if number % 50 else choice((HOUR, 20 * DAY))
        items = choice(((AMLODIPINE,),) * mostly + ((UNLISTED,), (NIFEDIPINE,), (SOLVENT,), (AMLODIPINE, HERB)))
        lines = [
            town.line(
                at,
                f"{number}-{n}",
                med_list_codg=item if item != AMLODIPINE else choice((AMLODIPINE, AMLODIPINE_14)),
                bilg_dr_codg=choice((*("D341021000017",) * 15, "D341021000025")),
                rxno=choice((*(f"r{number}",) * 15, f"r{number - 1}", None)),
            )
            for n, item in enumerate(items)
        ]
        place = choice((P2,) * mostly + (NEAR,))
        sold = town.settle("2102", place, f"p{number}", at, feedetail=lines)
        if town.maybe(0.03):
            town.take_back(sold, at + choice((300, 73 * HOUR)))


WORLDS: dict[str, Callable[[Town], None]] = {
    "drugs": drugs, "journeys": journeys, "after death": after_death, "stays": stays, "admissions": admissions,
    "swipes": swipes, "queues": queues, "habits": habits, "suspensions": suspensions, "growing": growing,
    "packs": packs, "deliveries": deliveries, "books": books,
    "rounds": rounds, "together": together, "withheld": withheld,
    "numbers": numbers, "credentials": credentials, "pens": pens,
    "practices": practices, "attendances": attendances, "colleagues": colleagues, "firms": firms, "drawers": drawers,
    "promoters": promoters, "shelves": shelves, "forms": forms, "purses": purses, "long stays": long_stays,
    "entitlements": entitlements, "colds": colds, "wards": wards, "coaches": coaches, "outages": outages,
    "charges": charges, "corrections": corrections, "reopened": reopened, "counters": counters, "limits": limits,
    "flags": flags, "outings": outings, "licences": licences, "machines": machines, "laboratories": laboratories,
    "procurement": procurement, "soaring": soaring, "lids": lids,
}  # fmt: skip


def world(name: str, seed: int) -> list[Message]:
    """The messages of one world, in order of upload."""
    town = Town(Random(f"{name} {seed}"))
    WORLDS[name](town)
    return town.sent()
