// SPDX-License-Identifier: GPL-2.0

//! Definitions in the spellings that Rust has: what they mean to rustc they have to mean to BPF.

#![deny(unsafe_code)]

#[path = "spelling_namesakes.rs"]
mod namesakes;

use kernel::{
    current,
    prelude::*, //
};
use struct_ops::{
    prelude::*,
    Bool, //
};

module! {
    type: Spelling,
    name: "spelling",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops types, spelt in many ways",
    license: "GPL",
}

type Alias = Task;
type Maybe<'a> = Option<&'a Alias>;
type Wide = u64;
const LEN: usize = 2 + 1;

/// Has the name and the fields of a struct of the kernel, and is another.
#[c_struct]
pub struct WorkOffqData {
    pool_id: u32,
    disable: u32,
    flags: u32,
}

/// One of the fields is configured out.
#[c_struct]
pub struct SpellingPair {
    #[cfg(CONFIG_THAT_NOBODY_HAS)]
    gone: u64,
    #[writable]
    a: u32,
    #[cfg(CONFIG_BPF)]
    b: u32,
    #[writable]
    c: Bool,
}

/// Configured out as a whole.
#[cfg(CONFIG_THAT_NOBODY_HAS)]
#[struct_ops]
pub struct SpellingGoneOps {
    /// Not there.
    gone: fn(),
}

/// Aliases, conditions, and words of C: */ #error of Rust's documentation
#[struct_ops(slot = OPS)]
pub struct SpellingOps {
    /// Configured out, before members that are known by their place.
    #[cfg(CONFIG_THAT_NOBODY_HAS)]
    #[sleepable]
    gone: fn(task: &Alias) -> i32,
    /// Adds the numbers; one more with a task.
    #[optional]
    look: fn(task: &Alias, maybe: Maybe<'_>, count: Wide, r#type: u32) -> i32,
    /// May not ask for the time.
    #[cfg(CONFIG_BPF)]
    #[optional]
    #[deny(jiffies64)]
    r#match: fn(pair: &Shared<SpellingPair>, other: &WorkOffqData) -> i32,
    #[cfg(not(CONFIG_BPF))]
    r#match: fn(),
    /// As long as the constant says.
    lengths: [u16; LEN],
    /// A word of Rust.
    r#priv: u8,
}

static OPS: Exclusive<SpellingOps> = Exclusive::new();

impl StructOpsType for SpellingOps {
    fn validate(ops: &Self) -> Result {
        let sum: u64 = ops.lengths().iter().copied().map(u64::from).sum();
        if sum == u64::from(ops.r#priv()) {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

macro_rules! define {
    ($name:ident, $slot:ident, $member:ident: fn($argument:ident: $ty:ty), $limit:ident) => {
        /// Made by a macro.
        #[struct_ops(slot = $slot)]
        pub struct $name {
            /// A callback.
            $member: fn($argument: $ty) -> $ty,
            /// Values.
            $limit: [$ty; LEN],
        }

        static $slot: Exclusive<$name> = Exclusive::new();

        impl StructOpsType for $name {}
    };
}
define!(SpellingMadeOps, MADE, pick: fn(value: u64), limits);

/// Has the programs of all types called, and adds what they say.
#[kfunc(syscall)]
fn spelling_run(pair: &Shared<SpellingPair>, r#type: u32) -> u64 {
    let other = WorkOffqData {
        pool_id: 0,
        disable: 0,
        flags: 100,
    };
    let looked = OPS.with(|ops| {
        let (task, none) = (current!(), None);
        let look = |maybe| ops.look(task, maybe, 10, r#type).unwrap_or(0);
        let said = [
            look(none),
            look(Some(task)),
            ops.r#match(pair, &other).unwrap_or(0),
        ];
        said.into_iter().map(i64::from).sum::<i64>() as u64
    });
    let made = MADE.with(|ops| ops.pick(1 << 40).wrapping_add(ops.limits()[LEN - 1]));
    let changed = u64::from(pair.read(field!(SpellingPair, c)).get());
    pair.write(field!(SpellingPair, c), Bool::new(false));
    [
        looked.unwrap_or(0),
        made.unwrap_or(0),
        namesakes::run(),
        changed * 2000,
    ]
    .into_iter()
    .fold(0, u64::wrapping_add)
}

/// For one callback of a type in another Rust module.
#[kfunc(only(namesakes::SpellingOps::ask))]
fn spelling_for_namesake() -> u32 {
    7
}

/// For a callback behind one that is configured out.
#[kfunc(only(SpellingOps::r#match))]
fn spelling_for_match() -> u32 {
    8
}

/// Configured out.
#[cfg(CONFIG_THAT_NOBODY_HAS)]
#[kfunc(syscall)]
fn spelling_gone() {}

#[pin_data]
struct Spelling {
    #[pin]
    _ops: Registration<SpellingOps>,
    #[pin]
    _made: Registration<SpellingMadeOps>,
    #[pin]
    _namesake: Registration<namesakes::SpellingOps>,
}

impl kernel::InPlaceModule for Spelling {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { register_kfuncs()? },
            _ops <- register_struct_ops!(SpellingOps),
            _made <- register_struct_ops!(SpellingMadeOps),
            _namesake <- register_struct_ops!(namesakes::SpellingOps),
        })
    }
}
