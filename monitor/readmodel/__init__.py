"""The latest revision of every alert in Redis: who writes it and who asks it."""
