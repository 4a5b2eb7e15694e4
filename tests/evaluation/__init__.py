"""How well the rules find what is planted, and how often they disturb the honest: figures, no tests."""
