"""Tells Alertmanager of leads: which ones, under which labels, and until when."""
