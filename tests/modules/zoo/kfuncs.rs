// SPDX-License-Identifier: GPL-2.0

//! What kfuncs take and return.

use super::ZooMood;
use kernel::{
    cred::Credential,
    current,
    fs::LocalFile,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        }, //
    }, //
};
use struct_ops::{
    prelude::*,
    BufSize,
    CEnum,
    Lent,
    SharedArray, //
};

/// What programs only carry around.
#[c_struct(opaque, name = "zoo_pass")]
pub struct ZooTicket {
    price: Option<u32>,
    stamps: SharedArray<8>,
}

impl ZooTicket {
    /// Without stamps.
    pub const fn new(price: u32) -> Self {
        Self {
            price: Some(price),
            stamps: SharedArray::new([0; 8]),
        }
    }
}

/// For as many as somebody likes.
static SEASON: ZooTicket = ZooTicket::new(60);

/// A ticket that is there as long as the module.
#[kfunc(syscall)]
fn zoo_season() -> Option<&'static ZooTicket> {
    Some(&SEASON)
}

/// What a ticket has cost.
#[kfunc(only(super::ZooOps), syscall)]
fn zoo_price(ticket: &ZooTicket) -> u32 {
    ticket.price.unwrap_or(0)
}

/// The stamps on a ticket, from the one numbered `first` on.
#[kfunc(only(super::ZooOps), syscall)]
fn zoo_stamps<'a>(ticket: &'a ZooTicket, first: u32, size: &'a BufSize) -> Option<Lent<'a>> {
    size.lend(ticket.stamps.from_offset(first as usize)?)
}

/// 1 if the visitor is the one who runs.
#[kfunc(only(super::ZooOps))]
fn zoo_is_current(visitor: Option<&Task>) -> u32 {
    visitor.map_or(2, |visitor| u32::from(visitor.pid() == current!().pid()))
}

/// Adds the bytes, and writes the sum over the last.
#[kfunc(syscall)]
fn zoo_sum(bytes: &SharedBytes, start: u32) -> u32 {
    let mut sum = start;
    for at in 0..bytes.size() {
        let mut byte = [0];
        if bytes.read(at, &mut byte).is_ok() {
            sum = sum.wrapping_add(u32::from(byte[0]));
        }
    }
    match bytes.write(bytes.size().wrapping_sub(1), &[sum as u8]) {
        Ok(()) => sum,
        Err(_) => 1000,
    }
}

/// The number of a mood. With another number this is not called.
#[kfunc(syscall)]
fn zoo_number(mood: ZooMood) -> i32 {
    mood.number() as i32
}

/// Who opened the file `fd` of the current task. The program has to give it back.
#[kfunc(syscall)]
fn zoo_owner(fd: u32) -> Option<ARef<Credential>> {
    let file = LocalFile::fget(fd).ok()?;
    Some(file.cred().into())
}

/// Takes that back.
#[kfunc(syscall)]
fn zoo_owner_put(owner: ARef<Credential>) {
    drop(owner);
}

static RINGS: Atomic<u32> = Atomic::new(0);

/// Rings a bell.
#[kfunc(kprobe)]
fn zoo_ring() {
    RINGS.fetch_add(1, Relaxed);
}

/// How often has it rung?
#[kfunc(syscall)]
fn zoo_rings() -> u32 {
    RINGS.load(Relaxed)
}
