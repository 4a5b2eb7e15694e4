"""What is dispensed and done in the county: drugs, services and diagnoses.

Drug codes have the national shape (X, ATC level 4, substance, form, pack) with invented substances, forms and packs.
One `cnt` is one pack: its supply is pack_units / daily_units days.
"""

from __future__ import annotations

from dataclasses import dataclass

MAKERS = 2
"""Each substance is sold by two makers: two codes that share their first ten characters."""


@dataclass(frozen=True, slots=True)
class Item:
    """A drug or a service. price: fen for one pack or one time; days: what one pack lasts, 0 for a service."""

    code: str
    name: str
    list_type: str
    charge_type: str
    price: int
    atc: str = ""
    pack_units: int = 0
    daily_units: int = 0
    product: int = 0
    days: float = 0.0


@dataclass(frozen=True, slots=True)
class Illness:
    """A diagnosis; cyclic: its patients come back by plan (chemotherapy, dialysis, childbirth)."""

    code: str
    name: str
    cyclic: bool = False


# ATC level 4, name, units in a pack, units a day, price in fen. A pack lasts 7, 14 or 28 days.
_CHRONIC = """\
C08CA 氨氯地平 28 1 2890|C09AA 依那普利 28 2 1980|C09CA 缬沙坦 28 1 3150|C07AB 美托洛尔 28 2 1460|C03AA 氢氯噻嗪 28 1 680
A10BA 二甲双胍 56 2 2740|A10BB 格列美脲 28 1 3620|A10BF 阿卡波糖 42 3 2260|A10BH 西格列汀 28 1 9870|A10BK 达格列净 28 1 7640
C10AA 阿托伐他汀 14 1 2480|C10AB 非诺贝特 28 1 4130|B01AC 氯吡格雷 14 1 3390|B01AF 利伐沙班 14 1 6120|C01DA 单硝酸异山梨酯 28 2 2050
H03AA 左甲状腺素 56 2 1890|M04AA 非布司他 14 1 4270|N06AB 舍曲林 28 1 5480|N03AG 丙戊酸 28 2 3310|R03DC 孟鲁司特 28 1 5960
G04CB 非那雄胺 28 1 4520|A02BC 雷贝拉唑 14 1 2980"""
# A pack lasts 3 to 6 days.
_ACUTE = """\
J01CA 阿莫西林 18 3 1280|J01DB 头孢氨苄 18 3 1540|J01FA 阿奇霉素 3 1 1860|J01MA 左氧氟沙星 6 1 1990|J01DC 头孢克洛 12 3 2340
N02BE 对乙酰氨基酚 12 3 980|M01AE 布洛芬 12 2 1620|M01AB 双氯芬酸 12 2 1350|R06AE 西替利嗪 6 1 1780|R06AX 氯雷他定 6 1 1690
R05CB 氨溴索 18 3 1450|R05DA 右美沙芬 12 3 1530|R05CA 愈创甘油醚 12 2 890|A02AD 铝碳酸镁 18 3 2210|A03FA 多潘立酮 15 3 1340
A07BC 蒙脱石 10 2 1260|A07DA 洛哌丁胺 6 1 1120|A07FA 双歧杆菌 18 3 2870|A03AD 屈他维林 12 3 1730|A04AA 昂丹司琼 6 2 3150
J02AC 氟康唑 3 1 2640|P02CA 阿苯达唑 4 1 760|G01AF 克霉唑 3 1 1470|M03BX 乙哌立松 12 3 2380|N05CF 佐匹克隆 6 1 2190
N07CA 倍他司汀 18 3 1650|D07AC 糠酸莫米松 5 1 1940|S01AE 氧氟沙星滴眼 5 1 1180|S01XA 玻璃酸钠滴眼 6 1 2560|R01AD 布地奈德鼻喷 6 1 5870
R01AA 羟甲唑啉 5 1 1580|J05AB 阿昔洛韦 15 3 1360|J05AH 奥司他韦 10 2 5980|A06AD 乳果糖 6 1 3240|A01AB 西地碘 18 3 870"""
_SERVICES = """\
急诊监护床位 01 8000|普通床位 01 4000|一般诊疗 02 1200|专家诊查 02 2500|彩超 03 12000|胸部CT 03 18000|头颅CT 03 19500|心电图 03 2600
磁共振 03 42000|血常规 04 2000|肝功能 04 5600|肾功能 04 4200|血糖 04 600|凝血 04 5800|静脉输液 05 900|换药 05 2100|雾化 05 1600
康复训练 05 6800|阑尾切除 06 98000|骨折内固定 06 265000|白内障摘除 06 182000|二级护理 07 1800|一级护理 07 3600|输液器 08 1450|导管 08 36500"""
_ADMITTED = (
    "J18.9 肺炎|I63.9 脑梗死|I50.9 心力衰竭|K80.2 胆囊结石|K35.8 阑尾炎|J44.1 慢性阻塞性肺疾病|I20.0 不稳定心绞痛"
    "|E11.6 2型糖尿病|M51.2 椎间盘突出|S72.0 股骨颈骨折|H25.9 老年性白内障|N20.0 肾结石|K25.4 胃溃疡|N39.0 尿路感染"
)
_SEEN = "J06.9 上呼吸道感染|J20.9 支气管炎|K29.7 胃炎|M54.5 腰痛|L30.9 湿疹|R51 头痛|K52.9 胃肠炎|H10.9 结膜炎|N30.0 膀胱炎|J30.4 过敏性鼻炎"


