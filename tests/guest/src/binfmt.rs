// SPDX-License-Identifier: GPL-2.0

//! Files that are run because a program of the sample `binfmt` says with what.

use std::ffi::{
    c_char,
    c_int,
    CStr,
    CString, //
};
use std::fs;
use std::io;
use std::os::unix::{
    ffi::OsStringExt,
    fs::PermissionsExt, //
};
use std::path::{
    Path,
    PathBuf, //
};
use std::process::Command;
use std::ptr;
use std::sync::atomic::{
    AtomicBool,
    Ordering, //
};
use std::thread;

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::{
    Object,
    ObjectBuilder, //
};
use rustix::io::Errno;

use crate::env::{
    expect,
    expect_errno,
    Env,
    BINFMT, //
};
use crate::ktap::Skip;
use crate::libbpf::map;
use crate::programs;
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    file_is_run_with_what_the_program_says,
    error_of_the_program_is_that_of_the_exec,
    interpreter_is_chosen_by_load_only,
    names_of_formats_are_unique,
    programs_of_the_tree_run_files,
    format_goes_while_files_are_run,
];

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/binfmt.o"));
const WRONG: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/binfmt_wrong.o"));

/// What an exec of a file that nobody knows ends with.
const UNKNOWN: Errno = Errno::NOEXEC;

