"""What D01 and D02 must find in the SynPUF file, from its rows alone: python synpuf_refills.py FILE NDC_DIGITS."""

import gzip
import json
import sys
from datetime import datetime
from itertools import pairwise

if __name__ == "__main__":
    day, quiet = 86_400, 30 * 86_400
    fills: dict[tuple[str, str], list[tuple[float, str, float, float]]] = {}
    with gzip.open(sys.argv[1]) as file:
        for row in map(json.loads, file):
            line = row["feedetail"][0]
            time = datetime.fromisoformat(line["fee_ocur_time"] + "+08:00").timestamp()
            one = (time, row["fixmedins_code"], line["prd_days"] * day, line["cnt"])
            fills.setdefault((row["psn_no"], line["med_list_codg"][: int(sys.argv[2])]), []).append(one)
    for key, taken in fills.items():
        found: list[tuple[str, float]] = []
        for n, (time, place, supply, packs) in enumerate(sorted(taken)):
            upto = [one for one in sorted(taken)[: n + 1] if one[0] > time - 180 * day]
            pack = min(supply, supply / packs if packs else 0)
            if sum(one[2] for one in upto if one[0] > time - 90 * day) > 117 * day + pack:
                found.append(("D02", time))
            covered = 0.0
            for one in upto[:-1]:
                covered = max(covered, one[0]) + one[2]
            early = [b[0] for a, b in pairwise(upto) if a[0] + a[2] - b[0] > max(6 * day, a[2] / 5)]
            third = time in early and sum(when > time - 90 * day for when in early) >= 3
            where, last = upto[-2][1:3] if len(upto) > 1 else (place, 0.0)
            elsewhere = place != where and covered - time > max(6 * day, last / 5)
            if last and (third or elsewhere or covered - time > max(14 * day, last / 2)):
                found.append(("D01", time))
        alerts: list[list[tuple[str, float]]] = []
        for rule, time in sorted(found):
            if not alerts or alerts[-1][-1][0] != rule or time - alerts[-1][-1][1] > quiet:
                alerts.append([])
            alerts[-1].append((rule, time))
        for alert in alerts:
            print(json.dumps([alert[0][0], *key, alert[0][1], alert[-1][1], len(alert)]))  # noqa: T201 - a script
