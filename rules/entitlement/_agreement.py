"""What S09 and S09-STAY say alike of an agreement that is not in force."""

from rules import Text

STATUS = {"suspended": Text("已中止", "suspended"), "terminated": Text("已解除", "terminated")}
"""Status in the register -> its words."""
