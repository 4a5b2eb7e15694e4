#!/bin/sh
# Makes .venv from a hash-locked requirements file, once; afterwards it only looks whether that still holds.
#
#   sh deploy/setup.sh runtime    what `monitor` needs         requirements.lock
#   sh deploy/setup.sh dev        and what its tests need      requirements-dev.lock
#
# pip gets its index, proxy and certificates from the user's own settings. Nothing outside of .venv is changed.
# PYTHON=/path/to/python3.12 names an interpreter that is not on PATH.
# Exit codes: 0 ready, 1 pip failed, 2 something is missing (one line says how to get it).
set -eu

refuse() {
    echo "setup: $1" >&2
    exit 2
}

case ${1-} in
    runtime) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) refuse "expected runtime or dev, was '${1-}': sh deploy/setup.sh runtime" ;;
esac

export PYTHONUTF8=1 # the path of this tree need not fit into the user's locale
cd -P -- "$(dirname -- "$0")/.."

# One set-up at a time, where the system has flock.
exec 9<"$lock"
if command -v flock >/dev/null 2>&1; then flock 9; fi

# What .venv must have been made from to be left alone: this Python and this lock.
stamp_of() {
    .venv/bin/python -V && cksum <"$1"
}

stands() {
    [ -f ".venv/$1.stamp" ] && [ "$(stamp_of "$1" 2>&1)" = "$(cat ".venv/$1.stamp")" ]
}

if stands "$lock"; then exit 0; fi
[ ! -L .venv ] || refuse "needs to change .venv, which is a symbolic link to an environment of somebody else: rm .venv, and start again"
[ -w . ] || refuse "needs to make .venv, and may not write in $PWD: copy the tree to a place of your own"

# Prints `ok`, or the line that says what is missing; nothing where the interpreter does not run at all
# (a shim of pyenv for a version that is not installed, say). Has to be understood by any Python.
verdict_on() {
    "$1" -c '
import os, platform, sys
def glibc():
    try:
        return tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split(".")))
    except (AttributeError, OSError, ValueError):
        return ()
found = "found %s %d.%d on %s %s" % (
    (platform.python_implementation(),) + tuple(sys.version_info[:2]) + (platform.system(), platform.machine()))
if platform.python_implementation() != "CPython" or tuple(sys.version_info[:2]) not in ((3, 11), (3, 12)):
    print("python " + found)
elif platform.system() != "Linux" or platform.machine() != "x86_64" or sys.maxsize < 2**32:
    print("needs 64-bit Linux on x86-64, %s: use such a machine or container" % found)
elif glibc() < (2, 28):
    print("needs glibc 2.28 or newer, found another C library: use Debian 10, Ubuntu 20.04, RHEL 8 or newer")
else:
    try:
        import ensurepip, venv
        print("ok")
    except ImportError:
        print("needs the venv module of this Python: apt install python%d.%d-venv" % tuple(sys.version_info[:2]))
' 2>/dev/null || :
}

python=
complaint="python found none"
if [ -n "${PYTHON-}" ]; then set -- "$PYTHON"; else set -- python3.12 python3.11 python3 python; fi
for candidate in "$@"; do
    verdict=$(verdict_on "$candidate")
    if [ "$verdict" = ok ]; then
        python=$candidate
        break
    fi
    if [ -n "$verdict" ] && [ "$complaint" = "python found none" ]; then complaint=$verdict; fi
done
if [ -z "$python" ]; then
    case $complaint in
        python*) refuse "needs CPython 3.11 or 3.12,${complaint#python}: apt install python3.11 python3.11-venv, dnf install python3.12, or www.python.org/downloads; one that is not on PATH: PYTHON=/path/to/python3.12" ;;
        *) refuse "$complaint" ;;
    esac
fi

# The rest is added to a sound .venv; anything else is made anew.
if [ -e ".venv/$lock.stamp" ] || ! stands requirements.lock; then
    "$python" -m venv --clear .venv
fi
echo "setup: $(.venv/bin/python -V), $(grep -c '^[a-z]' "$lock") packages of $lock into .venv, once" >&2
if ! PIP_USER=0 .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --no-deps --only-binary :all: -r "$lock"; then
    echo "setup: pip could not install $lock: see its message above; it uses your index and proxy (pip config list)" >&2
    exit 1
fi

# .venv/bin/python finds the packages of this tree from any directory, and the tree may be moved: a relative path.
for site in .venv/lib/python3.*/site-packages; do
    echo ../../../.. >"$site/settlement-monitor.pth"
done
printf '#!/bin/sh\nPYTHONUTF8=1 exec "${0%%/*}/python" -m monitor "$@"\n' >.venv/bin/monitor
chmod +x .venv/bin/monitor

stamp_of requirements.lock >.venv/requirements.lock.stamp
stamp_of "$lock" >".venv/$lock.stamp"
