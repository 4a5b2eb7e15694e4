"""One worker process: its start, its metrics, its health, its log."""
