#!/bin/sh
# Apache Kafka on this machine without Docker: fetches its published jars and runs one broker, or three, on loopback.
set -u

usage() {
    cat <<'USAGE'
usage: kafka.sh fetch
       kafka.sh start [--brokers 1|3] [--port BASE] [--data DIR]
       kafka.sh stop [--data DIR]
       kafka.sh kill [--data DIR] [--node N]
       kafka.sh pause [--data DIR] [--node N]
       kafka.sh resume [--data DIR] [--node N]

fetch  copies the jars that pom.xml names into .libs, by Maven with your own settings; not again when they are there
start  prepares DIR at the first time, runs the brokers that are not running, waits until they answer, and prints
       the bootstrap servers; brokers listen at BASE, BASE+1, ..., controllers right after (free ports by default)
stop   ends the brokers of DIR in order; what they stored stays in DIR
kill   ends them, or broker N only, at once, as a power cut would: for failure drills and tests
pause  stops them, or broker N only, without ending them: they hang and hold their connections, until resume

DIR is .data beside this script by default; each broker keeps its settings, store and logs in DIR/node-N.
KAFKA_HEAP_OPTS sets the heap of each broker (default -Xmx512m). Needs Java 17 or newer, and Maven for fetch.
USAGE
}

refuse() {
    printf 'kafka.sh: %s\n' "$1" >&2
    exit 2
}

fail() {
    printf 'kafka.sh: %s\n' "$1" >&2
    exit 1
}

# --- what is needed ---------------------------------------------------------------------------------------------

# Java reads file names by the locale, and can open none with Chinese characters under a plain C locale.
use_utf8() {
    case $(locale charmap 2>/dev/null) in UTF-8 | utf-8) return ;; esac
    LC_ALL=$(locale -a 2>/dev/null | grep -i -m 1 -E '^(C|en_US|zh_CN)\.utf-?8$') || LC_ALL=C.UTF-8
    export LC_ALL
}

need_java() {
    java=java
    if [ -n "${JAVA_HOME:-}" ]; then java=$JAVA_HOME/bin/java; fi
    version=$("$java" -version 2>&1 | sed -n 's/^.* version "\([0-9]*\).*/\1/p' | head -n 1)
    if [ "${version:-0}" -ge 17 ]; then return; fi
    refuse "Java 17 or newer is needed, found ${version:-none}; Debian, Ubuntu: apt-get install openjdk-17-jre-headless"
}

need_maven() {
    command -v mvn >/dev/null 2>&1 || refuse 'Maven (mvn) is needed to fetch Kafka; Debian, Ubuntu: apt-get install maven'
}

# The copy of pom.xml in .libs is written last: it says that the jars are complete, and of which pom.xml they are.
fetch() {
    need_java
    if cmp -s "$here/pom.xml" "$libs/pom.xml"; then return; fi
    need_maven
    new=$libs.$$
    mvn -B -q -f "$here/pom.xml" -Dlibs="$new" dependency:copy-dependencies >&2 || {
        rm -rf "$new"
        fail 'Maven could not fetch the jars that pom.xml names (its reason stands above)'
    }
    cp "$here/pom.xml" "$new/" && rm -rf "$libs" && mv "$new" "$libs"
}

# --- the shape of the cluster, written once ---------------------------------------------------------------------

port_is_taken() {
    if [ -r /proc/net/tcp ]; then
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qi ":$(printf %04x "$1") "
    else
        netstat -an 2>/dev/null | grep -q "[.:]$1 "
    fi
}

# The first port that another program has of those that the brokers and controllers need from $port on, if any.
taken_port() {
    wanted=$port
    while [ "$wanted" -lt $((port + 2 * brokers)) ]; do
        if port_is_taken "$wanted"; then echo "$wanted" && return; fi
        wanted=$((wanted + 1))
    done
}

