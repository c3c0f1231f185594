// SPDX-License-Identifier: GPL-2.0

//! The demo: a policy is replaced, then ejected by its pool, while threads are asking it.

use std::fmt::Debug;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Arc;
use std::thread::{
    self,
    JoinHandle, //
};
use std::time::Duration;

use anyhow::{
    anyhow,
    ensure,
    Context,
    Result, //
};
use rustix::io::Errno;
use struct_ops_user::check;
use struct_ops_user::kmod::Module;
use struct_ops_user::Attached;

use crate::policy::Policies;
use crate::pool::Pool;

const CALLERS: usize = 4;

/// How long the callers get with each policy.
const TURN: Duration = Duration::from_millis(500);

/// What a command gave.
type Outcome = Result<(), Errno>;

/// Tells the story with the module in the file `path`; fails at the first thing that is not as told.
///
/// `say` gets each event and what came of it.
pub fn tell(path: &Path, say: impl Fn(&str, String)) -> Result<()> {
    check::environment()?;
    let module = Module::new(path)?.insert()?;
    say("insmod", path.display().to_string());

    let pool = Arc::new(Pool::open()?);
    pool.command("limit 65536")?;
    say("open /dev/quota", pool.state()?);
    let charged = pool.command("charge 1024");
    expect("charge", charged, Err(Errno::NODATA))?;
    say("charge 1024", "refused: the pool has no policy".to_owned());

    let mut storage = MaybeUninit::uninit();
    let mut policies = Policies::load(&mut storage, pool.id()?)?;
    let mut link = Attached::attach(policies.map("generous")?)?;
    say("attach `generous`", pool.state()?);

    let callers = [(); CALLERS].map(|()| start(&pool, call));
    let refiller = start(&pool, refill);
    thread::sleep(TURN);
    link.update(policies.map("strict")?).context("update")?;
    let updated = policies.globals()?;
    say("update to `strict`", pool.state()?);
    thread::sleep(TURN);
    pool.command("eject")?;
    let ejected = policies.globals()?;
    say("eject", pool.state()?);

    // Each thread gets what the old policy says, then what the new one says, then nothing: in this
    // order, and nothing that only a mixture of both would say.
    let told = [Ok(()), Err(Errno::DQUOT), Err(Errno::NODATA)];
    let mut counts = [0; 3];
    for caller in callers {
        let history = join(caller)?;
        let order: Vec<_> = history.iter().map(|(outcome, _)| *outcome).collect();
        expect("what a thread got", order, told.to_vec())?;
        for (sum, (_, count)) in counts.iter_mut().zip(history) {
            *sum += count;
        }
    }
    let refills = join(refiller)?;
    let seen = policies.globals()?;
    ensure!(refills > 0, "nobody refilled the pool");
    expect("refills that were counted", seen.refills, refills)?;
    // Who had been replaced was not called any more, and nobody after `eject` had returned.
    let calls = (seen.generous_calls, seen.strict_calls);
    let earlier = (updated.generous_calls, ejected.strict_calls);
    expect("calls of `generous` and `strict`", calls, earlier)?;
    let [charged, denied, _] = counts;
    say(
        &format!("{CALLERS} threads"),
        format!("{charged} times charged, then {denied} times denied, then no policy"),
    );
    say(
        "meanwhile",
        format!("{refills} refills by a program that sleeps"),
    );

    drop((link, policies));
    drop(pool);
    module.wait_refcount(0)?;
    module.remove().context("rmmod failed")?;
    say("rmmod", "done".to_owned());
    Ok(())
}

fn expect<T: PartialEq + Debug>(what: &str, is: T, should: T) -> Result<()> {
    ensure!(is == should, "{what}: expected {should:?}, got {is:?}");
    Ok(())
}

fn start<T: Send + 'static>(
    pool: &Arc<Pool>,
    work: fn(&Pool) -> Result<T>,
) -> JoinHandle<Result<T>> {
    let pool = pool.clone();
    thread::spawn(move || work(&pool))
}

fn join<T>(thread: JoinHandle<Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a thread panicked"))?
}

/// Charges and releases until there is no policy. Returns what it got, and how often in a row.
fn call(pool: &Pool) -> Result<Vec<(Outcome, u64)>> {
    let mut history: Vec<(Outcome, u64)> = Vec::new();

    loop {
        let outcome = pool.command("charge 1024");
        match history.last_mut() {
            Some((last, count)) if *last == outcome => *count += 1,
            _ => history.push((outcome, 1)),
        }
        match outcome {
            Ok(()) => pool.command("release 1024").context("release")?,
            Err(Errno::NODATA) => return Ok(history),
            Err(_) => (),
        }
    }
}

/// Has the policy refill the pool until there is none; returns how often.
fn refill(pool: &Pool) -> Result<u64> {
    let mut count = 0;

    loop {
        match pool.command("refill") {
            Ok(()) => count += 1,
            Err(Errno::NODATA) => return Ok(count),
            Err(errno) => return Err(errno).context("refill"),
        }
    }
}
