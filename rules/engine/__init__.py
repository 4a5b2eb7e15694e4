"""What remembers and judges. It knows no ledger, rule or field by name: they are handed in."""
