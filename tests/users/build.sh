#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh OUT: builds the tests that the kernel has for its own struct_ops types, from the source of
# KDIR: those in ./tests, sched_ext's, HID's, and binfmt_misc's. Runs inside the build root.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "$1")
selftests=tools/testing/selftests
TESTS=$here/tests PARTS="tools/sched_ext $selftests/sched_ext $selftests/hid $selftests/exec" \
	"$here/../kselftest/build.sh" "$out"

cd "$out/tree/$selftests"
export VMLINUX_BTF=$KDIR/vmlinux BPFTOOL=$out/tools/sbin/bpftool
headers=-I$out/o/usr/include
make=(env -u LLVM make -j"$(nproc)")
mkdir -p "$out"/{sched_ext,hid,exec}
"${make[@]}" -C sched_ext OUTPUT="$out/sched_ext" "$out/sched_ext/runner"
"${make[@]}" -C hid OUTPUT="$out/hid" KHDR_INCLUDES="$headers" "$out/hid/hid_bpf"
# Without the extension clang drops unnamed members of vmlinux.h, and offsets are wrong.
"${make[@]}" -C exec OUTPUT="$out/exec" KHDR_INCLUDES="$headers" HAVE_BPF_TOOLCHAIN=y LDLIBS= \
	BPF_CFLAGS="-I$out/exec -fms-extensions -Wno-microsoft-anon-tag" LIBBPF_CFLAGS="-I$out/tools/include" \
	LIBBPF_LDLIBS="$out/tools/build/libbpf/libbpf.a -lelf -lz -lzstd" \
	"$out"/exec/{binfmt_misc_bpf,binfmt_bpf_interp,binfmt_bpf_app,binfmt_bind_interp,binfmt_transparent_interp} \
	"$out"/exec/{binfmt_loader_payload,binfmt_loader_payload_static} \
	"$out"/exec/{bpf_interp,nix_origin,transparent,loader,interp_bind}.bpf.o
