// SPDX-License-Identifier: GPL-2.0

#[struct_ops(slot = NAMED)]
struct NamedOps {
    name: Name<8>,
}

static NAMED: Many<NamedOps, 4> = Many::new();

impl StructOpsType for NamedOps {}

pub fn keep() -> bool {
    NAMED.get(|ops| ops.name() == c"leo").is_some() //~ no method named `get`
}
