"""What talks to brokers: batches for Faust, topics, reading, changelog, tables, and what was lost."""
