"""The bench: what is fast, measured on a real broker. Speed stands here, never in a timed test."""
