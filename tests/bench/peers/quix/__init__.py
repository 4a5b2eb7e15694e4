"""Quix Streams in the two-rule job."""
