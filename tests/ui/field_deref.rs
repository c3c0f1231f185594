// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Inner {
    pad: u64,
    value: u32,
    more: u32,
}

impl core::ops::Deref for Inner {
    type Target = u32;
    fn deref(&self) -> &u32 {
        &self.value
    }
}

#[c_struct]
struct Outer {
    inner: Inner,
}

const FIELD: struct_ops::Field<Outer, u32> = field!(Outer, inner); //~ mismatched types