# Below 32768, where systems begin to hand out ports by themselves: a broker finds its own again after a restart.
choose_port() {
    port=20000
    until [ "$port" -gt 20000 ] && [ -z "$(taken_port)" ]; do
        port=$((20001 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    done
}

nodes() {
    node=1
    while [ "$node" -le "$brokers" ]; do
        echo "$node"
        node=$((node + 1))
    done
}

# address of broker or controller number $1, the first one at port $2
address() {
    echo "127.0.0.1:$(($2 + $1 - 1))"
}

bootstrap() {
    nodes | while read -r node; do address "$node" "$port"; done | paste -s -d , -
}

voters() {
    nodes | while read -r node; do echo "$node@$(address "$node" $((port + brokers)))"; done | paste -s -d , -
}

# Loopback needs no patience: a broker or a member that fell silent is missed after seconds, so that what follows
# a crash, and what retention deletes, can be seen at once. Few partitions inside (of 50 by default), because there are
# few groups and producers.
#
# Paths stand relative to the folder of the broker: a properties file cannot hold every character of a path.
write_settings() {
    cat <<SETTINGS
process.roles=broker,controller
node.id=$1
listeners=PLAINTEXT://$(address "$1" "$port"),CONTROLLER://$(address "$1" $((port + brokers)))
controller.listener.names=CONTROLLER
controller.quorum.voters=$(voters)
log.dirs=store
auto.create.topics.enable=false
default.replication.factor=$brokers
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$brokers
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=$brokers
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=$brokers
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
log.initial.task.delay.ms=1000
log.retention.check.interval.ms=5000
SETTINGS
}

# The id that the brokers of one cluster share: 16 random bytes, spelled as Kafka spells them.
new_id() {
    printf '%sA' "$(od -An -N11 -tx1 /dev/urandom | tr -d ' \n' | cut -c 1-21)"
}

prepare() {
    brokers=${brokers:-1}
    in_sync=$(((brokers + 1) / 2))
    if [ -z "$port" ]; then choose_port; fi
    taken=$(taken_port)
    if [ -n "$taken" ]; then refuse "port $taken is taken by another program; leave out --port, or take another"; fi
    id=$(new_id)
    for node in $(nodes); do
        mkdir -p "$data/node-$node" || fail "cannot write to $data"
        write_settings "$node" >"$data/node-$node/server.properties"
    done
    printf '%s %s %s\n' "$id" "$brokers" "$port" >"$data/cluster"
}

# What was prepared once holds: a broker that came back elsewhere would not be found by the others.
recall() {
    asked="$brokers $port"
    read -r id brokers port <"$data/cluster" || fail "$data/cluster cannot be read"
    case $asked in
        ' ' | "$brokers " | " $port" | "$brokers $port") ;;
        *) refuse "$data was prepared for --brokers $brokers --port $port; take these, or another --data" ;;
    esac
}

# --- the brokers ------------------------------------------------------------------------------------------------

# in_node N COMMAND...: runs Java with Kafka's classes in the folder of broker N
in_node() {
    cd "$data/node-$1" || exit 1
    shift
    exec "$java" -Dsettlement.cluster="$id" -cp "$here:$libs/*" "$@"
}

# A process number may have been given to another program since: the id of the cluster must stand in its arguments.
is_running() {
    pid=$(cat "$data/node-$1/pid" 2>/dev/null) || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline" || ps -ww -p "$pid" -o args=; } 2>/dev/null | grep -q "settlement.cluster=$id"
}

format_node() {
    if [ -e "$data/node-$1/store/meta.properties" ]; then return; fi
    (in_node "$1" -Xshare:auto -XX:TieredStopAtLevel=1 kafka.tools.StorageTool format --cluster-id "$id" \
        --config server.properties) >"$data/node-$1/format.log" 2>&1
}

run_node() {
    # shellcheck disable=SC2086  # several options may stand in the variable
    (
        trap '' HUP
        in_node "$1" ${KAFKA_HEAP_OPTS:--Xmx512m} -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError kafka.Kafka server.properties
    ) </dev/null >"$data/node-$1/console.log" 2>&1 &
    echo $! >"$data/node-$1/pid"
    # Until it has become Java nobody can tell that it runs; on a busy machine that takes a moment. At most 5 s.
    became=0
    until is_running "$1" || [ "$became" -eq 100 ]; do
        sleep 0.05
        became=$((became + 1))
    done
}

