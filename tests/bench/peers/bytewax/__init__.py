"""Bytewax in the two-rule job."""
