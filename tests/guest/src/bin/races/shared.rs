// SPDX-License-Identifier: GPL-2.0

//! What the threads share: objects that they take away from each other, and the counts.

use std::os::fd::OwnedFd;
use std::sync::atomic::{
    AtomicBool,
    Ordering, //
};
use std::sync::{
    Arc,
    Mutex, //
};
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

use anyhow::Result;
use guest_tests::random::Random;
use guest_tests::stress::Kind;
use guest_tests::tally::Tally;
use rustix::io::Errno;

/// How many objects of each sort there are for each type.
const PLACES: usize = 6;

/// What is done, and what may come of it when others do the rest.
#[derive(Clone, Copy)]
pub struct Operation {
    pub name: &'static str,
    /// So many have to succeed, or it was no race.
    pub least: u64,
    /// The errors that it may meet.
    pub errors: &'static [&'static str],
}

macro_rules! operations {
    ($($name:ident: $what:literal, $least:literal, [$($error:literal),*];)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy)]
        pub enum Op { $($name),* }

        pub const OPERATIONS: &[Operation] = &[$(Operation {
            name: $what,
            least: $least,
            errors: &[$($error),*],
        }),*];
    };
}

// EINVAL: to create a map of a module that goes; to update one with a program for an earlier
// registration; to attach one without a program. ENOTSUPP: a type that is not registered. EBUSY: a map
// that has its program, or is attached. ENOSPC: a slot that is full. ENOLINK: a link that is detached. To
// call: ENOENT and ENODEV without the module, ENXIO without a program.
operations! {
    Register: "register", 100, ["EEXIST"];
    Unregister: "unregister", 100, [];
    Load: "load a program", 1000, ["ENOTSUPP"];
    Create: "create a map", 1000, ["EINVAL", "ENOTSUPP"];
    Update: "update a map", 500, ["EBUSY", "EINVAL"];
    Free: "free a map", 1000, [];
    Link: "create a link", 500, ["EBUSY", "EINVAL", "ENOSPC"];
    UpdateLink: "update a link", 200, ["EBUSY", "EINVAL", "ENOLINK"];
    Detach: "detach a link", 200, [];
    Close: "close a link", 200, [];
    Call: "call", 1000, ["ENOENT", "ENODEV", "ENXIO"];
    Remove: "rmmod", 10, ["EAGAIN"];
    Insert: "insmod", 10, [];
}

/// A file descriptor that several threads may be using.
pub type Object = Arc<OwnedFd>;

/// Places for objects of one sort, of which any thread takes any.
#[derive(Default)]
pub struct Pool([Mutex<Option<Object>>; PLACES]);

impl Pool {
    fn place(&self, random: &mut Random) -> &Mutex<Option<Object>> {
        &self.0[random.below(PLACES as u64) as usize]
    }

    /// An object, to be used while others use it.
    pub fn get(&self, random: &mut Random) -> Option<Object> {
        self.place(random).lock().unwrap().clone()
    }

    /// Puts an object into the place of another, which is returned.
    pub fn put(&self, random: &mut Random, object: Option<OwnedFd>) -> Option<Object> {
        let object = object.map(Arc::new);
        std::mem::replace(&mut *self.place(random).lock().unwrap(), object)
    }

    /// Takes all objects.
    pub fn clear(&self) -> impl Iterator<Item = Object> + '_ {
        self.0
            .iter()
            .filter_map(|place| place.lock().unwrap().take())
    }
}

/// The objects of one type.
pub struct Objects {
    pub kind: Kind,
    pub programs: Pool,
    pub maps: Pool,
    pub links: Pool,
}

pub struct Shared {
    pub objects: [Objects; 2],
    /// That of the module, as of the last insmod.
    pub btf: Mutex<Object>,
    /// Nobody should make new users of the module.
    pub leaving: AtomicBool,
    /// The module is not loaded.
    pub absent: AtomicBool,
    stop: AtomicBool,
    tallies: [Mutex<Tally>; OPERATIONS.len()],
}

impl Shared {
    /// For a module that is loaded, with both types registered.
    pub fn new(btf: OwnedFd) -> Result<Self> {
        Ok(Self {
            objects: Kind::both()?.map(|kind| Objects {
                kind,
                programs: Pool::default(),
                maps: Pool::default(),
                links: Pool::default(),
            }),
            btf: Mutex::new(btf.into()),
            leaving: AtomicBool::new(false),
            absent: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            tallies: Default::default(),
        })
    }

    /// Counts an operation; returns what it gave.
    pub fn count<T>(&self, op: Op, result: Result<T, Errno>) -> Option<T> {
        self.tallies[op as usize].lock().unwrap().add(&result);
        result.ok()
    }

    /// Closes an object, which is an operation if nobody else is using it.
    pub fn close(&self, op: Op, object: Option<Object>) {
        if let Some(object) = object.and_then(Arc::into_inner) {
            drop(object);
            self.count(op, Ok(()));
        }
    }

    /// Closes all links and maps.
    pub fn clear(&self) {
        for objects in &self.objects {
            for link in objects.links.clear() {
                self.close(Op::Close, Some(link));
            }
            for map in objects.maps.clear() {
                self.close(Op::Free, Some(map));
            }
        }
    }

    /// What there is to be counted, with what was.
    pub fn tallies(&self) -> impl Iterator<Item = (&'static Operation, Tally)> + '_ {
        let tallies = self
            .tallies
            .iter()
            .map(|tally| tally.lock().unwrap().clone());
        OPERATIONS.iter().zip(tallies)
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Waits, but not when it is time to leave or to stop.
    pub fn pause(&self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time && !self.is_leaving() && !self.stopped() {
            thread::sleep(Duration::from_millis(2));
        }
    }
}