has_started() {
    grep -q 'Kafka Server started' "$data/node-$1/console.log"
}

# Within 120 s, else the reason of the broker that failed, and none is left running.
wait_until_started() {
    waited=0
    for node in $(nodes); do
        until has_started "$node"; do
            if ! is_running "$node" || [ "$waited" -ge 600 ]; then
                grep -h -E 'ERROR|^Caused by|^Error' "$data/node-$node/console.log" | tail -n 3 >&2
                # shellcheck disable=SC2046  # one word a broker
                end KILL $(nodes)
                fail "broker $node did not start; all it said is in $data/node-$node"
            fi
            sleep 0.2
            waited=$((waited + 1))
        done
    done
}

# end SIGNAL N...: at most 30 s for the brokers named, then the hard way
end() {
    signal=$1
    shift
    for node in "$@"; do
        if is_running "$node"; then kill "-$signal" "$pid"; fi
    done
    waited=0
    for node in "$@"; do
        while is_running "$node"; do
            if [ "$waited" -eq 300 ]; then kill -KILL "$pid"; fi
            sleep 0.1
            waited=$((waited + 1))
        done
    done
}

start() {
    fetch
    mkdir -p "$data" || fail "cannot write to $data"
    if [ -e "$data/cluster" ]; then recall; else prepare; fi
    for node in $(nodes); do format_node "$node" & done
    wait
    for node in $(nodes); do
        [ -e "$data/node-$node/store/meta.properties" ] || fail "the store could not be prepared: $data/node-$node/format.log"
        is_running "$node" || run_node "$node"
    done
    wait_until_started
    bootstrap
}

# stop_all SIGNAL
stop_all() {
    if [ ! -e "$data/cluster" ]; then return; fi
    recall
    # shellcheck disable=SC2046,SC2086  # one word a broker
    end "$1" ${only:-$(nodes)}
}

# signal_all SIGNAL: of the brokers that run
signal_all() {
    if [ ! -e "$data/cluster" ]; then return; fi
    recall
    # shellcheck disable=SC2046,SC2086  # one word a broker
    for node in ${only:-$(nodes)}; do
        if is_running "$node"; then kill "-$1" "$pid"; fi
    done
}

# --- the command line -------------------------------------------------------------------------------------------

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
libs=$here/.libs
data=$here/.data
brokers='' port='' only=''
verb=${1:-}
if [ $# -gt 0 ]; then shift; fi
while [ $# -gt 0 ]; do
    if [ $# -lt 2 ]; then refuse "$1 wants a value; see kafka.sh --help"; fi
    case $1 in
        --brokers) brokers=$2 ;;
        --port) port=$2 ;;
        --data) data=$2 ;;
        --node) only=$2 ;;
        *) refuse "$1 is not known; see kafka.sh --help" ;;
    esac
    shift 2
done
case $brokers in '' | 1 | 3) ;; *) refuse "--brokers: expected 1 or 3, was $brokers" ;; esac
case $port in
    '' | [1-9][0-9][0-9][0-9] | [1-5][0-9][0-9][0-9][0-9]) ;;
    *) refuse "--port: expected a number from 1000 to 59999, was $port" ;;
esac
case $only in '' | [1-3]) ;; *) refuse "--node: expected 1, 2 or 3, was $only" ;; esac
case $data in /*) ;; *) data=$PWD/$data ;; esac
case $here$data in *:*) refuse "Java cannot read paths with a colon: $here, $data" ;; esac
use_utf8

case $verb in
    fetch) fetch ;;
    start) start ;;
    stop) stop_all TERM ;;
    kill) stop_all KILL ;;
    pause) signal_all STOP ;;
    resume) signal_all CONT ;;
    -h | --help | help) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
