"""Rules over leads: whom several leads are about, and what became of leads."""
