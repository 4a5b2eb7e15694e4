"""The subcommands of `monitor`, by what they need: a file, a cluster, or nothing."""
