// SPDX-License-Identifier: GPL-2.0

//! What the steps work on: the modules, and places for objects of each sort.

use std::fs;
use std::os::fd::{
    AsRawFd,
    OwnedFd,
    RawFd, //
};
use std::path::PathBuf;
use std::sync::{
    Arc,
    Mutex, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};
use guest_tests::env::Env;
use guest_tests::random::Random;
use guest_tests::stress::btf_of;
use guest_tests::tally::Tally;
use libbpf_rs::libbpf_sys;
use rustix::fs::{
    Mode,
    OFlags, //
};
use rustix::io::Errno;
use struct_ops_user::kmod::Module;

use crate::calls;
use crate::model::Model;
use crate::step::Op;
use crate::{
    token,
    user, //
};

/// Those with devices have commands.
const MODULES: [(&str, &[&str]); 7] = [
    ("bpf_testmod", &[]),
    (
        "stress",
        &["register", "unregister", "call", "call", "call"],
    ),
    (
        "slots",
        &[
            "object 1",
            "call",
            "poll",
            "eject",
            "order call",
            "order call",
            "order eject",
            "handle get",
            "handle call",
            "handle put",
            "handle eject",
            "several eject",
            "forgetful poll",
        ],
    ),
    (
        "quota",
        &[
            "limit 100",
            "charge 1",
            "charge 1",
            "release 1",
            "refill",
            "eject",
        ],
    ),
    ("policy", &[]),
    ("zoo", &[]),
    ("lease", &[]),
];

/// Of the arena.
const ARENA_PAGES: u32 = 16;

/// How many objects of each sort there are.
const PLACES: u64 = 16;

/// An object, and what it was made for: a type and a member of a module.
pub struct Object {
    pub fd: OwnedFd,
    pub module: usize,
    pub ty: usize,
    pub member: usize,
}

impl Object {
    /// One that is of a whole type.
    pub fn new(fd: OwnedFd, module: usize, ty: usize) -> Self {
        Self {
            fd,
            module,
            ty,
            member: 0,
        }
    }

    pub fn fd(&self) -> i32 {
        self.fd.as_raw_fd()
    }
}

/// Places for objects of one sort, which any thread takes from any.
#[derive(Default)]
pub struct Pool([Mutex<Option<Arc<Object>>>; PLACES as usize]);

impl Pool {
    pub fn get(&self, random: &mut Random) -> Option<Arc<Object>> {
        self.0[random.below(PLACES) as usize]
            .lock()
            .unwrap()
            .clone()
    }

    /// One that `wanted` takes, of all.
    pub fn find(
        &self,
        random: &mut Random,
        wanted: impl Fn(&Object) -> bool,
    ) -> Option<Arc<Object>> {
        let start = random.below(PLACES);
        (start..start + PLACES)
            .filter_map(|place| self.0[(place % PLACES) as usize].lock().unwrap().clone())
            .find(|object| wanted(object))
    }

    /// Puts an object into the place of another, which is closed if nobody else uses it.
    pub fn put(&self, random: &mut Random, object: Option<Object>) {
        let place = &self.0[random.below(PLACES) as usize];
        let old = std::mem::replace(&mut *place.lock().unwrap(), object.map(Arc::new));
        drop(old);
    }

    fn clear(&self) {
        for place in &self.0 {
            let old = place.lock().unwrap().take();
            drop(old);
        }
    }
}

/// What stays the same from round to round.
pub struct Lasting {
    /// Those of [`MODULES`].
    models: Vec<Arc<Model>>,
    /// Where programs read from user space.
    pub user: u64,
    pub token: Option<OwnedFd>,
}

impl Lasting {
    pub fn new(env: &Env) -> Result<Self> {
        let model = |(name, _)| {
            let _inserted = env.module(name)?.insert()?;
            Ok(Arc::new(Model::of(name)?))
        };
        Ok(Self {
            models: MODULES.into_iter().map(model).collect::<Result<_>>()?,
            user: user::map_file()?,
            token: token::create()?,
        })
    }
}

pub struct Loaded {
    pub module: Module,
    file: Vec<u8>,
    pub model: Arc<Model>,
    pub commands: &'static [&'static str],
    /// That of the module, as of the last insmod.
    pub btf: Mutex<Arc<OwnedFd>>,
    /// Open files of its device.
    pub files: Pool,
}

