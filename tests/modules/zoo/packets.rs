// SPDX-License-Identifier: GPL-2.0

//! Packets that programs own, as queueing disciplines do.

use struct_ops::{
    prelude::*,
    SkBuff, //
};

/// A line in which packets wait.
#[struct_ops(slot = LINE)]
pub struct ZooLineOps {
    /// Gets the packet.
    enqueue: fn(packet: ARef<SkBuff>) -> i32,
    /// Gives up a packet, if it has one.
    dequeue: fn() -> Option<ARef<SkBuff>>,
}

static LINE: Exclusive<ZooLineOps> = Exclusive::new();

impl StructOpsType for ZooLineOps {}

/// Drops a packet; returns 7.
#[kfunc(only(ZooLineOps))]
fn zoo_drop(packet: ARef<SkBuff>) -> u32 {
    drop(packet);
    7
}

/// Has a packet wait; returns what the program says, plus 1 if it gives up one afterwards.
#[kfunc(syscall)]
fn zoo_wait(size: u32) -> i32 {
    let wait = |packet| {
        LINE.with(|ops| {
            ops.enqueue(packet)
                .wrapping_add(ops.dequeue().is_some().into())
        })
    };
    match SkBuff::new(size) {
        Ok(packet) => wait(packet).unwrap_or(0),
        Err(error) => error.to_errno(),
    }
}
