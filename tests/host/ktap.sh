# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by tests that run commands one after the other and report each as a line of KTAP.
#
#   check NAME CMD...  is ok if CMD succeeds; what it prints is shown if not
#   $count, $bad       how many there were, and whether one failed

# shellcheck disable=SC2034 # used where this is sourced
count=0 bad=0

check() {
	local name=$1 verdict=ok output
	shift
	output=$("$@" 2>&1) || {
		verdict='not ok' bad=1
		head -n 20 <<<"$output" | sed 's/^/# /'
	}
	echo "$verdict $((++count)) $name"
}
