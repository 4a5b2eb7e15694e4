"""The shape of the code in figures, for a reader: a report, not a limit.

python -m tests.shape

The command prints three parts: how full the functions are, beside the models; the functions of more than ten branches;
the rooms (packages) with their imports. The exit code is always 0: the judgement of a reader goes before the figure.

A function of more than ten branches has a reason in its docstring: a sentence that begins with "Long because".
"""
