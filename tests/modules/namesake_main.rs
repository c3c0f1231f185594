// SPDX-License-Identifier: GPL-2.0

//! A module whose type has the name of the sample's, and another layout.
//!
//! Both modules can be loaded at once: a type belongs to the BTF of its module.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::prelude::*;

module! {
    type: Namesake,
    name: "namesake",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops type with the name of another module's",
    license: "GPL",
}

/// Not the `bpf_testmod_ops` of `samples/testmod`.
#[struct_ops(name = "bpf_testmod_ops", slot = HOLDER)]
pub struct NamesakeOps {
    /// Not used.
    data: i32,
    /// Called when the program is attached.
    #[optional]
    test_1: fn() -> i32,
}

static HOLDER: Exclusive<NamesakeOps> = Exclusive::new();

impl StructOpsType for NamesakeOps {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        pr_info!("reg: test_1() = {}\n", ops.test_1().unwrap_or(0));
        ops.attach()
    }

    fn update(new: Attachment<'_, Self>, _old: &Ops<Self>) -> Result {
        pr_info!("update: test_1() = {}\n", new.test_1().unwrap_or(0));
        new.attach()
    }
}

#[pin_data]
struct Namesake {
    #[pin]
    _ops: Registration<NamesakeOps>,
}

impl kernel::InPlaceModule for Namesake {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _ops <- register_struct_ops!(NamesakeOps),
        })
    }
}
