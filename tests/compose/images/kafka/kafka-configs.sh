#!/bin/sh
# shellcheck disable=SC2086  # several options may stand in the variable
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' kafka.admin.ConfigCommand "$@"
