// SPDX-License-Identifier: GPL-2.0

mod first {
    #[super::c_struct]
    pub(super) struct Args {
        a: u64,
    }
}

mod second {
    #[super::c_struct]
    #[rustfmt::skip]
    pub(super) struct Args { //~ the module has struct args twice: here, and at ui_main.rs:5
        a: u64,
    }
}

#[struct_ops]
struct Ops {
    decide: fn(a: &first::Args, b: &second::Args) -> i32,
}

impl StructOpsType for Ops {}