impl Loaded {
    /// Opens the device. The file holds the module.
    pub fn open(&self) -> Result<OwnedFd, Errno> {
        let path = PathBuf::from("/dev").join(self.module.name());
        rustix::fs::open(&path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
    }

    /// Removes the module, if it has no user, and inserts it again.
    pub fn reload(&self) -> Result<(), Errno> {
        // Who loads programs waits for the new BTF.
        let mut btf = self.btf.lock().unwrap();
        self.module.remove()?;
        rustix::system::init_module(&self.file, c"")?;
        *btf = Arc::new(btf_of(self.module.name())?);
        Ok(())
    }
}

pub struct World {
    pub modules: Vec<Loaded>,
    pub programs: Pool,
    /// Programs that user space runs.
    pub runnable: Pool,
    pub maps: Pool,
    pub links: Pool,
    pub array: OwnedFd,
    pub prog_array: OwnedFd,
    pub arena: OwnedFd,
    /// A map that keeps a lease.
    pub store: Mutex<Option<Arc<OwnedFd>>>,
    pub lasting: Arc<Lasting>,
    pub any_btf: OwnedFd,
    pub pins: PathBuf,
    /// One module is reloaded at a time.
    pub reloading: Mutex<()>,
    tallies: [Mutex<Tally>; Op::ALL.len()],
}

impl World {
    /// Inserts the modules.
    pub fn new(env: &Env, lasting: &Arc<Lasting>) -> Result<Self> {
        let any_btf = calls::any_btf()?;
        let mut modules = vec![];
        for ((name, commands), model) in MODULES.into_iter().zip(&lasting.models) {
            let module = env.module(name)?;
            let file = fs::read(module.path())?;
            rustix::system::init_module(&file, c"").context(name)?;
            modules.push(Loaded {
                model: model.clone(),
                btf: Mutex::new(btf_of(name)?.into()),
                files: Pool::default(),
                module,
                file,
                commands,
            });
        }
        Ok(Self {
            modules,
            programs: Pool::default(),
            runnable: Pool::default(),
            maps: Pool::default(),
            links: Pool::default(),
            array: calls::create(libbpf_sys::BPF_MAP_TYPE_ARRAY, 8, 4, None)?,
            prog_array: calls::create(libbpf_sys::BPF_MAP_TYPE_PROG_ARRAY, 4, 4, None)?,
            arena: calls::create_arena(ARENA_PAGES)?,
            store: Mutex::default(),
            lasting: lasting.clone(),
            any_btf,
            pins: env.pins().to_owned(),
            reloading: Mutex::new(()),
            tallies: Default::default(),
        })
    }

    /// The token, for one call of ten.
    pub fn token(&self, random: &mut Random) -> Option<RawFd> {
        let token = self.lasting.token.as_ref().filter(|_| random.chance(10))?;
        Some(token.as_raw_fd())
    }

    pub fn count<T>(&self, op: Op, result: Result<T, Errno>) -> Option<T> {
        self.tallies[op as usize].lock().unwrap().add(&result);
        result.ok()
    }

    /// Closes everything and removes the modules. What cannot be removed is held by something that was
    /// not given back.
    pub fn end(self, total: &mut [Tally]) -> Result<()> {
        for pin in fs::read_dir(&self.pins)? {
            fs::remove_file(pin?.path())?;
        }
        let pools = [&self.links, &self.maps, &self.programs, &self.runnable];
        let files = self.modules.iter().map(|module| &module.files);
        for pool in files.chain(pools) {
            pool.clear();
        }
        drop((self.array, self.prog_array, self.arena, self.store));
        // A map that was attached without a link lives until its value is deleted.
        let mut id = 0;
        while let Some((next, map)) = calls::map_behind(id) {
            id = next;
            if let Ok(map) = map {
                let _ = calls::delete(map.as_raw_fd(), 0);
            }
        }
        for (sum, tally) in total.iter_mut().zip(&self.tallies) {
            sum.merge(&tally.lock().unwrap());
        }
        let mut stuck = vec![];
        for Loaded { module, .. } in &self.modules {
            if let Err(err) = module.wait_refcount(0) {
                stuck.push(err.to_string());
            } else {
                module.remove().with_context(|| module.name().to_owned())?;
            }
        }
        if !stuck.is_empty() {
            bail!("{}", stuck.join("; "));
        }
        Ok(())
    }
}
