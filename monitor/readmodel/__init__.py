"""The latest revision of every alert: who writes it and who asks it."""
