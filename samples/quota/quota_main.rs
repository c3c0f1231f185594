// SPDX-License-Identifier: GPL-2.0

//! Pools of bytes, and BPF programs that decide who gets them.
//!
//! An open file of `/dev/quota` is a pool, for as long as it is open. Its users write one command at
//! a time: `limit BYTES`, `charge BYTES`, `release BYTES`, `refill` and `eject`. Reading it says how
//! the pool is. See `Documentation/quota.md`.

#![deny(unsafe_code)]

use kernel::{
    current,
    error::to_result,
    fs::{
        File,
        Kiocb, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*,
    str::CString,
    sync::atomic::{
        ordering::{
            Acquire,
            Relaxed,
            Release, //
        },
        Atomic, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use struct_ops::prelude::*;

module! {
    type: QuotaModule,
    name: "quota",
    authors: ["The struct_ops-in-Rust authors"],
    description: "Pools of bytes with a policy in BPF",
    license: "GPL",
}

/// The policy of one pool.
#[struct_ops(slot = POLICIES)]
pub struct QuotaOps {
    /// May `task` have `bytes`? Returns 0, or a negative `errno` that the task gets.
    #[clamp(EPROTO)]
    charge: fn(task: &Task, pool: u32, bytes: u64, ceiling: u64) -> i32,
    /// Returns how many bytes to add to the pool's limit.
    #[optional]
    #[sleepable]
    refill: fn(pool: u32) -> u64,
    /// The pool that this decides about.
    pool: u32,
    /// What `charge` is told.
    ceiling: u64,
}

static POLICIES: PerObject<QuotaOps, u32, Srcu> = PerObject::new(QuotaOps::pool);

impl StructOpsType for QuotaOps {}

/// How much of a pool is taken, in bytes; 0 if there is no such pool.
#[kfunc(struct_ops)]
fn quota_used(pool: u32) -> u64 {
    let account = ACCOUNTS.get(pool as usize);
    account.map_or(0, |account| account.used.load(Relaxed))
}

/// Waits for so many ms, at most 1000: a policy may refill a pool slowly.
#[kfunc(struct_ops, sleepable)]
fn quota_wait(msecs: u32) {
    fsleep(Delta::from_millis(msecs.min(1000).into()));
}

/// The numbers of a pool, where kfuncs find them.
struct Account {
    in_use: Atomic<bool>,
    limit: Atomic<u64>,
    used: Atomic<u64>,
}

static ACCOUNTS: [Account; 16] = [const {
    Account {
        in_use: Atomic::new(false),
        limit: Atomic::new(0),
        used: Atomic::new(0),
    }
}; 16];

impl Account {
    /// Changes what is used. `change` may be called several times.
    fn use_bytes(&self, change: impl Fn(u64) -> Result<u64>) -> Result {
        let mut used = self.used.load(Relaxed);
        loop {
            match self.used.cmpxchg(used, change(used)?, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => used = now,
            }
        }
    }

    fn take(&self, bytes: u64) -> Result {
        self.use_bytes(|used| {
            let sum = used.checked_add(bytes);
            sum.filter(|sum| *sum <= self.limit.load(Relaxed))
                .ok_or(ENOSPC)
        })
    }

    fn give_back(&self, bytes: u64) -> Result {
        self.use_bytes(|used| used.checked_sub(bytes).ok_or(EINVAL))
    }
}

/// An account that belongs to one pool.
struct OwnAccount {
    pool: u32,
    account: &'static Account,
}

impl OwnAccount {
    fn open() -> Result<Self> {
        let free = |account: &Account| account.in_use.cmpxchg(false, true, Acquire).is_ok();
        let (pool, account) = (0..).zip(&ACCOUNTS).find(|(_, a)| free(a)).ok_or(ENOSPC)?;
        Ok(Self { pool, account })
    }
}

impl Drop for OwnAccount {
    fn drop(&mut self) {
        self.account.limit.store(0, Relaxed);
        self.account.used.store(0, Relaxed);
        self.account.in_use.store(false, Release);
    }
}

/// An open file.
struct Pool {
    // Dropped first: the number may be given to another pool when the policy has gone.
    policy: ObjectSlot<QuotaOps, u32, Srcu>,
    own: OwnAccount,
}

impl Pool {
    /// Takes bytes if the policy allows it. Without one nobody gets anything.
    fn charge(&self, bytes: u64) -> Result {
        let result = self.policy.with(|ops| {
            to_result(ops.charge(current!(), self.own.pool, bytes, ops.ceiling()))?;
            // The limit holds whatever the policy says.
            self.own.account.take(bytes)
        });
        result.ok_or(ENODATA)?
    }

    /// Has the policy say how much there is to be had; sleeps as long as that does.
    fn refill(&self) -> Result {
        let more = self.policy.with(|ops| ops.refill(self.own.pool));
        let more = more.ok_or(ENODATA)?.ok_or(EOPNOTSUPP)?;
        self.own.account.limit.add(more, Relaxed);
        Ok(())
    }

    fn command(&self, line: &str) -> Result {
        let mut words = line.split_whitespace();
        let verb = words.next();
        let bytes = words.next().map(|word| word.parse().map_err(|_| EINVAL));
        match (verb, bytes.transpose()?, words.next()) {
            (Some("limit"), Some(limit), None) => {
                self.own.account.limit.store(limit, Relaxed);
                Ok(())
            }
            (Some("charge"), Some(bytes), None) => self.charge(bytes),
            (Some("release"), Some(bytes), None) => self.own.account.give_back(bytes),
            (Some("refill"), None, None) => self.refill(),
            (Some("eject"), None, None) => {
                self.policy.eject();
                Ok(())
            }
            _ => Err(EINVAL),
        }
    }
}

#[vtable]
impl MiscDevice for Pool {
    type Ptr = KBox<Self>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        let own = OwnAccount::open()?;
        let policy = POLICIES.object(own.pool)?;
        Ok(KBox::new(Self { policy, own }, GFP_KERNEL)?)
    }

    /// One write is one command; the error is its outcome.
    fn write_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut line = [0; 64];
        let len = iov.copy_from_iter(&mut line);
        if !iov.is_empty() {
            return Err(E2BIG);
        }
        let line = line.get(..len).unwrap_or(&[]);
        let line = core::str::from_utf8(line).map_err(|_| EINVAL)?;
        kiocb.file().command(line)?;
        Ok(len)
    }

    fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let pool = kiocb.file();
        let account = pool.own.account;
        let text = CString::try_from_fmt(fmt!(
            "pool {} limit {} used {} policy {}\n",
            pool.own.pool,
            account.limit.load(Relaxed),
            account.used.load(Relaxed),
            pool.policy.with(|ops| ops.map_id()).unwrap_or(0)
        ))?;
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), text.to_bytes())
    }
}

#[pin_data]
struct QuotaModule {
    #[pin]
    _device: MiscDeviceRegistration<Pool>,
    #[pin]
    _ops: Registration<QuotaOps>,
}

impl kernel::InPlaceModule for QuotaModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"quota" };
        try_pin_init!(Self {
            _: { register_kfuncs()? },
            _device <- MiscDeviceRegistration::register(options),
            _ops <- register_struct_ops!(QuotaOps),
        })
    }
}
