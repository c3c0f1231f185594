#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What can be said of the files without running them. Runs inside the build root with a built KDIR,
# and prints KTAP.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source-path=SCRIPTDIR source=ktap.sh
. tests/host/ktap.sh

spdx() {
	local bare
	bare=$(git ls-files '*.rs' '*.c' '*.h' '*.sh' '*.py' '*.mk' '*.toml' Makefile '*Kbuild' '*.config' |
		while read -r file; do head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' || echo "$file"; done)
	[ -z "$bare" ] || { echo "no SPDX line: $bare" && false; }
}

safe_samples() { ! git grep -nw unsafe -- samples; }

# Blank lines and comments are not code.
minimal_is_small() {
	local lines
	lines=$(grep -cvE '^ *(//.*)?$' samples/minimal/minimal_main.rs)
	[ "$lines" -le 25 ] || { echo "samples/minimal has $lines lines of code" && false; }
}

# The README shows the module itself.
readme_shows_minimal() {
	diff <(awk '/^```rust/ { on = 1; next } /^```/ { on = 0 } on' README.md) \
		<(tail -n +3 samples/minimal/minimal_main.rs)
}

# What a page links to, relative to itself, is there: a file, or a heading in it.
headings() { sed -n 's/^#* //p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'; }
links_lead_somewhere() {
	local page link target status=0
	while IFS=: read -r page link; do
		target=$(dirname "$page")/${link%%#*}
		[ "${link%%#*}" ] || target=$page
		if ! [ -e "$target" ] || { [[ $link = *\#* ]] && ! headings "$target" | grep -qx -- "${link#*\#}"; }; then
			echo "$page: $link leads nowhere"
			status=1
		fi
	done < <(git grep -oE '\]\([^):]+\)' -- '*.md' | sed 's/\](//; s/)$//')
	return "$status"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "KTAP version 1"
mapfile -t scripts < <(git ls-files '*.sh')
check "scripts are shellcheck-clean" shellcheck -x "${scripts[@]}"
check "Rust is formatted" make fmtcheck
check "every file names its licence" spdx
check "no sample has unsafe code" safe_samples
check "a whole subsystem is at most 25 lines of code" minimal_is_small
check "README.md shows samples/minimal as it is" readme_shows_minimal
check "links between pages lead somewhere" links_lead_somewhere
check "clippy is content with the modules" make clippy OUT="$scratch"
check "rustdoc is content with the crate" make rustdoc OUT="$scratch"
check "the programs pass their unit tests" cargo test --quiet --locked --release --workspace --exclude bench-report
check "clippy is content with the programs" cargo clippy --quiet --locked --release --all-targets \
	-- -D warnings
echo "1..$count"
