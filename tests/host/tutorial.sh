#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Documentation/tutorial.md, as pasted: its blocks of shell are run, and what they print has the lines
# that the page shows. Runs inside the build root with a built KDIR, and prints KTAP.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=Documentation/tutorial.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

blocks() { awk -v language="$1" '$0 == "```" language { on = 1; next } /^```/ { on = 0 } on' "$page"; }

blocks sh >"$work/pasted"
blocks text >"$work/shown"
rm -rf out/doorbell
echo "KTAP version 1"
echo "1..1"
if bash -e -o pipefail "$work/pasted" >"$work/printed" 2>&1 && [ -s "$work/shown" ] &&
	diff "$work/shown" <(tail -n "$(wc -l <"$work/shown")" "$work/printed") >"$work/difference"; then
	echo "ok 1 - the tutorial works when pasted into a shell"
else
	tail -n 20 "$work/printed" "$work/difference" | sed 's/^/# /'
	echo "not ok 1 - the tutorial works when pasted into a shell"
fi
