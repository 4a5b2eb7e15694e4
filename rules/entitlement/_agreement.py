"""What S09 and S09-STAY say alike of an agreement that is not in force."""

from rules import WITHOUT_AGREEMENT, Reference, Text, Undecidable, agreement_at

STATUS = {"suspended": Text("已中止", "suspended"), "terminated": Text("已解除", "terminated")}
"""Status in the register -> its words."""


def lapsed_at(institution: str, served: int, reference: Reference) -> str:
    """The status without which nothing may be settled at this time, ms UTC; empty where the agreement is in force.

    Raises Undecidable where the register does not know the institution then.
    """
    status = agreement_at(institution, served, reference)
    if not status:
        raise Undecidable("institution not in the register")
    return status if status in WITHOUT_AGREEMENT else ""
