#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The guest's init (see vm.sh): guest-init.sh DIR runs the command in DIR/cmd with its output on the
# second serial port, reports its status there, and powers off.

if [ $# = 1 ]; then
	export PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 HOME=/root
	mount -t tmpfs tmpfs /run
	mkdir /run/upper /run/work /run/root
	mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay /run/root
	mount -t devtmpfs devtmpfs /run/root/dev
	mount -t proc proc /run/root/proc
	mount -t sysfs sysfs /run/root/sys
	chmod 1777 /run/root/tmp
	mount -t bpf bpffs /run/root/sys/fs/bpf
	mount -t debugfs debugfs /run/root/sys/kernel/debug
	[ ! -d /run/root/sys/kernel/tracing ] || mount -t tracefs tracefs /run/root/sys/kernel/tracing
	# In a chroot nobody may make a user namespace.
	cd /run/root || exit
	mkdir -p mnt
	busybox pivot_root . mnt
	umount -l mnt
	exec "$0" "$1" in-root
fi

tty=/dev/ttyS
[ ! -e /dev/ttyAMA1 ] || tty=/dev/ttyAMA # arm64
stty -F "${tty}1" raw -echo
exec >"${tty}1" 2>&1 </dev/null
bash -c "$(cat "$1/cmd")"
status=$?
leaks=/sys/kernel/debug/kmemleak
if [ -w $leaks ]; then
	# An object is reported when it is old enough and two scans missed it.
	for _ in 1 2; do
		sleep 5
		echo scan >$leaks
	done
	# What the boot itself has lost is not ours: swapper is the task that ran before init.
	awk '/^unreferenced object/ { if (ours) printf "%s", record; record = ""; ours = 1 }
		/comm "swapper/ { ours = 0 }
		{ record = record $0 "\n" }
		END { if (ours) printf "%s", record }' $leaks >"${tty}0"
fi
echo "@exit $status"
busybox poweroff -f
