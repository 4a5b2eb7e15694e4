"""Rules on who may draw benefits."""
