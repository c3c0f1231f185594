#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# configs.sh BUILT: the series with configurations that few have. Each is built and, where this guest
# can, booted; then what the series touches is compiled with W=1, and may say nothing that it does not
# say without the series. BUILT has a test_progs (tests/kselftest/build.sh). Runs inside the build
# root, and prints KTAP.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/common.sh
. "$(dirname "$0")/../../scripts/common.sh"

built=$1 bpf=tools/testing/selftests/bpf
dir=$(mktemp -d "$CACHE/configs.XXXXXX")
trap 'rm -rf "$dir"' EXIT
tree=$("$REPO/scripts/kernel.sh" tree) base=$(BASE=1 "$REPO/scripts/kernel.sh" tree)

# The kernel may say nothing of struct_ops, whether or not it has any.
# shellcheck disable=SC2016 # is for the guest
quiet='"$@" && ! dmesg | grep -E "struct_ops|missing .*BTF"'
boot() { # boot FLAVOUR KDIR
	local guest=("$REPO/scripts/vm.sh" "$2")
	case $1 in
	rt)
		ln -sfn "$built"/{test_progs,not-run,tools} "$dir"
		make -C "$2" M="$tree/$bpf/test_kmods" MO="$dir/kmods" modules >"$log.kmods" 2>&1 || return
		# PREEMPT_RT has no BPF timers (process_timer_func() in verifier.c).
		"${guest[@]}" env "D=struct_ops_assoc/st_ops_assoc_in_timer*" "$REPO/tests/kselftest/run.sh" \
			"$dir" "$dir/kmods/bpf_testmod.ko"
		;;
	# No module has BTF. For smc the type is an extra: it loads.
	no-btf-modules) "${guest[@]}" sh -euc "$quiet" sh insmod "$2/net/smc/smc.ko" ;;
	*) "${guest[@]}" sh -euc "$quiet" sh true ;;
	esac
}

# What gcc says with W=1 about the C files that the series touches, without line numbers.
lint() { # lint TREE
	local out=$dir/lint objects
	mapfile -t objects < <(git -C "$tree" diff --name-only "$(git -C "$base" rev-parse HEAD)" -- '*.c' ':!tools' |
		while read -r file; do [ ! -e "$1/$file" ] || echo "${file%.c}.o"; done)
	rm -rf "$out"
	mkdir "$out"
	(cd "$1" && scripts/kconfig/merge_config.sh -n -O "$out" "$REPO"/scripts/config/{base,users}.config \
		<(echo '# CONFIG_RUST is not set')) >&2
	make -s -C "$1" O="$out" prepare >&2
	make -C "$1" O="$out" W=1 "${objects[@]}" 2>&1 >/dev/null |
		sed -nE "s|^$1/||; s/:[0-9]+:[0-9]+: (warning|error)/: \1/p" | sort
	for object in "${objects[@]}"; do [ -e "$out/$object" ] || echo "$object was not compiled"; done
}

echo "KTAP version 1"
count=0 bad=0
report() { # report STATUS WHAT
	local verdict=ok
	[ "$1" = 0 ] || { verdict='not ok' && bad=1 && echo "# see $log.*"; }
	echo "$verdict $((++count)) $2"
}
for flavour in rt no-btf-modules no-jit no-modules i386; do
	log=$LOGS/configs-$flavour status=0
	kdir=$(FLAVOUR=$flavour "$REPO/scripts/kernel.sh" 2> >(tee "$log.err" >&2)) || status=1
	report $status "$flavour builds"
	if [ $status != 0 ] || [ $flavour = i386 ]; then continue; fi
	step "$flavour: booting"
	boot $flavour "$kdir" >"$log.ktap" 2>"$log.err" || status=1
	report $status "$flavour boots$(sed -n 's/^# Summary:/ #/p' "$log.ktap")"
done
log=$LOGS/configs-lint status=0
step "W=1"
lint "$base" >"$log.base" 2>"$log.err"
lint "$tree" >"$log.ours" 2>>"$log.err"
comm -13 "$log.base" "$log.ours" | tee "$log.new" | sed 's/^/# /'
[ ! -s "$log.new" ] || status=1
report $status "W=1 says nothing new # of $(wc -l <"$log.base") lines"
echo "1..$count"
[ "$bad" = 0 ]
