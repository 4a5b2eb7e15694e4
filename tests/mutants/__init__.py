"""Rules with one number or comparison changed: each has to be noticed by the tests of its rule."""
