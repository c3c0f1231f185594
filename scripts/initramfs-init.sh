#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
#
# The first program of a guest whose kernel has its file systems as modules (see kdir-debian.sh):
# loads them, mounts the root file system as the kernel's command line says, and goes on there with
# what the command line names as init. Its arguments are passed on.
set -eu
bb=/bin/busybox
$bb mount -t proc proc /proc
while read -r ko; do
	$bb insmod "/modules/$ko"
done </modules/order
for word in $($bb cat /proc/cmdline); do
	case $word in
	root=*) root=${word#*=} ;;
	rootfstype=*) type=${word#*=} ;;
	rootflags=*) flags=${word#*=} ;;
	init=*) init=${word#*=} ;;
	esac
done
$bb mount -t "$type" -o "ro,$flags" "$root" /root
$bb umount /proc
exec $bb switch_root /root "$init" "$@"
