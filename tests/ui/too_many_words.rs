// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Pair {
    a: u64,
    b: u64,
}

#[struct_ops]
#[rustfmt::skip]
struct Ops {
    decide: fn(a: Pair, b: Pair, c: Pair, d: Pair, e: Pair, f: Pair, g: u64) -> i32, //~ BPF passes at most 12 arguments, and a struct of more than 8 bytes is two
}
