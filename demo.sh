#!/bin/sh
# `make demo` without make: sets up what it needs in .venv and shows the monitor at work. Arguments go to `monitor demo`.
set -eu
here=$(dirname -- "$0")
sh "$here/deploy/setup.sh" runtime
exec "$here/.venv/bin/monitor" demo "$@"
