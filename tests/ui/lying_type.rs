// SPDX-License-Identifier: GPL-2.0

use struct_ops::{CType, Spelling};

struct Liar;

// SAFETY: None: this is wrong.
unsafe impl CType for Liar {
    const C: Spelling = Spelling::builtin("u32 ");
    type Raw = u64;
    type Read<'a> = u64;
    unsafe fn read<'a>(raw: *const u64) -> Self::Read<'a> {
        // SAFETY: By the safety requirements of this function.
        unsafe { *raw }
    }
}

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
    limit: Liar, //~ C and Rust disagree about limit of struct ops
}

impl StructOpsType for Ops {}
