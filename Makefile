# SPDX-License-Identifier: GPL-2.0
# `make help` lists what can be done here. The modules themselves are described in Kbuild.

MAKEFLAGS += --no-print-directory
# Flavours are those of the kernel that we build.
ifneq ($(origin FLAVOUR),undefined)
KERNEL ?= patched
endif
FLAVOUR ?= gcc
# The kernel's own variable for a build directory means the same here.
ifeq ($(origin O),command line)
KDIR ?= $(O)
endif
OUT ?= $(CURDIR)/out/$(if $(LLVM),llvm,gcc)
enter := scripts/enter.sh
export KERNEL RELEASE FLAVOUR V LLVM CLIPPY
ifdef KDIR
override KDIR := $(abspath $(KDIR))
export KDIR
endif

help:
	@echo 'For a machine with nothing but Debian (everything is built, nothing is installed):'
	@echo '  demo          from nothing to a BPF program called by a Rust module in a guest'
	@echo '  test          every test, on the host and in the guest; FLAVOUR=gcc, sanitize, kcsan or rt;'
	@echo '                S="faults races" runs only these suites'
	@echo '                Both take KERNEL=patched (with the series; the default of test) or stock'
	@echo '                (a binary kernel of Debian; the default of demo), RELEASE=<uname -r> for which,'
	@echo '                and with stock ARCH=arm64, which is cross-built and runs in an emulated machine'
	@echo '  kselftest     the kernel'"'"'s own struct_ops selftests, with its C module and with ours;'
	@echo '                TESTMOD=c or rust, T=<tests>, KTAP=1, BASE=1 or <tree>'
	@echo '  bench         what calls, maps and types cost, in instructions and bytes, next to the same in C;'
	@echo '                BASE=<file> prints what moved since then, BASE=<tree> is as below'
	@echo '  fuzz          calls of bpf(2) around struct_ops, chosen at random; what fails is shrunk to a few.'
	@echo '                SEED=<number>, SECS=600, FLAVOUR=gcc, sanitize or kcsan'
	@echo '  defects       what the series repairs, on the kernel without it and on ours, as a table;'
	@echo '                BASE=<tree> is the one without it, if it is built already'
	@echo '  users         the struct_ops types of the kernel itself, with the tests that it has for them,'
	@echo '                on the kernel without the series and on ours; S="hid sched_ext", BASE=<tree>'
	@echo '  tcp-ca        the kernel'"'"'s own test of congestion controls in BPF: with its C code on both'
	@echo '                kernels, and with samples/tcp_ca; BASE=<tree>, or PICTURE=<file.svg>'
	@echo '  patches-check the series applies, checkpatch and kernel-doc are content, and each patch'
	@echo '                alone builds, boots and passes; S=series is without the last, S=configs'
	@echo '                builds and boots other configurations'
	@echo '  kernel        only the kernel: source, series, configuration, build; prints its KDIR;'
	@echo '                BASE=1 without the series'
	@echo '  kdir-debian   a KDIR for a binary kernel of Debian, RELEASE=<uname -r>; none is built;'
	@echo '                ARCH=arm64 too'
	@echo '  shell         a shell in the build root'
	@echo '  demo, test and kselftest take KDIR=<tree> (or O=) to use a kernel that is already built.'
	@echo
	@echo 'To start a module of your own:'
	@echo '  new           a module that builds and loads, with a BPF program; NAME=doorbell DIR=<directory>'
	@echo
	@echo 'For a kernel developer with a built Linux 7.3 that has patches/ applied:'
	@echo '  modules       the sample modules, in OUT=$(OUT); needs KDIR=<tree>'
	@echo '                LLVM=1, CLIPPY=1 and V=1 mean what they mean to the kernel; ONLY=quota'
	@echo '                builds only this module'
	@echo '  headers       and beside each a C header with its types and kfuncs, for BPF programs'
	@echo '  clippy        the same with Clippy, in OUT/clippy; a warning is an error'
	@echo '  rustdoc       the documentation of the crate; needs KDIR=<tree> too'
	@echo '  rust-analyzer rust-project.json, by which an IDE finds its way; needs KDIR=<tree> too'
	@echo '  fmtcheck      is the Rust code formatted?'
	@echo '  clean         removes what the other verbs built in this directory'
	@echo
	@echo 'Everything that is slow to make is kept in $$STRUCT_OPS_CACHE'
	@echo '(~/.cache/rust-struct-ops), the logs in its logs/.'

modules:
	@scripts/check-kdir.sh
	@mkdir -p $(OUT)
	@$(MAKE) -C $(KDIR) M=$(CURDIR) MO=$(abspath $(OUT)) $(if $(ONLY),$(ONLY).ko,modules)

clippy:
	@$(MAKE) modules CLIPPY=1 KRUSTFLAGS=-Dwarnings STRUCT_OPS_RUST_ONLY=y OUT=$(OUT)/clippy

fmtcheck:
	@git ls-files -z '*.rs' | xargs -0 rustfmt --edition 2021 --check

rust-analyzer:
	@$(MAKE) modules STRUCT_OPS_RUST_ONLY=y
	@$(MAKE) -C $(KDIR) M=$(CURDIR) MO=$(abspath $(OUT)) rust-analyzer
	@scripts/rust-analyzer.py . $(OUT)
	@echo $(CURDIR)/rust-project.json

headers: modules
	@cargo build --quiet --release --locked --package struct-ops
	@for ko in $(OUT)/*.ko; do \
		"$${CARGO_TARGET_DIR:-target}/release/struct-ops" header $$ko --vmlinux $(KDIR)/vmlinux >$${ko%.ko}.h || exit; \
	done

rustdoc:
	@$(MAKE) modules STRUCT_OPS_RUST_ONLY=y STRUCT_OPS_DOC=y
	@echo $(OUT)/struct_ops/doc/struct_ops/index.html

demo test kselftest bench fuzz defects users tcp-ca patches-check:
	@scripts/$@.sh

kernel:
	@$(enter) scripts/kernel.sh

kdir-debian:
	@$(enter) scripts/kdir-debian.sh

shell:
	@$(enter) bash

new:
	@NAME='$(NAME)' DIR='$(DIR)' scripts/new.sh

clean:
	@rm -rf out target

.PHONY: help modules headers clippy fmtcheck rust-analyzer rustdoc demo test kselftest bench fuzz defects users tcp-ca \
	patches-check kernel kdir-debian shell new clean
