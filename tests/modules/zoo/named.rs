// SPDX-License-Identifier: GPL-2.0

//! A registry by unique name, as congestion controls have one.

use struct_ops::prelude::*;

/// What is found by its name.
#[struct_ops(slot = NAMED)]
pub struct ZooNamedOps {
    /// Nobody else has it.
    name: Name<8>,
    /// Says a number.
    say: fn() -> u32,
}

static NAMED: Many<ZooNamedOps, 4, Counted> = Many::unique(|one, two| one.name() == two.name());

impl StructOpsType for ZooNamedOps {}

/// What the one called `leo` says, or 0 if there is none.
#[kfunc(syscall)]
fn zoo_leo_says() -> u32 {
    let leo = NAMED.get(|ops| ops.name() == c"leo");
    leo.map_or(0, |leo| leo.say())
}
