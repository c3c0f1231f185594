#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What can be said of the files without running them. Runs inside the build root with a built KDIR,
# and prints KTAP.
set -euo pipefail
cd "$(dirname "$0")/../.."
count=0

check() { # check NAME CMD...
	local name=$1 verdict=ok output
	shift
	output=$("$@" 2>&1) || {
		verdict='not ok'
		head -n 20 <<<"$output" | sed 's/^/# /'
	}
	echo "$verdict $((++count)) $name"
}

spdx() {
	local bare
	bare=$(git ls-files '*.rs' '*.c' '*.h' '*.sh' '*.mk' '*.toml' Makefile '*Kbuild' '*.config' |
		while read -r file; do head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' || echo "$file"; done)
	[ -z "$bare" ] || { echo "no SPDX line: $bare" && false; }
}

safe_samples() { ! git grep -nw unsafe -- 'samples/**/*.rs' ':!samples/*/loader'; }

# Clippy's warnings are not errors to the kernel's build.
kernel_clippy() {
	local output
	output=$(make modules CLIPPY=1 OUT="$scratch" 2>&1) || { echo "$output" && false; }
	! grep -A 5 '^warning' <<<"$output"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "KTAP version 1"
mapfile -t scripts < <(git ls-files '*.sh')
mapfile -t sources < <(git ls-files '*.rs')
check "scripts are shellcheck-clean" shellcheck -x "${scripts[@]}"
check "Rust is formatted" rustfmt --edition 2021 --check "${sources[@]}"
check "every file names its licence" spdx
check "no sample has unsafe code" safe_samples
check "clippy is content with the modules" kernel_clippy
check "the programs pass their unit tests" cargo test --quiet --locked --release
check "clippy is content with the programs" cargo clippy --quiet --locked --release --all-targets \
	-- -D warnings
echo "1..$count"
