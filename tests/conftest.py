"""The servers that tests share. The bench is run by hand, it is no test."""

pytest_plugins = ["tests._fixtures"]
collect_ignore = ["bench"]
