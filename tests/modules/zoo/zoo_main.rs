// SPDX-License-Identifier: GPL-2.0

//! One member, argument and result of each kind that struct_ops types have.

#![deny(unsafe_code)]

mod in_tree;
#[path = "kernel.rs"]
mod kernel_types;
mod kfuncs;
mod named;
mod packets;
mod tcp;

use kernel::{
    cpu::CpuId,
    cpumask::{
        Cpumask,
        CpumaskVar, //
    },
    cred::Credential,
    current,
    fs::LocalFile,
    mm::Mm,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};
use kfuncs::ZooTicket;
use struct_ops::{
    code::{
        Alu,
        R0, //
    },
    prelude::*,
    private,
    CEnum, //
};

module! {
    type: Zoo,
    name: "zoo",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops types of all kinds",
    license: "GPL",
}

/// A type whose programs choose what they implement.
#[struct_ops(slot = ZOO)]
pub struct ZooOps {
    /// A program has to implement one of these.
    #[optional]
    ask: fn(number: u32) -> u32,
    /// Gets the number.
    #[optional]
    tell: fn(number: u32),
    /// Any number but 0 is true.
    #[optional]
    agree: fn(number: u32) -> bool,
    /// The same behind an alias, and the program's number plus one.
    #[optional]
    #[epilogue(one_more)]
    disagree: fn(number: u32) -> Verdict,
    /// What the pointers point to is constant in C, too.
    #[optional]
    look: fn(cage: Const<&ZooCage>, keeper: Const<Option<&Task>>) -> u32,
    /// Programs give back one of the addresses.
    #[optional]
    carry: fn(
        sign: Const<Address<Char>>,
        load: Address<()>,
        counter: Address<i32>,
        way: Address<Address<ZooCage>>,
    ) -> u64,
    /// For C code of the kernel.
    list: private::ListHead,
    /// The same.
    lock: private::SpinLock,
    /// Set by the kernel.
    owner: ModulePtr,
    /// The same.
    state: Address<()>,
    /// How often a program was asked.
    asked: Atomic<u32>,
    /// Zero.
    #[private]
    key: u32,
    /// Set by user space.
    #[default(LIMIT + 1)]
    id: u32,
    /// The same.
    #[default(ZooTemper::Even)]
    temper: ZooTemper,
    /// Set by user space, to one of these.
    mood: ZooMood,
    /// Tells its mood after an event.
    #[optional]
    feel: fn(event: ZooEvent) -> Option<ZooMood>,
    /// Programs know nothing of a ticket, and ask the module.
    #[optional]
    admit: fn(ticket: &ZooTicket, visitor: Option<&Task>) -> u32,
    /// A context that programs write to.
    #[optional]
    brew: fn(pot: &Shared<ZooPot>) -> i32,
    /// A pot in the arena of the program.
    #[optional]
    pour: fn(pot: Arena<ZooPot>) -> u32,
    /// Structs that the `kernel` crate wraps.
    #[optional]
    inspect: fn(mm: &Mm, owner: &Credential, cpus: &Cpumask) -> u32,
}

/// What a program is told of a pot, and what it says.
#[c_struct]
pub struct ZooPot {
    #[writable]
    tea: u32,
    size: u32,
    #[writable]
    label: ZooLabel,
}

/// What is written on a pot.
#[c_union]
pub union ZooLabel {
    /// Or a number.
    number: u32,
    letters: [u8; 4],
}

/// Has the program brew tea, and returns how much, or 0 if it has not changed the label.
#[kfunc(syscall)]
fn zoo_brew(size: u32) -> u32 {
    let label = ZooLabel::with_letters(*b"abcd");
    let pot = Shared::new(ZooPot {
        tea: 0,
        size,
        label,
    });
    ZOO.with(|ops| ops.brew(&pot));
    let ZooPot { tea, label, .. } = pot.into_inner();
    if label.number() == u32::from_ne_bytes(*b"abxd") {
        tea
    } else {
        0
    }
}

