"""Rules on stays in hospital."""
