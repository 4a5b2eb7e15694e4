"""How people run and see it: command line, settings, metrics, replay, simulation, demo."""

__version__ = "0.1.0"
"""The release, as pyproject.toml has it; the project runs from its source too, where no package says it."""
