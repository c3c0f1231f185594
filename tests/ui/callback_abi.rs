// SPDX-License-Identifier: GPL-2.0
// As one would write it with bindgen.

#[struct_ops]
struct Ops {
    call: extern "C" fn() -> i32, //~= write `fn(…)`: the ABI is always C's
}

impl StructOpsType for Ops {}
