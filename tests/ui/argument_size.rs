// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Request {
    sectors: [u64; 3],
}

// What is wrong stands below the line: BPF passes structs of up to 16 bytes by value.
#[struct_ops]
struct Ops {
    decide: fn(request: Request) -> i32, //~ evaluation of constant value failed
}
