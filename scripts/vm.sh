#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh KDIR CMD...: boots the kernel built in KDIR, runs CMD in it and exits with CMD's status.
# Runs inside the build root, which is also what the guest sees as its root file system: read-only,
# under a tmpfs overlay, so that every path is the same in the guest.
#
# CMD's output is ours. A splat in the kernel's log is a failure whatever CMD said, and so is a guest
# that panics or is not done after VM_TIMEOUT seconds (600). The log of a failure is kept under a name
# of its own, or in VM_CONSOLE if that is set. VM_APPEND is for the kernel's command line, and VM_ARGS for QEMU's;
# VM_CPUS=2 is how many processors there are.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

[ $# -ge 2 ] || die "usage: vm.sh KDIR CMD..."
kdir=$1
shift
# no_timer_check: on a busy host the emulated timer may be late, and the kernel would panic ("IO-APIC +
# timer doesn't work!"). It does not look either when it knows that it runs under a hypervisor.
#
# no5lvl: KASAN asks the features of the CPU where addresses begin (KASAN_SHADOW_START), and Linux 7.3 clears
# them for a moment with interrupts on (identify_cpu() in arch/x86/kernel/cpu/common.c). An interrupt in it
# was a "wild-memory-access" with five levels of page tables. With four there is nothing to ask.
#
# tsc=nowatchdog: until there is a clocksource but jiffies, Linux 7.3 can hang for good in the one that
# watches the TSC. It waits for the other CPU with a time limit read from jiffies, and with interrupts
# off (watchdog_wait_seq() in kernel/time/clocksource.c); that CPU may wait for watchdog_lock meanwhile.
case ${ARCH:-} in
arm64)
	image=$kdir/arch/arm64/boot/Image tty=ttyAMA0 guest=/guest
	machine=(qemu-system-aarch64 -M 'virt,gic-version=3')
	;;
*)
	image=$kdir/arch/x86/boot/bzImage tty='ttyS0 no_timer_check no5lvl tsc=nowatchdog' guest=/
	machine=(qemu-system-x86_64 -M q35)
	;;
esac
[ -e "$image" ] || die "$image is missing: build the kernel, or give another KDIR"
# A kernel of a distribution has its file systems as modules (see kdir-debian.sh).
initramfs=()
[ ! -e "$kdir/initramfs" ] || initramfs=(-initrd "$kdir/initramfs")
run=$(mktemp -d "$CACHE/run.XXXXXX")
console=${VM_CONSOLE:-$run/console}
trap 'rm -rf "$run"' EXIT

# boot ACCEL TIMEOUT: the guest's second serial port is our standard output.
boot() {
	local cpu=max args
	[ "$1" != kvm ] || cpu=host
	read -ra args <<<"${VM_ARGS:-}"
	timeout --foreground --kill-after=5 "$2" "${machine[@]}" -accel "$1" -cpu "$cpu" \
		-m 2G -smp "${VM_CPUS:-2}" "${args[@]}" -nodefaults -no-reboot -display none ${VM_ICOUNT:+-icount shift=0,sleep=off} \
		-fsdev local,id=root,path="$guest",security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=root,mount_tag=root \
		-serial file:"$console" -serial stdio -kernel "$image" "${initramfs[@]}" -append "console=$tty loglevel=7 \
			root=root rootfstype=9p rootflags=trans=virtio,version=9p2000.L,msize=512000,cache=loose ro \
			panic=-1 oops=panic ${VM_APPEND:-} init=$REPO/scripts/guest-init.sh -- $run" </dev/null
}

# /dev/kvm may open and still not run a guest, so one has to boot to be believed.
accel=tcg,thread=multi
if [ -n "${VM_ICOUNT:-}" ]; then
	accel=tcg,thread=single
elif [ -z "${ARCH:-}" ] && [ -w /dev/kvm ]; then
	verdict=$CACHE/accel-$(key /proc/sys/kernel/random/boot_id "$image")
	if [ ! -e "$verdict" ]; then
		echo true >"$run/cmd"
		if boot kvm 20 2>"$run/qemu" | grep -q '^@exit 0'; then
			echo kvm >"$verdict"
		else
			step "guest: /dev/kvm runs no guest here, so QEMU emulates the processor"
			echo "$accel" >"$verdict"
		fi
	fi
	accel=$(cat "$verdict")
fi

printf '%q ' "$@" >"$run/cmd"
boot "$accel" "${VM_TIMEOUT:-600}" 2>"$run/qemu" | sed -u 's/\r$//' | tee "$run/out" | sed -u '/^@exit /d' || true

fail() {
	if [ -z "${VM_CONSOLE:-}" ]; then
		console=$LOGS/console-$(basename "$kdir")-${run##*.}.log
		mv "$run/console" "$console"
	fi
	sed 's/^/# /' "$run/qemu" >&2
	echo "# the end of the kernel's log:" >&2
	tail -n 40 "$console" | tr -d '\r' | sed 's/^/# /' >&2
	die "$1; the kernel's whole log is $console"
}
status=$(sed -n 's/^@exit //p' "$run/out" | tail -n 1)
[ -n "$status" ] || fail "the guest stopped or hung before the command was done"
splats='BUG:|WARNING:|KASAN|UBSAN|Oops|possible circular locking|possible recursive locking|suspicious RCU|CFI failure|unreferenced object|Kernel panic|refcount_t:|INFO: task .* blocked'
if grep -nE "$splats" "$console" >"$run/splats"; then
	head -n 5 "$run/splats" | sed 's/^/# /' >&2
	fail "the kernel complained"
fi
exit "$status"
