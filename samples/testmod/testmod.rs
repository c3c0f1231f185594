// SPDX-License-Identifier: GPL-2.0

//! Struct_ops types of the kernel's BPF selftests, in Rust.
//!
//! Replaces what is about struct_ops in `tools/testing/selftests/bpf/test_kmods/bpf_testmod.c`. When a
//! program for the type `bpf_testmod_ops` is attached, the module calls it and prints what it
//! returned.

#![deny(unsafe_code)]

mod ops3;
mod st_ops;
#[path = "../../tests/kselftest/sysfs_file.rs"]
mod sysfs_file;

use kernel::prelude::*;
use ops3::TestmodOps3;
use st_ops::{
    TestmodMultiStOps,
    TestmodStOps, //
};
use struct_ops::prelude::*;
use sysfs_file::TestFile;

module! {
    type: Testmod,
    name: "bpf_testmod",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops type for tests, in Rust",
    license: "GPL",
}

/// A member that the registry cannot fill.
#[c_struct]
pub struct TestmodUnsupported {
    a: i32,
    b: i32,
}

/// What a program may implement: anything, or nothing.
#[struct_ops(name = "bpf_testmod_ops")]
pub struct TestmodOps {
    /// Called when the program is attached.
    #[optional]
    test_1: fn() -> i32,
    /// Called with 4 and `data` when the program is attached.
    #[optional]
    test_2: fn(a: i32, b: i32),
    /// Tests nullable arguments.
    #[optional]
    test_maybe_null: fn(dummy: i32, task: Option<&Task>) -> i32,
    /// No program may implement this.
    #[unsupported]
    unsupported_ops: fn() -> i32,
    /// Tests owned arguments.
    #[optional]
    test_refcounted: fn(dummy: i32, task: ARef<Task>) -> i32,
    /// Tests an owned argument that is not the first pointer.
    #[optional]
    test_refcounted_multi: fn(dummy: i32, task: Option<&Task>, task2: ARef<Task>) -> i32,
    /// Tests returning an owned pointer.
    #[optional]
    test_return_ref_kptr: fn(dummy: i32, task: ARef<Task>, cgrp: &Cgroup) -> Option<ARef<Task>>,

    /// Tests the values that user space sees.
    #[private]
    onebyte: c_char,
    /// The same, for a struct.
    #[private]
    unsupported: TestmodUnsupported,
    /// Passed to `test_2`.
    data: i32,

    // Forty more: their trampolines need several pages.
    /// Not called.
    #[optional]
    tramp_1: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_2: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_3: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_4: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_5: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_6: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_7: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_8: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_9: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_10: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_11: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_12: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_13: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_14: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_15: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_16: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_17: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_18: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_19: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_20: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_21: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_22: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_23: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_24: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_25: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_26: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_27: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_28: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_29: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_30: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_31: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_32: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_33: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_34: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_35: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_36: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_37: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_38: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_39: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_40: fn(value: i32) -> i32,
}

impl StructOpsType for TestmodOps {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        let data = ops.data();
        pr_info!("data = {}\n", data);
        if let Some(ret) = ops.test_1() {
            pr_info!("test_1() = {}\n", ret);
        }
        if ops.test_2(4, data).is_some() {
            pr_info!("test_2(4, {})\n", data);
        }
        if let Some(ret) = ops.test_maybe_null(data, None) {
            pr_info!("test_maybe_null({}, NULL) = {}\n", data, ret);
        }
        ops.attach()
    }
}

/// A second type of the module.
#[struct_ops(name = "bpf_testmod_ops2")]
pub struct TestmodOps2 {
    /// Called when the program is attached.
    test_1: fn() -> i32,
}

impl StructOpsType for TestmodOps2 {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        ops.test_1();
        ops.attach()
    }
}

#[pin_data]
struct Testmod {
    #[pin]
    _file: TestFile,
    #[pin]
    _ops: Registration<TestmodOps>,
    #[pin]
    _ops2: Registration<TestmodOps2>,
    #[pin]
    _ops3: Registration<TestmodOps3>,
    #[pin]
    _st_ops: Registration<TestmodStOps>,
    #[pin]
    _multi_st_ops: Registration<TestmodMultiStOps>,
}

impl kernel::InPlaceModule for Testmod {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { register_kfuncs()? },
            _file <- TestFile::new(),
            _ops <- register_struct_ops!(TestmodOps),
            _ops2 <- register_struct_ops!(TestmodOps2),
            _ops3 <- register_struct_ops!(TestmodOps3),
            _st_ops <- register_struct_ops!(TestmodStOps),
            _multi_st_ops <- register_struct_ops!(TestmodMultiStOps),
        })
    }
}
