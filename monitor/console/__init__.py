"""The page on which reviewers work: leads from the read model, and what is said of them."""
