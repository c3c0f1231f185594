# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the other scripts: where things are, and how they speak.
#
#   step TEXT        one line of progress, with the time since the start
#   die TEXT         one line that says what is wrong and how to mend it; exit 1
#   logged NAME CMD  runs CMD with its output in $LOGS/NAME.log, which is named when it fails
#   key FILE...      twelve hex digits that stand for the content of the files

# shellcheck disable=SC2034 # used where this is sourced
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${STRUCT_OPS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rust-struct-ops}
LOGS=$CACHE/logs
export STRUCT_OPS_CACHE=$CACHE STRUCT_OPS_START=${STRUCT_OPS_START:-$EPOCHSECONDS}
mkdir -p "$LOGS"

step() { printf '[%4ds] %s\n' $((EPOCHSECONDS - STRUCT_OPS_START)) "$*" >&2; }

die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

logged() {
	local log=$LOGS/$1.log
	shift
	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 20 "$log" >&2
		die "'${*:0:3}' failed; the whole log is $log"
	}
}

key() { sha256sum -- "$@" | cut -d' ' -f1 | sha256sum | cut -c1-12; }
