"""The errors that end a command with one line and no traceback."""

from __future__ import annotations


class ConfigurationError(Exception):
    """A setting, a file or an argument is wrong: exit code 2. One line: what it is, what was expected, what came."""


class InputError(Exception):
    """A file of another kind, or a topic that cannot be read to its end: exit code 1. One line: what it is."""
