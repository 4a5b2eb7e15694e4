"""Stock Faust in the two-rule job."""
