#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What can be said of the series in patches/ without building them: each directory is one, and applies
# on those before it. Runs inside the build root, and prints KTAP.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source-path=SCRIPTDIR source=ktap.sh
. tests/host/ktap.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
linux=$(BASE=1 scripts/kernel.sh tree)
tree=$scratch/linux
# Only what the series touches is checked out.
git clone -q --shared --no-checkout "$linux" "$tree"
git=(git -C "$tree" -c user.name=struct_ops -c user.email=struct_ops@localhost -c gc.auto=0)
sed -n 's|^diff --git a/.* b/|/|p' patches/*/*.patch | "${git[@]}" sparse-checkout set --no-cone --stdin
"${git[@]}" checkout -q
first=$("${git[@]}" rev-parse HEAD)

# Whether MAINTAINERS needs updating for a new file is a question, not a finding: it does not, for
# those of the series are in directories that are listed. The commits that are fixed are not in this
# tree, which has no history.
checkpatch() {
	"$linux/scripts/checkpatch.pl" --root="$linux" --strict --no-signoff --quiet --terse \
		--ignore FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID - <"$1" # a file in git is taken for source
}

# Each function that the series exports or describes has kernel-doc that is in order.
documented() {
	local symbol text='' file status=0
	for symbol in $("${git[@]}" diff "$first" -- '*.c' |
		sed -n 's/^+EXPORT_SYMBOL_GPL(\(.*\));/\1/p; s/^+ \* \([a-z_]*\) - .*/\1/p' | sort -u); do
		file=$("${git[@]}" grep -lE "^EXPORT_SYMBOL_GPL\($symbol\)|^ \* $symbol - " -- kernel net | head -n 1)
		text=$("$linux/scripts/kernel-doc" -Wall -rst -function "$symbol" "$tree/$file" 2>"$scratch/warnings") || true
		if ! grep -q "c:function:: .*$symbol" <<<"$text" || grep -q "$symbol" "$scratch/warnings"; then
			echo "$file: $symbol: $(cat "$scratch/warnings")"
			status=1
		fi
	done
	[ -n "$text" ] && return "$status"
}

# The end of the letter is what git has to say: the short log, the diffstat, and the new files.
letter_agrees() {
	grep -xE "Subject: \[PATCH bpf(-next)? 0+/${#patches[@]}\] .*" "$letter" || return
	{
		"${git[@]}" shortlog -w72,2,4 "$base.."
		"${git[@]}" diff --stat=72 --summary "$base"
	} | grep . >"$scratch/end"
	diff <(grep . "$letter" | tail -n "$(wc -l <"$scratch/end")") "$scratch/end"
}

echo "KTAP version 1"
for series in patches/*/; do
	name=$(basename "$series")
	patches=("$series"*.patch)
	letter=${patches[0]}
	unset 'patches[0]'
	base=$("${git[@]}" rev-parse HEAD)
	check "$name applies" "${git[@]}" am -q --whitespace=error-all "${patches[@]/#/$PWD/}"
	for patch in "${patches[@]}"; do
		check "checkpatch: ${patch#patches/}" checkpatch "$patch"
	done
	check "$name: the cover letter agrees with the patches" letter_agrees
done
check "what the series export is documented" documented
echo "1..$count"
[ "$bad" = 0 ]
