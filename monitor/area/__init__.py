"""What operators ask of a running area, and what they change in it."""