/// Has the program pour from a pot of the caller.
#[kfunc(syscall)]
fn zoo_pour(pot: Arena<ZooPot>) -> u32 {
    ZOO.with(|ops| ops.pour(pot)).flatten().unwrap_or(0)
}

/// Has the program admit somebody.
#[kfunc(syscall)]
fn zoo_admit(price: u32) -> u32 {
    let ticket = ZooTicket::new(price);
    let visitor: &Task = current!();
    ZOO.with(|ops| ops.admit(&ticket, Some(visitor)))
        .flatten()
        .unwrap_or(0)
}

/// Has the program inspect the current task's memory, who opened its file `fd`, and CPU 1.
#[kfunc(syscall)]
fn zoo_inspect(fd: u32) -> u32 {
    let inspect = || -> Option<u32> {
        let task = current!();
        let file = LocalFile::fget(fd).ok()?;
        let mut cpus = CpumaskVar::new_zero(GFP_ATOMIC).ok()?;
        cpus.set(CpuId::from_u32(1)?);
        ZOO.with(|ops| ops.inspect(task.mm()?, file.cred(), &cpus))?
    };
    inspect().unwrap_or(0)
}

/// An enum of the module's own.
#[c_enum]
pub enum ZooMood {
    /// If user space says nothing.
    Calm,
    /// A number that the next one counts on from.
    Wild = 7,
    /// 8.
    Asleep,
    /// Configured out.
    #[cfg(CONFIG_THAT_NOBODY_HAS)]
    Gone,
    /// Below 0.
    Dead = -1,
}

/// An enum that 0 is no value of.
#[c_enum]
pub enum ZooTemper {
    /// The default.
    Even = 1,
    /// Another.
    Short = 2,
}

/// For a default.
const LIMIT: u32 = 40;

/// Some of the values of an enum of the kernel.
#[c_enum(kernel = "net/tcp.h", name = "tcp_ca_event", prefix = "CA_EVENT_")]
pub enum ZooEvent {
    /// 0.
    TxStart,
    /// 2.
    CompleteCwr = 2,
}

/// What programs look at.
#[c_struct]
pub struct ZooCage {
    number: u32,
    /// Programs follow these as far as there is something.
    next: Address<ZooCage>,
    keeper: Const<Address<Task>>,
    nowhere: Address<Task>,
}

type Verdict = bool;

static ONE_MORE: Epilogue<(u32,), Verdict> = Epilogue::begin().alu(Alu::Add, R0, 1).finish();

/// For all programs but those that are called so.
fn one_more(program: &Prog) -> Option<&'static Epilogue<(u32,), Verdict>> {
    (program.name().to_bytes() != b"prog_as_it_is").then_some(&ONE_MORE)
}

static ZOO: Exclusive<ZooOps> = Exclusive::new();

