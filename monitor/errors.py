"""The one error that ends a command with exit code 2."""

from __future__ import annotations


class ConfigurationError(Exception):
    """A setting, a file or an argument is wrong. One line: what it is, what was expected, what came."""