def _drugs(rows: str, first: int, forms: str) -> tuple[Item, ...]:
    found = []
    for number, row in enumerate(rows.replace("\n", "|").split("|"), first):
        atc, name, units, daily, price = row.split()
        letter = chr(ord("A") + number % 26)
        for maker in range(MAKERS):
            code = f"X{atc}{letter}{number:03d}{forms}{100 + maker:03d}{1000 + number * 10 + maker:06d}"
            days = int(units) / int(daily)
            found.append(
                Item(
                    code=code,
                    name=name,
                    list_type="101",
                    charge_type="09",
                    price=int(price) * 8 // 5 + 230 * maker,
                    atc=atc,
                    pack_units=int(units),
                    daily_units=int(daily),
                    product=8_100_000 + number * MAKERS + maker,
                    days=days,
                )
            )
    return tuple(found)


def _services(rows: str) -> tuple[Item, ...]:
    named = [row.split() for row in rows.replace("\n", "|").split("|")]
    return tuple(
        Item(f"00{1101 + number:04d}{number:09d}", name, "201", kind, int(price))
        for number, (name, kind, price) in enumerate(named)
    )


def _illnesses(rows: str) -> tuple[Illness, ...]:
    return tuple(Illness(code, name) for code, name in (row.split() for row in rows.split("|")))


