"""Rules on credentials and swiped cards."""
