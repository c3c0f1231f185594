// SPDX-License-Identifier: GPL-2.0

//! `fuzz MODULES SEED SECS [ROUND [STEP...]]`: calls of `bpf(2)` around struct_ops, chosen at random.
//!
//! The programs, maps and values are of the types that the BTF of the modules has. Rounds follow each
//! other until the time is over. A round inserts the modules, lets some threads make [`FUZZ_STEPS`] steps,
//! closes everything, and has to be able to remove the modules: a reference that is lost is found so.
//! What the kernel says meanwhile is for `vm.sh`.
//!
//! What a step chooses depends on the seed, the round and its number only. With `ROUND` only this round
//! is made, and with steps, which are numbers or ranges as in `0-99`, only these, by one thread. If they
//! are few, it says what they are.

mod body;
mod calls;
mod model;
mod step;
mod token;
mod user;
mod world;

use std::process::ExitCode;
use std::sync::atomic::{
    AtomicU64,
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
use guest_tests::env::Env;
use guest_tests::inject::{
    self,
    Injector, //
};
use guest_tests::ktap::{
    self,
    Group,
    Test, //
};
use guest_tests::random::Random;
use guest_tests::tally::Tally;
use guest_tests::{
    tests,
    FUZZ_STEPS, //
};

use step::Op;
use world::{
    Lasting,
    World, //
};

const TESTS: &[Test] = tests![any_calls];

const THREADS: u64 = 4;

/// What the command line says.
#[derive(Clone)]
struct Wanted {
    seed: u64,
    time: Duration,
    round: Option<u64>,
    /// Only these.
    steps: Vec<u64>,
}

static WANTED: Mutex<Option<Wanted>> = Mutex::new(None);

/// So many steps prefer one type.
const PHASE: u64 = 200;
/// Up to so many steps are printed.
const FEW: usize = 100;
/// Of 100 steps, how many meet a failing allocation, if the kernel can do that.
const FAULTS: u64 = 5;
/// Few calls allocate more often.
const ALLOCATIONS: u64 = 40;
/// Of 100 steps, how many are made without capabilities. What they may, they may by a token.
const UNPRIVILEGED: u64 = 5;

/// Makes steps until there are no more.
fn work(world: &World, wanted: &Wanted, round: u64, next: &AtomicU64) -> Result<()> {
    let injector = inject::supported().then(Injector::new).transpose()?;
    let only = &wanted.steps;
    let first = (wanted.seed << 40) + (round << 20);
    let limit = if only.is_empty() {
        FUZZ_STEPS
    } else {
        only.len() as u64
    };
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= limit {
            return Ok(());
        }
        let number = only.get(number as usize).copied().unwrap_or(number);
        let mut random = Random::new(first + number);
        let op = Op::any(&mut random);
        // With a fault in it, to insert a module goes wrong in the kernel itself: see reliability.md.
        let fault = (random.chance(FAULTS) && !matches!(op, Op::Reload))
            .then(|| 1 + random.below(ALLOCATIONS) as u32);
        if (1..=FEW).contains(&only.len()) {
            let fault = fault.map_or(String::new(), |nth| format!(", allocation {nth} fails"));
            println!("    # step {number}: {}{fault}", Op::NAMES[op as usize]);
        }
        // To have an allocation fail takes a capability.
        let unprivileged = random.chance(UNPRIVILEGED) && fault.is_none();
        let phase = first + number / PHASE;
        let mut step = || step::step(op, world, &mut random, phase);
        match (&injector, fault) {
            (Some(injector), Some(nth)) => drop(injector.during(nth, step)?),
            _ if unprivileged => drop(token::without_capabilities(step)?),
            _ => drop(step()),
        }
    }
}

/// Makes the steps of one round, and adds up what came of them.
fn round(
    env: &Env,
    wanted: &Wanted,
    lasting: &Arc<Lasting>,
    round: u64,
    total: &mut [Tally],
) -> Result<()> {
    let world = World::new(env, lasting)?;
    let next = AtomicU64::new(0);
    let threads = if wanted.steps.is_empty() { THREADS } else { 1 };
    let done: Vec<Result<()>> = thread::scope(|scope| {
        let work = || scope.spawn(|| work(&world, wanted, round, &next));
        let workers: Vec<_> = (0..threads).map(|_| work()).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let ended = world.end(total);
    done.into_iter().chain([ended]).collect()
}

fn any_calls(env: &Env) -> Result<()> {
    // Waiting for readers is most of what closing does.
    std::fs::write("/sys/kernel/rcu_expedited", "1")?;
    let Some(wanted) = WANTED.lock().unwrap().take() else {
        return Ok(());
    };
    let lasting = Arc::new(Lasting::new(env)?);
    if lasting.token.is_none() {
        println!("    # no tokens: this kernel has no user namespaces");
    }
    let start = Instant::now();
    let mut total = vec![Tally::default(); Op::ALL.len()];
    let mut result = Ok(());
    for number in wanted.round.unwrap_or(0).. {
        println!(
            "    # seed {}, round {number}, {} s",
            wanted.seed,
            start.elapsed().as_secs()
        );
        result = round(env, &wanted, &lasting, number, &mut total);
        if result.is_err() || wanted.round.is_some() || start.elapsed() > wanted.time {
            break;
        }
    }
    for (name, tally) in Op::NAMES.iter().zip(&total) {
        println!("    # {name}: {tally}");
    }
    let steps: u64 = total.iter().map(Tally::total).sum();
    println!("    # {steps} calls in {} s", start.elapsed().as_secs());
    result
}

/// The numbers that `arg` names: one, or a range.
fn steps(arg: &str) -> Option<std::ops::RangeInclusive<u64>> {
    let (first, last) = arg.split_once('-').unwrap_or((arg, arg));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

fn parse(args: &[String]) -> Option<Wanted> {
    let (seed, secs) = (args.get(1)?.parse().ok()?, args.get(2)?.parse().ok()?);
    let round = args.get(3).map(|round| round.parse()).transpose().ok()?;
    let ranges: Option<Vec<_>> = args.iter().skip(4).map(|arg| steps(arg)).collect();
    Some(Wanted {
        seed,
        time: Duration::from_secs(secs),
        round,
        steps: ranges?.into_iter().flatten().collect(),
    })
}

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if args == [token::CHILD] {
        return token::child().map_or_else(
            |error| {
                eprintln!("token: {error:#}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    let Some(wanted) = parse(&args) else {
        eprintln!("usage: fuzz MODULES SEED SECS [ROUND [STEP...]]");
        return ExitCode::FAILURE;
    };
    *WANTED.lock().unwrap() = Some(wanted);
    let groups = [Group {
        name: "fuzz",
        tests: TESTS,
    }];
    ktap::main(args[0].as_ref(), &groups, "")
}
