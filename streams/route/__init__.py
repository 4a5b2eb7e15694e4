"""From messages to entries, and who may run ahead: router, intake, alignment, ticks, turns."""