CHRONIC = _drugs(_CHRONIC, 1, "A001")
ACUTE = _drugs(_ACUTE, 101, "E002")
INFUSIONS = _drugs("B05XA 氯化钠注射液 1 1 480|B05BA 葡萄糖注射液 1 1 520|J01DD 头孢曲松 1 1 1860", 201, "B003")
ALIKE = _drugs("C08CA 硝苯地平 28 1 2150|C09CA 厄贝沙坦 28 1 2930", 301, "A001")
"""Drugs for daily use, each of which acts as one of CHRONIC does (the same ATC level 4); nobody honest takes both."""
DUAL_CHANNEL = _drugs("L01EA 伊马替尼 28 1 98000|L01EB 吉非替尼 28 1 87000", 401, "A001")
"""Drugs that a pharmacy may only sell on a prescription that the hospital sent."""
SERVICES = _services(_SERVICES)
BED = Item("001102990000901", "康复床位", "201", "01", 4_500)
SCAN = Item("002103990000902", "盆腔CT", "201", "03", 18_500)
"""Services of scenarios alone, for which the table of items says how often they may be."""
ABOLISHED = Item("003103990000903", "挂号磁卡", "201", "02", 500)
CONTAINED = Item("003301990000904", "一次性手术铺巾", "301", "08", 2_600)
UNCOVERED = Item("003404990000905", "保健按摩", "201", "05", 8_800)
"""Items of scenarios alone that may not be charged, not by themselves, or not to the fund."""
WHOLE = Item("002501010000906", "肿瘤标志物组合", "201", "04", 18_000)
PARTS = tuple(Item(f"00250101000{910 + n}0", f"肿瘤标志物{n + 1}", "201", "04", 8_000) for n in range(3))
SESSION = Item("004700000000907", "中医推拿治疗", "201", "05", 6_500)
"""Items of scenarios alone: a service and its parts, and one that binds a therapist for 40 minutes."""
COSMETOLOGY = "A14"
"""Code of a department of cosmetology."""
LID = Item("003304010000914", "上睑下垂矫正术", "201", "06", 96_000)
"""An item of scenarios alone, under which cosmetic surgery is charged."""
IN_BULK = _drugs("L04AX 来那替尼 1 1 3600", 501, "A001")
"""A substance of which the product of the second maker did not win the procurement, in packs for a day."""
MONITORED = _drugs("B06AA 糜蛋白酶 1 30 5200", 601, "B003")
"""A drug under key monitoring, of which many units are given at once."""
BOUGHT = _drugs("B02BX 酚磺乙胺 1 1 2400", 701, "B003")
"""A drug of which pharmacies upload what they buy, in packs for a day."""
KEPT = _drugs("A11GA 维生素C 1 1 1800|A11HA 维生素B6 1 1 1600", 801, "A001")
"""Drugs of which pharmacies upload the whole stock, in packs for a day."""
OUTSIDE = Item("002507000000908", "外送基因检测", "201", "04", 48_000)
"""A test that is sent out."""
TRACER = Item("002301000000911", "PET/CT全身显像", "201", "03", 500_000)
"""An item of scenarios alone that needs licensed equipment."""
DRUGS = (*CHRONIC, *ACUTE, *INFUSIONS, *ALIKE, *DUAL_CHANNEL, *IN_BULK, *MONITORED, *BOUGHT, *KEPT)
ADMITTED = _illnesses(_ADMITTED)
SEEN = _illnesses(_SEEN)
LASTING = Illness("I10", "高血压")
CHEMOTHERAPY = Illness("Z51.1", "肿瘤化学治疗", cyclic=True)
DIALYSIS = Illness("N18.5", "慢性肾脏病5期", cyclic=True)
DELIVERY = Illness("O80.9", "单胎顺产", cyclic=True)
NEWBORN = Illness("P59.9", "新生儿黄疸")
CONTRACTIONS = Illness("O47.1", "假临产", cyclic=True)
AFTER_BIRTH = Illness("O86.4", "产褥期发热", cyclic=True)
FRACTURE = Illness("S82.2", "胫骨干骨折")
REHABILITATION = Illness("Z50.9", "康复治疗", cyclic=True)
OF_THE_EYE = Illness("H02.4", "上睑下垂")
DROOPING = Illness("Q10.0", "先天性上睑下垂")
"""Seen by a department of cosmetology alone."""
ILLNESSES = (
    *ADMITTED, *SEEN, LASTING, CHEMOTHERAPY, DIALYSIS, DELIVERY, NEWBORN, FRACTURE, CONTRACTIONS, AFTER_BIRTH,
    REHABILITATION, OF_THE_EYE, DROOPING,
)  # fmt: skip
EXEMPT = (
    "Z51",
    "Z49",
    "Z50",
    "N18",
    *(f"C{number:02d}" for number in range(98)),
    *(f"F{number}" for number in range(20, 30)),
    *(f"O{number:02d}" for number in range(100)),
)
"""First three characters of ICD-10 whose patients come back by plan (defaults.md, I01)."""


def of_days(items: tuple[Item, ...], days: float) -> tuple[Item, ...]:
    """The items of which one pack lasts so many days."""
    return tuple(item for item in items if item.days == days)


def acting_alike(item: Item) -> Item:
    """The drug of CHRONIC that acts as this one of ALIKE does."""
    return next(one for one in CHRONIC if one.atc == item.atc)
