#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make new NAME=foo DIR=<directory>`: a module to start from. It is samples/minimal under another name.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

[[ ${NAME:-} =~ ^[a-z][a-z0-9_]{0,31}$ ]] ||
	die "'${NAME:-}' is no name for a module: give a NAME of at most 32 of a-z, 0-9 and _, such as NAME=doorbell"
[ -n "${DIR:-}" ] || die "needs DIR=<directory>, which is made if there is none"
[ -z "$(ls -A "$DIR" 2>/dev/null)" ] || die "$DIR is not empty: give another DIR"
mkdir -p "$DIR" || die "cannot make $DIR: give another DIR"

# foo_bar becomes FooBar.
type=$(sed -E 's/(^|_)([a-z0-9])/\u\2/g; s/_//g' <<<"$NAME")
for file in "$REPO"/samples/minimal/*; do
	sed "s/\bMinimal\b/${type}Module/g; s/Minimal/$type/g; s/minimal/$NAME/g
		s/The struct_ops-in-Rust authors/You/; s|^STRUCT_OPS ?= .*|STRUCT_OPS ?= $REPO|" \
		"$file" >"$DIR/$(basename "$file" | sed "s/^minimal/$NAME/")"
done
step "$DIR has the module $NAME; its README.md says how it is built, loaded and asked"
