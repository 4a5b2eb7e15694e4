"""Counts the use of the fund by institution, region and drug for Prometheus, within a bound on its series."""
