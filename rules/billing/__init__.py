"""Rules on bills and spending."""
