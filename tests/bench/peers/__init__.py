"""Other stream processors in the two-rule job, each with its pinned packages: what we are measured against."""
