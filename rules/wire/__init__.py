"""The wire: bytes of the interface become events, or are refused with their reasons. Wire names stand here alone."""
