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
check "clippy is content with the modules" make clippy OUT="$scratch"
check "the programs pass their unit tests" cargo test --quiet --locked --release
check "clippy is content with the programs" cargo clippy --quiet --locked --release --all-targets \
	-- -D warnings
echo "1..$count"