fn executable(path: PathBuf) -> Result<PathBuf> {
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

fn file(env: &Env, name: &str, content: &[u8]) -> Result<PathBuf> {
    executable(env.file(name, content)?)
}

/// A file at a path that a program of the tree has in it, until it is dropped.
struct Fixed(PathBuf);

impl Fixed {
    fn new(path: &str, content: &[u8]) -> Result<Self> {
        fs::write(path, content)?;
        Ok(Self(executable(path.into())?))
    }
}

impl Drop for Fixed {
    fn drop(&mut self) {
        // It is in a directory for temporary files.
        let _ = fs::remove_file(&self.0);
    }
}

/// Runs a file, and returns what it prints.
fn run(path: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(path).args(arguments).output()?;
    ensure!(output.status.success(), "{}: {output:?}", path.display());
    Ok(String::from_utf8(output.stdout)?)
}

fn refused(path: &Path, errno: Errno) -> Result<()> {
    let error = match Command::new(path).output() {
        Ok(output) => bail!("{} was run: {output:?}", path.display()),
        Err(error) => error,
    };
    let is = io::Error::from(errno);
    ensure!(
        error.raw_os_error() == is.raw_os_error(),
        "{}: {error}, and not {is}",
        path.display()
    );
    Ok(())
}

fn load(format: &str) -> Result<Object> {
    let programs = [&*format!("{format}_match"), &*format!("{format}_load")].map(str::to_owned);
    programs::load(OBJECT, &programs.each_ref().map(String::as_str), &[format])
}

fn file_is_run_with_what_the_program_says(env: &Env) -> Result<()> {
    let module = env.module(BINFMT)?.insert()?;
    let song = file(env, "song", b"PLAY\nla\n")?;
    refused(&song, UNKNOWN)?;
    let mut object = load("play")?;
    let link = map(&mut object, "play")?.attach_struct_ops()?;
    expect(
        "song",
        run(&song, &[])?,
        "     1\tPLAY\n     2\tla\n".to_owned(),
    )?;
    refused(&file(env, "noise", b"NOPE\n")?, UNKNOWN)?;
    drop(link);
    refused(&song, UNKNOWN)?;
    drop(object);
    module.wait_refcount(0)
}

fn error_of_the_program_is_that_of_the_exec(env: &Env) -> Result<()> {
    let _module = env.module(BINFMT)?.insert()?;
    let mut object = load("lock")?;
    let link = map(&mut object, "lock")?.attach_struct_ops()?;
    refused(&file(env, "door", b"LOCK\n")?, Errno::ACCESS)?;
    drop(link);

    let any = file(env, "any", b"any\n")?;
    for (program, format, errno) in [
        ("nothing", "chooses_nothing", UNKNOWN),
        ("relative", "is_relative", Errno::INVAL),
        ("endless", "is_endless", Errno::INVAL),
        ("unknown", "is_unknown", Errno::INVAL),
        ("both", "wants_both", Errno::INVAL),
        ("missing", "is_missing", Errno::NOENT),
        ("strange", "is_strange", UNKNOWN),
    ] {
        let mut object = programs::load(WRONG, &["always", program], &[format])?;
        // It matches each file that is executed, but only this one is.
        let _link = map(&mut object, format)?.attach_struct_ops()?;
        refused(&any, errno).context(format)?;
    }
    Ok(())
}

fn interpreter_is_chosen_by_load_only(env: &Env) -> Result<()> {
    let _module = env.module(BINFMT)?.insert()?;
    let object = programs::load(WRONG, &["chooses_too_early", "nothing"], &["early"]);
    expect_errno("early", object, Errno::ACCESS)
}

fn names_of_formats_are_unique(env: &Env) -> Result<()> {
    let _module = env.module(BINFMT)?.insert()?;
    let (mut one, mut two) = (load("play")?, load("play")?);
    let _link = map(&mut one, "play")?.attach_struct_ops()?;
    let second = map(&mut two, "play")?.attach_struct_ops();
    expect_errno("second", second.map_err(Into::into), Errno::EXIST)
}

/// The beginning of an ELF file for this machine.
fn elf(machine: u16) -> Vec<u8> {
    let mut header = vec![0; 256];
    header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    header[16] = 2;
    header[18..20].copy_from_slice(&machine.to_le_bytes());
    header[20] = 1;
    header
}

/// Loads a program of `tools/testing/selftests/exec/`, unmodified.
fn in_tree(name: &str) -> Result<Object> {
    let path = format!("{}/{name}.o", env!("OUT_DIR"));
    if !Path::new(&path).exists() {
        bail!(Skip("the source of this kernel is not there".to_owned()));
    }
    let mut builder = ObjectBuilder::default();
    Ok(builder.open_file(&path)?.load()?)
}

fn programs_of_the_tree_run_files(env: &Env) -> Result<()> {
    const AARCH64: u16 = 183;
    const RISCV: u16 = 243;
    let _module = env.module(BINFMT)?.insert()?;

    let mut object = in_tree("bpf_interp")?;
    let link = map(&mut object, "bpf_interp")?.attach_struct_ops()?;
    let _echo = Fixed::new("/tmp/binfmt_bpf_interp", &fs::read("/usr/bin/echo")?)?;
    let program = file(env, "aarch64", &elf(AARCH64))?;
    let said = format!("{} one\n", program.display());
    expect("bpf_interp", run(&program, &["one"])?, said)?;
    drop(link);

    // Nobody has bound an interpreter.
    let mut object = in_tree("interp_bind")?;
    let link = map(&mut object, "interp_bind")?.attach_struct_ops()?;
    refused(&program, Errno::NOENT)?;
    drop(link);

    let mut object = in_tree("transparent")?;
    let link = map(&mut object, "transparent")?.attach_struct_ops()?;
    let readlink = fs::read("/usr/bin/readlink")?;
    let _readlink = Fixed::new("/tmp/binfmt_transparent_interp", &readlink)?;
    let program = file(env, "riscv", &elf(RISCV))?;
    let said = format!("{}\n", program.display());
    expect("transparent", run(&program, &["/proc/self/exe"])?, said)?;
    drop(link);

    let mut object = in_tree("loader")?;
    let link = map(&mut object, "loader")?.attach_struct_ops()?;
    let mut cat = fs::read("/usr/bin/cat")?;
    cat[9..15].copy_from_slice(b"LDRTST");
    let cat = file(env, "cat", &cat)?;
    let interpreter = "/tmp/binfmt_loader_interp";
    let _loader = Fixed::new(interpreter, &fs::read("/lib64/ld-linux-x86-64.so.2")?)?;
    let result = if Path::new("/proc/config.gz").exists() {
        let maps = run(&cat, &["/proc/self/maps"])?;
        ensure!(maps.contains(interpreter), "another loader: {maps}");
        Ok(())
    } else {
        // Debian's, which has binfmt_misc as a module.
        refused(&cat, Errno::OPNOTSUPP)
    };
    drop(link);
    result
}

extern "C" {
    fn execve(
        path: *const c_char,
        arguments: *const *const c_char,
        variables: *const *const c_char,
    ) -> c_int;
}

/// Tries to execute a file, of which no format knows anything.
fn execute(path: &CStr) -> io::Error {
    let none = [ptr::null()];
    // SAFETY: The path is a string, and the lists end with NULL. If it is executed against all
    // expectations, nothing of this process is left to be confused.
    unsafe { execve(path.as_ptr(), none.as_ptr(), none.as_ptr()) };
    io::Error::last_os_error()
}

fn format_goes_while_files_are_run(env: &Env) -> Result<()> {
    let module = env.module(BINFMT)?;
    let song = file(env, "song", b"PLAY\nla\n")?;
    let song = CString::new(song.into_os_string().into_vec())?;
    let stop = AtomicBool::new(false);
    // Without a child: an exec that fails comes back. It has been through all formats by then.
    let run = || -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let error = execute(&song);
            ensure!(
                Errno::from_io_error(&error) == Some(UNKNOWN),
                "song: {error}"
            );
        }
        Ok(())
    };
    thread::scope(|scope| {
        let runner = scope.spawn(run);
        let result = (0..100).try_for_each(|_| -> Result<()> {
            module.insert()?.remove()?;
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        runner.join().expect("no panic")?;
        result
    })
}
