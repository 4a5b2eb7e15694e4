# Read every alert revision so far with kcat: ce_id, then the alert. The last revision of an alert_id counts.
kcat -b "$MONITOR_BROKERS" -t "${MONITOR_PREFIX:-settlement}.alerts" -C -e -q -f '%h\t%s\n'
