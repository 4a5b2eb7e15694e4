"""What values of the interface's code lists are called; a code that is not here is a local one, and stands alone."""

from __future__ import annotations

from collections.abc import Mapping

from .text import Text

_VISITS = {
    "11": Text("普通门诊", "outpatient"),
    "13": Text("急诊", "emergency"),
    "14": Text("门诊慢特病", "chronic illness"),
    "15": Text("特药", "special drug"),
    "16": Text("中医门诊", "outpatient, Chinese medicine"),
    "18": Text("特药购药", "special drug purchase"),
    "21": Text("普通住院", "inpatient"),
    "22": Text("外伤住院", "inpatient, injury"),
    "23": Text("转外住院", "inpatient, referred elsewhere"),
    "24": Text("急诊转住院", "inpatient from emergency"),
    "25": Text("异地住院", "inpatient out of area"),
    "26": Text("单病种住院", "inpatient, single disease"),
    "28": Text("日间手术", "day surgery"),
    "41": Text("药店购药", "pharmacy"),
    "51": Text("生育门诊", "maternity outpatient"),
    "52": Text("生育住院", "maternity inpatient"),
}
CODES: Mapping[str, Mapping[str, Text]] = {
    "med_type": _VISITS,
    "mdtrt_cert_type": {
        "01": Text("医保电子凭证", "electronic credential"),
        "02": Text("身份证", "identity card"),
        "03": Text("社会保障卡", "social security card"),
    },
    "opter_type": {
        "1": Text("经办人", "clerk"),
        "2": Text("自助终端", "self-service terminal"),
        "3": Text("移动终端", "mobile"),
    },
    "dscg_way": {
        "1": Text("医嘱离院", "by the physician's order"),
        "2": Text("医嘱转院", "transferred"),
        "3": Text("转社区或乡镇卫生院", "transferred to a community or township clinic"),
        "4": Text("非医嘱离院", "against advice"),
        "5": Text("死亡", "died"),
        "9": Text("其他", "other"),
    },
    "trdn_flag": {"0": Text("整盒", "whole pack"), "1": Text("拆零", "opened pack")},
    "mid_setl_flag": {"0": Text("否", "no"), "1": Text("是", "yes")},
}
"""Field of the interface -> value -> what it is called in the national lists (med_type, mdtrt_cert_type, opter_type,
flags: the interface's own; dscg_way: the front page of the medical record)."""


def code_text(field: str, value: str) -> Text:
    """A value with what it is called.

    >>> code_text("med_type", "11").zh, code_text("med_type", "9901").zh
    ('普通门诊（11）', '9901')
    """
    called = CODES.get(field, {}).get(value)
    return Text(value, value) if called is None else Text(f"{called.zh}（{value}）", f"{called.en} ({value})")
