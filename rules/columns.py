"""Every column of every reference table: what it means, its unit, and whether each row must have it.

docs/reference.md and docs/reference.zh.md are made from it, the header of a file is checked against it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["text", "pair", "number", "degrees", "day", "moment"]
"""What a column holds: a pair is two texts with a colon between; a day is yyyy-mm-dd, a moment may have a time; numbers
are 0 or more, but for degrees."""


class Column(NamedTuple):
    """One column. The first of a table is its key. en, zh: its meaning.

    unit: in English and in Chinese. one_of: the values that it may hold; empty: any.
    """

    name: str
    en: str
    zh: str
    example: str
    required: bool = False
    kind: Kind = "text"
    unit: tuple[str, str] = ("", "")
    one_of: tuple[str, ...] = ()


class About(NamedTuple):
    """One table: what it is, in English and in Chinese, and its columns."""

    en: str
    zh: str
    columns: tuple[Column, ...]


_PERSON = Column(
    "psn_no",
    "the person, by the number that the messages have; it is kept as a pseudonym only",
    "人员编号，与报文中的一致；系统内只保存假名",
    "34102100000000000001",
    required=True,
)
_VALID = (
    Column(
        "valid_from",
        "from when the row is valid: a day, or a moment; empty: always was. A row with the same key and the same "
        "valid_from replaces the earlier one",
        "本行从何时起有效，日期或时刻；空为一直有效。主键和 valid_from 都相同的行，后者取代前者",
        "2026-01-01",
        kind="moment",
    ),
    Column(
        "valid_to",
        "until when it is valid: a day is its last one; a moment is the first at which it is not; empty: no end",
        "有效至何时；写日期的，当日仍有效；写时刻的，到该时刻为止；空为长期有效",
        "2026-12-31",
        kind="moment",
    ),
)

_CREDIT = Column(
    "credit",
    "credit tier, A the best; `[S01.tag.credit_D]` in rules.toml moves thresholds of those with this tier "
    "(of persons `person_credit_D`)",
    "信用等级，A最好；rules.toml 中的 `[S01.tag.credit_D]` 调整该等级的阈值（参保人为 `person_credit_D`）",
    "B",
    one_of=("A", "B", "C", "D"),
)
_KEY = Column(
    "key",
    "`1`: a key subject of supervision, joint punishment or the like; tagged `key` (of persons `key_person`)",
    "`1` 表示重点监管、联合惩戒等重点对象，标签为 `key`（参保人为 `key_person`）",
    "0",
    one_of=("0", "1"),
)

TABLE_COLUMNS: dict[str, About] = {
    "institutions": About(
        "Designated institutions: their agreement, where they stand, how busy they usually are, how they are rated. "
        "S09, S09-STAY, S06, S01, I01, I12, D11 and the thresholds by tag (docs/tags.md) ask it. A row with the key "
        "`class:<class>` holds the usual figure of all that have this class.",
        "定点医药机构：协议状态、所在位置、平日客流、信用等级。S09、S09-STAY、S06、S01、I01、I12、D11，"
        "以及按标签调整的阈值（docs/tags.md）使用。"
        "主键写作 `class:<类别>` 的行，填写该类别机构的平日客流。",
        (
            Column("fixmedins_code", "code of the institution", "定点医药机构编号", "P34102100029", required=True),
            Column(
                "status",
                "state of the agreement: `suspended` and `terminated` alert to every settlement and admission; any "
                "other word is as `active`",
                "协议状态：`suspended` 中止、`terminated` 解除，其间每笔结算、入院登记都会提示；"
                "其他写法一律视同 `active` 有效",
                "active",
                required=True,
            ),
            Column(
                "kind",
                "kind: `pharmacy`, `hospital` …; `internet` and `mail_order` are never visited in person",
                "机构类型：`pharmacy` 药店，`hospital` 医院等；`internet`（互联网）、`mail_order`（邮寄）视为无人到店",
                "pharmacy",
                required=True,
            ),
            Column(
                "name",
                "name, for the text of alerts where a message has none",
                "机构名称，报文未带名称时用于线索文字",
                "示例大药房",
            ),
            Column(
                "group",
                "institutions with the same group belong together (one medical community, one owner)",
                "同一组的机构视为一体（同一医共体、同一经营者）",
                "G01",
            ),
            Column(
                "class",
                "class of similar institutions, for the usual figure",
                "同类机构的类别，用于平日客流",
                "pharmacy-small",
            ),
            Column("admdvs", "region of the institution (six digits)", "机构所在区划（六位）", "341021"),
            Column(
                "admdvs_name", "name of that region, for the words of alerts", "该区划的名称，用于线索文字", "示例县"
            ),
            Column(
                "lat",
                "latitude",
                "纬度",
                "30.0012",
                kind="degrees",
                unit=("degrees, south is negative", "度，南纬为负"),
            ),
            Column(
                "lon",
                "longitude",
                "经度",
                "118.1234",
                kind="degrees",
                unit=("degrees, west is negative", "度，西经为负"),
            ),
            Column(
                "internet",
                "`1`: it treats at a distance, so a settlement does not say where the person was",
                "`1` 表示开展互联网诊疗，结算不说明参保人身在何处",
                "0",
                one_of=("0", "1"),
            ),
            Column(
                "usual_per_10min",
                "usual settlements within ten minutes of the busiest hour, until its own past is known",
                "最忙的一小时内平均每十分钟的结算笔数；本机构的历史足够后不再使用",
                "1.5",
                kind="number",
                unit=("settlements in 10 min", "笔每10分钟"),
            ),
            Column(
                "beds",
                "approved beds (3401); I12 asks it, and is silent about an institution without them",
                "核准床位数（3401）；I12 使用，未填写的机构不判断",
                "80",
                kind="number",
                unit=("beds", "张"),
            ),
            _CREDIT,
            _KEY,
            Column(
                "ownership",
                "`private`: it is tagged `private`, which may move thresholds",
                "举办主体：`public` 公立，`private` 民营；民营机构带有标签 `private`，可据以调整阈值",
                "public",
                one_of=("public", "private"),
            ),
            Column(
                "traced_purchases",
                "`1`: it uploads what it buys with the trace codes (3503), so that a box that it sells must have come "
                "in (D11); empty: not so, and nothing is kept for it",
                "`1` 表示该机构购进入库时随追溯码上传（3503），售出的每盒都应有入库记录（D11）；"
                "空为未上传，不为其保留数据",
                "1",
                one_of=("0", "1"),
            ),
            Column(
                "stock_uploaded",
                "`1`: it uploads the counts (3501), changes (3502) and purchases (3503, 3504) of its drugs, in the "
                "unit in which it charges them (D10, D10-COUNT); empty: not so, and nothing is kept for it",
                "`1` 表示该机构上传药品的盘点（3501）、变更（3502）和购进（3503、3504），计价单位与收费一致"
                "（D10、D10-COUNT）；空为未上传，不为其保留数据",
                "0",
                one_of=("0", "1"),
            ),
            *_VALID,
        ),
    ),
    "deaths": About(
        "The register of deaths; E09 asks it. A row counts from its valid_from on: leave that empty, or give the day "
        "of death, where it shall count at once. A registration by mistake is closed with valid_to.",
        "死亡登记；E09 使用。登记自 valid_from 起生效：需自死亡之日起生效的，请留空或填死亡日期。"
        "登记有误的，以 valid_to 终止。",
        (
            _PERSON,
            Column("die_date", "day of death", "死亡日期", "2026-02-27", required=True, kind="moment"),
            *_VALID,
        ),
    ),
    "households": About(
        "Who lives with whom; I06-HOME, I06-VILLAGE and I09 ask it. It comes from the register of the insured or from "
        "civil affairs, not from the settlement interface.",
        "谁与谁同住；I06-HOME、I06-VILLAGE、I09 使用。来自参保登记或民政部门，结算接口不提供。",
        (
            _PERSON,
            Column(
                "household",
                "the household, by any number that its members share; it is kept as a pseudonym only",
                "户编号，同户成员相同即可；系统内只保存假名",
                "F00000001",
            ),
            Column("village", "the village or community", "村或社区的编号", "341021101201"),
            Column("care_home", "the care home in which the person lives", "所住养老、护理机构的编号", "N001"),
            *_VALID,
        ),
    ),
    "insured": About(
        "Persons who may not settle, or not with the fund: E11 and E04 ask it. One row for each time that it holds; "
        "whoever is in no row that is valid is insured as usual. What is lifted early is closed with valid_to.",
        "参保待遇受限人员：暂停联网结算的，以及处于待遇等待期的；E11、E04 使用。每段限制一行，无有效行的视为正常参保；"
        "提前解除的以 valid_to 终止。",
        (
            _PERSON,
            Column(
                "state",
                "`suspended`: network settlement is suspended (Article 41 of the regulation); `waiting`: the fund does "
                "not pay yet",
                "`suspended` 暂停联网结算（条例第四十一条）；`waiting` 处于待遇等待期",
                "suspended",
                required=True,
                one_of=("suspended", "waiting"),
            ),
            *_VALID,
        ),
    ),
    "reports": About(
        "Institutions that somebody reported, one row a report; for as long as the row is valid the institution is "
        "tagged `reported`, its leads say so, and thresholds for this tag count. Who reported has no column here and "
        "belongs nowhere in this system; the institution is not told. Thirty days are usual (our assumption).",
        "收到投诉举报的机构，每件一行；有效期内该机构带有标签 `reported`，其线索注明此事，并适用该标签的阈值。"
        "本表没有举报人一栏，系统任何地方都不应出现举报人；也不告知被举报机构。有效期一般取30天（本项目假设）。",
        (
            Column("fixmedins_code", "code of the institution", "定点医药机构编号", "P34102100029", required=True),
            Column(
                "valid_from",
                "from when the report counts: a day, or a moment. A row with the same key and the same valid_from "
                "replaces the earlier one",
                "自何时起计，日期或时刻；主键和 valid_from 都相同的行，后者取代前者",
                "2026-03-02",
                required=True,
                kind="moment",
            ),
            Column(
                "valid_to",
                "until when it counts: a day is its last one; a moment is the first at which it does not",
                "计至何时；写日期的，当日仍计；写时刻的，到该时刻为止",
                "2026-03-31",
                required=True,
                kind="moment",
            ),
            Column(
                "channel",
                "how it came: `telephone`, `network`, `letter`, `visit`; for people, no rule asks it",
                "渠道：`telephone` 电话，`network` 网络，`letter` 来信，`visit` 来访；供人阅读，规则不使用",
                "network",
                one_of=("telephone", "network", "letter", "visit"),
            ),
        ),
    ),
    "persons": About(
        "Persons who are rated or watched: their tags may move the thresholds of rules about persons "
        "(docs/tags.md). Whoever is in no row has no tag.",
        "有信用评价或列为重点的参保人：其标签可调整以参保人为对象的规则的阈值（docs/tags.md）。未列出的没有标签。",
        (_PERSON, _CREDIT, _KEY, *_VALID),
    ),
    "staff": About(
        "Who works at which institution, also at pharmacies; I10, S03 and S03-MONTH ask it. Whoever leaves is "
        "closed with valid_to.",
        "机构职工名册：何人在何机构（含药店）工作；I10、S03、S03-MONTH 使用。离职的以 valid_to 终止。",
        (
            _PERSON,
            Column("fixmedins_code", "code of the institution", "所在定点医药机构编号", "H34102100001", required=True),
            Column("role", "role, for people; no rule asks it", "岗位，供人阅读，规则不使用", "nurse"),
            *_VALID,
        ),
    ),
    "physicians": About(
        "Physicians and other staff who order, by the code under which they do: whether their registration is valid, "
        "and for which departments. B12 and B12-SCOPE ask it. Whoever is registered anew has a row of its own.",
        "医师等开单人员的执业注册，以开单编码为主键：注册是否有效、可在哪些科室执业；B12、B12-SCOPE 使用。"
        "重新注册的另起一行。",
        (
            Column("bilg_dr_codg", "code of the physician", "开单医师编码", "D341021000017", required=True),
            Column(
                "status",
                "state of the registration; with `suspended`, `revoked`, `cancelled` and `expired` every order counts",
                "执业注册状态：`valid` 有效；`suspended` 中止、`revoked` 吊销、`cancelled` 注销、`expired` 过期，"
                "其间开单都计入",
                "valid",
                required=True,
                one_of=("valid", "suspended", "revoked", "cancelled", "expired"),
            ),
            Column(
                "departments",
                "codes of the departments for which it holds, apart by a blank; empty: any",
                "执业范围对应的科室编码，以空格分隔；空为不限",
                "A03 A04",
            ),
            *_VALID,
        ),
    ),
    "employers": About(
        "Who works for which employer; S04 asks it. It comes from the register of the insured (1101). Whoever leaves "
        "is closed with valid_to.",
        "参保单位：何人在何单位参保；S04 使用。来自参保登记（1101）。离职的以 valid_to 终止。",
        (
            _PERSON,
            Column(
                "employer",
                "the employer, by any code that its people share; alerts show it",
                "参保单位编号，同单位人员相同即可；线索中会显示",
                "E00000001",
                required=True,
            ),
            *_VALID,
        ),
    ),
    "enrolled": About(
        "Persons who were insured lately: for the first time, or anew after a pause; E02 asks it. Rows that are older "
        "than three months may be left out.",
        "新参保人员：首次参保，或中断后重新参保；E02 使用。三个月以前的可以不列。",
        (
            _PERSON,
            Column("insured_from", "first day of the insurance", "参保首日", "2026-03-01", required=True, kind="day"),
            Column(
                "newborn",
                "`1`: a newborn child, insured from its birth on, which is never told",
                "`1` 自出生起参保的新生儿，不提示",
                "0",
                one_of=("0", "1"),
            ),
            *_VALID,
        ),
    ),
    "assisted": About(
        "Persons with a low income, in destitution and the like, by the register of civil affairs; I11 and E06 ask "
        "it. Who is assisted no more is closed with valid_to.",
        "低保对象、特困人员等困难群体，来自民政部门的认定；I11、E06 使用。不再认定的以 valid_to 终止。",
        (
            _PERSON,
            Column(
                "assistance",
                "kind of assistance, for people; no rule asks it",
                "救助类别，供人阅读，规则不使用",
                "特困",
            ),
            *_VALID,
        ),
    ),
    "recognised": About(
        "Persons whose chronic or special illness is recognised for outpatient treatment; E05 asks it. Of several "
        "illnesses one row is enough. A recognition that ends is closed with valid_to.",
        "已认定门诊慢特病待遇的参保人；E05 使用。认定多个病种的，一行即可。认定到期或取消的以 valid_to 终止。",
        (
            _PERSON,
            *_VALID,
        ),
    ),
    "drugs": About(
        "Drugs: which are the same substance, how they act, how long a pack lasts, which are on the dual-channel list, "
        "which are monitored, which won the procurement by volume. D01 to D05, D07, D09, D17 and D20 ask it.",
        "药品目录：哪些药品属同一成分、作用相近，一盒可用多久，哪些属“双通道”药品，哪些属重点监控药品，哪些是集采中选药品。"
        "D01至D05、D07、D09、D17、D20 使用。",
        (
            Column("med_list_codg", "code of the item", "医疗目录编码", "XC09CAF064A001010100001", required=True),
            Column(
                "group",
                "what counts as the same substance; empty: that in a western drug's code, else the item",
                "视为同一成分的分组；空则取西药编码中的成分，其他按编码本身",
                "XC09CAF064",
            ),
            Column("name", "name, for the text of alerts", "药品名称，用于线索文字", "缬沙坦胶囊"),
            Column(
                "pack_units",
                "units (tablets, capsules) in one pack; one cnt is one pack",
                "每盒的最小制剂单位数（片、粒）；cnt 为 1 即一盒",
                "28",
                kind="number",
                unit=("units a pack", "片（粒）每盒"),
            ),
            Column(
                "daily_units",
                "units that a person usually takes in a day",
                "每人每日常用量",
                "1",
                kind="number",
                unit=("units a day", "片（粒）每日"),
            ),
            Column(
                "atc",
                "ATC code; empty: that in a western drug's code. B05 and V07 (solvents) are not judged. Drugs with the "
                "same first five characters act alike (D01-DUP)",
                "ATC 编码；空则取西药编码中的。B05、V07（溶媒）不参与判定。前五位相同的视为作用相同或相近（D01-DUP）",
                "C09CA",
            ),
            Column(
                "key",
                "`1`: on the list of drugs under key monitoring (D17)",
                "`1` 表示属重点监控药品（D17）",
                "0",
                one_of=("0", "1"),
            ),
            Column(
                "procured",
                "of a substance that is procured by volume: `won` for the products that won, `other` for dearer ones "
                "that did not (D20); empty: not procured so",
                "带量采购品种：`won` 中选产品，`other` 价格较高的非中选产品（D20）；空为不属集采品种",
                "won",
                one_of=("won", "other"),
            ),
            Column(
                "dual_channel",
                "`1`: on the area's dual-channel list, so that a pharmacy needs a prescription that a hospital sent "
                "(D09)",
                "`1` 表示属本地“双通道”药品，药店须凭医院流转处方销售（D09）",
                "0",
                one_of=("0", "1"),
            ),
            *_VALID,
        ),
    ),
    "items": About(
        "Services and materials: how often one person may have them (B01, B07), whether they may be charged at all "
        "(B04, B05, B06), of what they are parts (B02), how long they take (B08), which licensed equipment they "
        "need (B13), and in which departments they may be cosmetic surgery (B10). An item without a row, or an empty "
        "column, has no limit.",
        "诊疗项目和耗材：一人可以收取多少次（B01、B07），能否收费、能否由基金支付（B04、B05、B06），属于哪个组合项目（B02），每次需要多长时间（B08），"
        "需要哪类许可设备（B13），以及在哪些科室可能是整形美容（B10）。"
        "没有列出的项目、没有填写的列，不作限制。",
        (
            Column("med_list_codg", "code of the item", "医疗目录编码", "001101000010000", required=True),
            Column("name", "name, for the text of alerts", "项目名称，用于线索文字", "普通床位"),
            Column(
                "group",
                "what counts as the same service within a period; empty: the item alone",
                "期间内视为同一服务的分组；空则为本项目",
                "CT-HEAD",
            ),
            Column(
                "most_per_day",
                "how often it may be charged on a day of a visit, by cnt",
                "一次就诊一日内可收取的数量（按cnt）",
                "1",
                kind="number",
                unit=("times", "次"),
            ),
            Column(
                "most_per_period",
                "how often a person may have it within `period_days`, by cnt; both or neither",
                "一人在`period_days`内可收取的数量（按cnt），两列同时填写",
                "2",
                kind="number",
                unit=("times", "次"),
            ),
            Column("period_days", "length of that period", "该期间的天数", "7", kind="number", unit=("days", "天")),
            Column(
                "part_of",
                "code of the service of which this is a part; that service says with `parts` how many of them it is",
                "所属组合项目的编码；该组合项目以`parts`写明由多少个不同的子项目组成",
                "002501010000010",
            ),
            Column(
                "parts",
                "so many different parts of this service, charged on one day of a visit, are the whole (B02)",
                "一次就诊一日内收取本项目的不同子项目达到该数，即视为整个组合（B02）",
                "3",
                kind="number",
                unit=("items", "项"),
            ),
            Column(
                "minutes",
                "for how long one of it binds the person who carries it out (B08)",
                "每次占用执行人员的时间（B08）",
                "30",
                kind="number",
                unit=("min", "分钟"),
            ),
            Column(
                "registered",
                "`0`: not on the area's list of prices, or no longer, so that nobody may charge it (B04)",
                "`0` 表示未列入本地价格目录或已取消，不得收取（B04）",
                "1",
                one_of=("0", "1"),
            ),
            Column(
                "separate",
                "`0`: the price of a service contains it, so that it may not be charged by itself (B05)",
                "`0` 表示已包含在其他项目的价格内，不可单独收费（B05）",
                "1",
                one_of=("0", "1"),
            ),
            Column(
                "covered",
                "`0`: the fund does not pay it (B06); drugs may be listed too",
                "`0` 表示不属于基金支付范围（B06）；药品也可以列出",
                "1",
                one_of=("0", "1"),
            ),
            Column(
                "cosmetic_in",
                "departments in which cosmetic surgery may be charged as this item: codes, apart by a blank (B10)",
                "可能将整形美容串换为本项目的科室编码，用空格分开（B10）",
                "A14",
            ),
            Column(
                "equipment",
                "kind of equipment without which it cannot be done and for which a licence is needed, by the word that "
                "the table `equipment` has for it (B13)",
                "开展该项目所必需、且须取得配置许可的设备类别，写法与`equipment`表一致（B13）",
                "PET/CT",
            ),
            *_VALID,
        ),
    ),
    "equipment": About(
        "Which institution has a licence for which kind of equipment, one row for each time that one holds; B13 asks "
        "it. It comes from the health authority that gives the licences. Which kinds need one: the catalogue of 2023 "
        "(国卫财务发〔2023〕7号) has PET/MR, PET/CT, surgical robots, radiotherapy and what costs 30 million yuan and "
        "more; CT and MRI are no longer in it. A kind that no row names is not judged.",
        "各机构持有的设备配置许可，每段有效期一行；B13 使用。来自发放许可的卫生健康部门。"
        "需要许可的类别见2023年目录（国卫财务发〔2023〕7号）："
        "PET/MR、PET/CT、腹腔内窥镜手术系统、放射治疗设备，以及单台3000万元及以上的设备；CT、磁共振已调出目录。没有任何一行列出的类别不判断。",
        (
            Column(
                "place_and_kind",
                "code of the institution, a colon, and the kind of equipment, as `items` has it",
                "定点医药机构编号、半角冒号、设备类别（写法与`items`表一致）",
                "H34102100001:PET/CT",
                required=True,
                kind="pair",
            ),
            Column(
                "licence",
                "number of the licence, for people; no rule asks it",
                "许可证编号，供人阅读，规则不使用",
                "乙皖00001",
            ),
            *_VALID,
        ),
    ),
    "diagnoses": About(
        "Diagnoses with which a person is rightly admitted again and again, which I01, I04, I05 and others ask; and "
        "those that need no bed, which I03 asks. The longest code that the diagnosis begins with decides.",
        "按疗程反复住院属正常的诊断，I01、I04、I05等使用；一般不需住院的小病，I03 使用。"
        "以诊断编码开头相符的最长编码为准。",
        (
            Column(
                "code",
                "ICD-10 code, or the beginning of one (three characters or more)",
                "ICD-10 编码，或其开头（至少三位）",
                "Z51",
                required=True,
            ),
            Column(
                "exempt",
                "`1`: admitted by plan (chemotherapy, dialysis), no alert; `0`: alert",
                "`1` 按计划反复住院（化疗、透析等），不提示；`0` 照常提示",
                "1",
                required=True,
                one_of=("0", "1"),
            ),
            Column(
                "minor",
                "`1`: as a rule treated without a bed (a cold, a rash); many such admissions alert; I03 asks it",
                "`1` 一般不需住院的小病（感冒、皮疹等），收治过多时提示；I03 使用",
                "0",
                one_of=("0", "1"),
            ),
            Column("name", "name, for people; no rule asks it", "诊断名称，供人阅读，规则不使用", "化学治疗"),
            *_VALID,
        ),
    ),
    "calendar": About(
        "Days on which more is honest than usual, one row a day; S01 and B15 ask it.",
        "客流多于平日属正常的日子，每日一行；S01、B15 使用。",
        (
            Column("date", "the day, yyyy-mm-dd", "日期，yyyy-mm-dd", "2026-10-01", required=True, kind="day"),
            Column(
                "kind",
                "`holiday`; `pension` (they are paid) and `campaign` (free clinic): twice the customers; `workday`: a "
                "weekend day on which people work, for due dates",
                "`holiday` 节假日；`pension` 养老金发放日、`campaign` 义诊，按平日客流的两倍计；"
                "`workday` 调休上班日，用于计算处置期限",
                "holiday",
                required=True,
            ),
            Column("name", "name, for people; no rule asks it", "名称，供人阅读，规则不使用", "国庆节"),
            *_VALID,
        ),
    ),
}


def key_and_required(table: str) -> tuple[str, tuple[str, ...]]:
    """The key column of a table, and the further columns that every row must have."""
    key, *others = TABLE_COLUMNS[table].columns
    return key.name, tuple(column.name for column in others if column.required)


def names_of(table: str) -> list[str]:
    """The names of a table's columns."""
    return [column.name for column in TABLE_COLUMNS[table].columns]


def checked(table: str) -> list[Column]:
    """The columns of a table that hold something else than any text."""
    return [column for column in TABLE_COLUMNS[table].columns if column.kind != "text" or column.one_of]
