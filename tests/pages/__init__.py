"""The rules a second time, written from their pages alone, and dense worlds in which both must agree."""
