# Publish one settlement with kcat: the record key is psn_no, so that one person's events stay in order.
echo '34102100000000000001|{"msgid":"H34102100001202603051000000001","infno":"2207","fixmedins_code":"H34102100001","inf_time":"2026-03-05 10:00:00","psn_no":"34102100000000000001","setl_id":"S1","mdtrt_id":"M1","med_type":"11","setl_time":"2026-03-05 10:00:00","medfee_sumamt":12.5,"fund_pay_sumamt":10}' |
    kcat -b "$MONITOR_BROKERS" -t "${MONITOR_PREFIX:-settlement}.events" -P -K '|' -X partitioner=murmur2_random
