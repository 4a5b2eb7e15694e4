"""Rules on drugs, prescriptions and trace codes."""