impl StructOpsType for ZooOps {
    fn validate(ops: &Self) -> Result {
        let any = ops.has_ask()
            || ops.has_tell()
            || ops.has_agree()
            || ops.has_disagree()
            || ops.has_look()
            || ops.has_carry()
            || ops.has_feel()
            || ops.has_admit()
            || ops.has_brew()
            || ops.has_pour()
            || ops.has_inspect();
        if any {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }

    fn reg(ops: Attachment<'_, Self>) -> Result {
        if ops.has_link() && ops.id() == LINKLESS {
            return Err(EACCES);
        }
        ops.attach()
    }
}

/// The id of tables that have no link.
const LINKLESS: u32 = 90;

/// Which of the optional callbacks are there: a bit for each.
#[kfunc(syscall)]
fn zoo_present() -> u32 {
    ZOO.with(|ops| u32::from(ops.has_ask()) | u32::from(ops.has_tell()) << 1)
        .unwrap_or(0)
}

/// Asks, and counts that; returns how often this table was asked.
#[kfunc(syscall)]
fn zoo_ask(number: u32) -> u32 {
    ZOO.with(|ops| {
        ops.ask(number);
        ops.asked().fetch_add(1, Relaxed).wrapping_add(1)
    })
    .unwrap_or(0)
}

/// Returns the number of what the program feels after `TxStart`, times ten, plus the same after
/// `CompleteCwr`; 9 is none of the numbers.
#[kfunc(syscall)]
fn zoo_feel() -> i32 {
    let number = |mood: Option<Option<ZooMood>>| match mood.flatten() {
        None => 9,
        Some(mood) => mood.number() as i32,
    };
    ZOO.with(|ops| {
        number(ops.feel(ZooEvent::TxStart)) * 10 + number(ops.feel(ZooEvent::CompleteCwr))
    })
    .unwrap_or(0)
}

/// The id of the table, and the number of its temper.
#[kfunc(syscall)]
fn zoo_id() -> u32 {
    ZOO.with(|ops| {
        ops.id()
            .wrapping_mul(10)
            .wrapping_add(ops.temper().number())
    })
    .unwrap_or(0)
}

/// The number of the table's mood.
#[kfunc(syscall)]
fn zoo_mood() -> i32 {
    ZOO.with(|ops| ops.mood().number() as i32).unwrap_or(99)
}

/// Does the program agree?
#[kfunc(syscall)]
fn zoo_agree(number: u32) -> bool {
    ZOO.with(|ops| ops.agree(number) == Some(true) || ops.disagree(number) == Some(true))
        .unwrap_or(false)
}

/// Adds what the program says without a keeper, and with one.
#[kfunc(syscall)]
fn zoo_look(number: u32) -> u32 {
    let keeper: &Task = current!();
    let next = ZooCage {
        number: number.wrapping_mul(1000),
        next: Address::NULL,
        keeper: Const(Address::NULL),
        nowhere: Address::NULL,
    };
    let cage = &ZooCage {
        number,
        next: Address::of(&next),
        keeper: Const(Address::of(keeper)),
        // An address that no task has.
        nowhere: Address::at(usize::MAX / 2 + 2),
    };
    ZOO.with(|ops| {
        let (alone, kept) = (Const(None), Const(Some(keeper)));
        let alone = ops.look(Const(cage), alone)?;
        Some(ops.look(Const(cage), kept)?.wrapping_add(alone))
    })
    .flatten()
    .unwrap_or(0)
}

/// Which address does the program give back? Counted from 1; 0 if it is none of them.
#[kfunc(syscall)]
fn zoo_carry() -> usize {
    let (sign, load, counter) = (c"sign", &0u64, &0i32);
    let way = Address::<ZooCage>::NULL;
    let addresses = [
        Address::<()>::of(sign),
        Address::of(load),
        Address::of(counter),
        Address::of(&way),
    ];
    let carried = ZOO.with(|ops| {
        ops.carry(
            Const(Address::of(sign)),
            Address::of(load),
            Address::of(counter),
            Address::of(&way),
        )
    });
    let carried = carried.flatten().unwrap_or(0);
    let found = addresses.iter().position(|a| a.number() as u64 == carried);
    found.map_or(0, |at| at + 1)
}

#[pin_data]
struct Zoo {
    #[pin]
    _ops: Registration<ZooOps>,
    #[pin]
    _named: Registration<named::ZooNamedOps>,
    #[pin]
    _line: Registration<packets::ZooLineOps>,
    #[pin]
    _suspend: Registration<kernel_types::PlatformSuspendOps>,
    #[pin]
    _tcp: Registration<tcp::ZooTcpOps>,
}

impl kernel::InPlaceModule for Zoo {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { register_kfuncs()? },
            _ops <- register_struct_ops!(ZooOps),
            _named <- register_struct_ops!(named::ZooNamedOps),
            _line <- register_struct_ops!(packets::ZooLineOps),
            _suspend <- register_struct_ops!(kernel_types::PlatformSuspendOps),
            _tcp <- register_struct_ops!(tcp::ZooTcpOps),
        })
    }
}
