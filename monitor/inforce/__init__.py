"""Which rules and tables are in force: of files, or of the topics of an area."""
