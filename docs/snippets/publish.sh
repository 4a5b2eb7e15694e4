# Publish messages with kcat: one a line from stdin, unchanged, in order for each person.
# awk puts the record key and a tab before each: the first psn_no (of 3101 and 3102 patn_id), of stock (35xx) the
# institution. Partitions are chosen as the Java client chooses them.
awk '{
    name = $0 ~ /"infno" *: *"?35/ ? "fixmedins_code" : "(psn_no|patn_id)"
    key = match($0, "\"" name "\" *: *\"? *[^\" ,}]+") ? substr($0, RSTART, RLENGTH) : ""
    sub(/^"[a-z_]+" *: *"? */, "", key)
    if ($0 != "") print key "\t" $0
}' | kcat -b "$MONITOR_BROKERS" -t "${MONITOR_PREFIX:-settlement}.events" -P -K '\t' -z gzip \
    -X acks=all -X enable.idempotence=true -X partitioner=murmur2_random
