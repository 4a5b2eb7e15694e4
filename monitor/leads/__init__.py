"""Rules over leads: what they read, and what judges them beside a running area and in a replay."""
