"""What was seen of a day, beside the settlement platform's own counts."""
