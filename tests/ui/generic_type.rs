// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
#[rustfmt::skip]
struct Ops<T> { //~ cannot be generic
    decide: fn(value: T) -> i32,
}
