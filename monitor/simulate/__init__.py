"""Simulated traffic of a small county, with labelled fraud and with labelled look-alikes that are honest."""

from .reference import write_reference
from .simulation import Simulation

__all__ = ["Simulation", "write_reference"]
