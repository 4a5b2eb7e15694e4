"""What is suspicious: pure rules over ledgers and windows, with no I/O and no clock."""
