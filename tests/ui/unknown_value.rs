// SPDX-License-Identifier: GPL-2.0

struct Request {
    bytes: u64,
}

#[struct_ops]
struct Ops {
    decide: fn(request: Request) -> i32, //~ a callback cannot take `Request`
}

impl StructOpsType for Ops {}
