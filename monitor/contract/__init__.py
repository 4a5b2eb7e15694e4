"""What goes in and what comes out, for other systems, and the check of a file against it."""
