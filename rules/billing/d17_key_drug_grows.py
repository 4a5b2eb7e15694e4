"""Rule D17: an institution uses far more of a drug under key monitoring than in the weeks before."""

from __future__ import annotations

from rules import Card, Episode, Names, Text

from ._growing import Growing


class KeyDrugGrows(Growing):
    """An institution uses in a week three times as much of a drug under key monitoring as in the weeks before.

    Why: "医保基金使用金额大、存在异常变化的重点药品耗材" (Anhui province, 2024-04-10; Baoji city, 2024-09-27). The
    lists of key drugs have what costs much and is often given without need; where its use trebles, somebody promotes
    it, or it is charged and not given.

    Looked at are the lines, of a settlement or uploaded before it (2204, 2301), of drugs that have `key` = `1` in the
    table `drugs`, by the row that is valid at fee_ocur_time: those of one institution and drug. A line with cnt above
    0 is judged: the sum of cnt in the seven days that end with it, by fee_ocur_time, what is given back counted off,
    against the mean week of the `weeks` before these. It is a finding, `warning`, if it exceeds the mean by at least
    `percent` and by at least `fewest_more`. Where no line is older than seven days and the `weeks`, within another
    week, the drug is not in use for long enough, and there is none.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 20 hospitals with 20
    such drugs each; of these 400 one in 20 a year is used by a new department or in an outbreak): 0.055 alerts a day.
    That is 1.7 alerts a month in 200,000.

    Known gaps: drugs that the table does not point out, and materials. A drug that is new at the institution. Growth
    that is slower than from week to week. Whether it was needed is not in the messages. What was used before the table
    had the drug is not seen: lines of other drugs are not sent to their institution, so that the weeks are counted
    from then on. A line that a cancel of all lines of a visit takes back still counts: at the institution only a
    cancel that names it is known.

    Example:
        >>> from rules.testing import at, judge, listed
        >>> def used(usual, last):
        ...     weeks = [*[usual] * 8, last]
        ...     return [listed(at("09:00", day=7 * n), quantity=count * 10_000) for n, count in enumerate(weeks)]
        >>> judge(KeyDrugGrows(), used(100, 299))
        []
        >>> judge(KeyDrugGrows(), used(10, 149))
        []
        >>> [(found.value, found.usual, found.severity) for found in judge(KeyDrugGrows(), used(100, 300))]
        [(300.0, 100.0, 'warning')]

    """

    card = Card(
        id="D17",
        name=Text("重点药品用量异常增长", "A key drug grows"),
        family="billing",
        ledger="key_drugs",
        subject="institution",
        why=Text(
            "重点监控药品用量骤增，可能有人推销、过度用药，或只收费未使用",
            "The use of a drug under key monitoring soars: promoted, given without need, or charged and not given",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；安徽省通知（2024-04-10）“医保基金使用金额大、存在异常变化的重点药品耗材”",
        advice=Text(
            "10日内核对进销存与处方，查用量集中的科室与医师，抽查病历判断用药是否必要",
            "within 10 days purchases and stock; the departments and physicians that use it most; in a sample of "
            "records whether it was needed",
        ),
        tables=("drugs",),
        decided=("bilg_dr_codg", "drugs.key"),
    )

    def what(self, names: Names, episode: Episode) -> Text:
        """The drug."""
        drug = names.drug(episode.peak.evidence[-1])
        return Text(f"重点监控的{drug.zh}", f"the key drug {drug.en}")
