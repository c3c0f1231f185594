// SPDX-License-Identifier: GPL-2.0

//! Members, arguments and results of each kind that struct_ops types have.

use std::process::Command;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::Object;
use rustix::io::Errno;
use struct_ops_user::kmsg::Kmsg;
use struct_ops_user::Attached;

use crate::env::{
    expect,
    expect_errno,
    Env,
    ZOO, //
};
use crate::libbpf::map;
use crate::programs::{
    self,
    run, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    optional_callbacks_tell_whether_they_are_there,
    any_number_is_a_bool,
    constant_pointers_are_so_in_c,
    structs_of_the_kernel_crate_are_shown,
    addresses_are_numbers,
    pointers_in_structs_are_followed_with_care,
    private_members_are_not_set,
    enums_have_their_values_only,
    zero_becomes_the_default,
    names_are_unique,
    names_are_names,
    struct_of_the_kernel_is_a_type,
    fields_of_the_kernel_are_written_as_declared,
    kfuncs_take_what_callbacks_got,
    kfunc_takes_memory_with_its_size,
    kfunc_takes_values_of_an_enum_only,
    kfunc_gives_references_and_takes_them_back,
    kfunc_gives_what_is_static,
    kfunc_is_called_by_a_kprobe,
    attachment_tells_whether_it_has_a_link,
    context_is_written_by_the_program,
    kfunc_lends_memory_of_a_known_size,
    structs_are_in_arenas,
    packets_belong_to_the_program,
];

/// Loads these programs, with these maps.
fn load(programs: &[&str], maps: &[&str]) -> Result<Object> {
    let object = include_bytes!(concat!(env!("OUT_DIR"), "/zoo.o"));
    programs::load(object, programs, maps)
}

/// A struct of the module in C.
fn in_c(name: &str) -> Result<String> {
    let dump = Command::new("bpftool")
        .args(["btf", "dump", "file", "/sys/kernel/btf/zoo", "format", "c"])
        .output()?;
    ensure!(dump.status.success(), "bpftool: {dump:?}");
    // What vmlinux has as well gets a number.
    let text = String::from_utf8_lossy(&dump.stdout).replace("___2", "");
    let (_, rest) = text
        .split_once(&format!("\nstruct {name} {{"))
        .with_context(|| format!("no struct {name}"))?;
    let (members, _) = rest.split_once("\n}").context("no end")?;
    Ok(members.to_owned())
}

/// Fails unless a struct of the module has this member.
fn declared(name: &str, member: &str) -> Result<()> {
    let members = in_c(name)?;
    ensure!(members.contains(member), "no `{member}` in: {members}");
    Ok(())
}

/// Attaches a table, which has to fail, and looks for a line in the kernel's log.
fn refused(program: &str, name: &str, line: &str) -> Result<()> {
    let mut log = Kmsg::open()?;
    let mut object = load(&[program], &[name])?;
    let attached = map(&mut object, name)?.attach_struct_ops();
    expect_errno(name, attached.map_err(Into::into), Errno::INVAL)?;
    let said = log.messages()?;
    ensure!(
        said.iter().any(|each| each.contains(line)),
        "{name}: no \"{line}\" in {said:?}"
    );
    Ok(())
}

fn optional_callbacks_tell_whether_they_are_there(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    for (name, program, bits) in [("asks", "prog_asked", 1), ("tells", "prog_told", 2)] {
        let mut object = load(&[program, "present"], &[name])?;
        let _link = map(&mut object, name)?.attach_struct_ops()?;
        expect(name, run(&object, "present")?, bits)?;
    }
    expect_errno(
        "neither",
        load(&[], &["does_neither"])
            .and_then(|mut object| Ok(map(&mut object, "does_neither")?.attach_struct_ops()?)),
        Errno::INVAL,
    )
}

fn any_number_is_a_bool(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    // A bit for each of 0, 1, 2, 256 and -1.
    for (name, program, bits) in [
        ("agreed", "prog_agrees", 0b11110),
        ("disagreed", "prog_disagrees", 0b01111),
        ("left", "prog_as_it_is", 0b11110),
    ] {
        let mut object = load(&[program, "verdicts"], &[name])?;
        let _link = map(&mut object, name)?.attach_struct_ops()?;
        expect(name, run(&object, "verdicts")?, bits)?;
    }
    Ok(())
}

fn constant_pointers_are_so_in_c(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let look = "u32 (*look)(const struct zoo_cage *, const struct task_struct *);";
    declared("zoo_ops", look)?;
    let mut object = load(&["prog_looks", "look_at_seven"], &["looked"])?;
    let _link = map(&mut object, "looked")?.attach_struct_ops()?;
    expect("looks", run(&object, "look_at_seven")?, 7 + 107)?;
    for (program, name) in [
        ("prog_looks_at_nobody", "looked_at_nobody"),
        ("prog_moves_in", "moved_in"),
    ] {
        expect_errno(name, load(&[program], &[name]), Errno::ACCESS)?;
    }
    Ok(())
}

fn structs_of_the_kernel_crate_are_shown(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let mut object = load(&["prog_inspects", "inspect_self"], &["inspected"])?;
    let _link = map(&mut object, "inspected")?.attach_struct_ops()?;
    // Memory is mapped, root has opened the file, and bit 1 is set.
    expect("inspects", run(&object, "inspect_self")?, 1 + 10 + 200)?;
    expect_errno(
        "promotes",
        load(&["prog_promotes"], &["promoted"]),
        Errno::ACCESS,
    )
}

fn addresses_are_numbers(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let carry = "u64 (*carry)(const char *, void *, int *, struct zoo_cage **);";
    declared("zoo_ops", carry)?;
    for number in 1..=4 {
        let name = format!("carried_{number}");
        let program = format!("prog_carries_{number}");
        let mut object = load(&[&program, "carry"], &[&name])?;
        let _link = map(&mut object, &name)?.attach_struct_ops()?;
        expect(&name, run(&object, "carry")?, number)?;
    }
    expect_errno(
        "following one",
        load(&["prog_drops_it"], &["dropped"]),
        Errno::ACCESS,
    )
}

fn pointers_in_structs_are_followed_with_care(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    declared("zoo_cage", "const struct task_struct *keeper;")?;
    expect_errno(
        "writes",
        load(&["prog_follows_and_moves_in"], &["followed_and_moved_in"]),
        Errno::ACCESS,
    )?;
    let mut object = load(&["prog_follows", "look_at_seven"], &["followed"])?;
    let _link = map(&mut object, "followed")?.attach_struct_ops()?;
    // Twice, and nothing behind an address where nothing is.
    expect("follows", run(&object, "look_at_seven")?, 2 * (7000 + 10))?;
    // They are not trusted, as an argument is.
    for (kind, errno) in [("keeps", Errno::INVAL), ("helps", Errno::ACCESS)] {
        let past = kind.replace("keeps", "kept").replace("helps", "helped");
        let load = |of| load(&[&format!("prog_{kind}_{of}")], &[&format!("{past}_{of}")]);
        load("argument").context(past.clone())?;
        expect_errno(kind, load("field"), errno)?;
    }
    Ok(())
}

fn private_members_are_not_set(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    declared("zoo_ops", "struct list_head list;")?;
    declared("zoo_ops", "spinlock_t lock;")?;
    let mut object = load(&["prog_asked", "ask_twice"], &["counts"])?;
    let link = map(&mut object, "counts")?.attach_struct_ops()?;
    expect("asked", run(&object, "ask_twice")?, 2)?;
    drop(link);
    for member in ["list", "asked", "key"] {
        let line = format!("zoo_ops: `{member}`: user space has to leave it zero");
        refused("prog_asked", &format!("sets_{member}"), &line)?;
    }
    Ok(())
}

fn enums_have_their_values_only(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    declared("zoo_ops", "enum zoo_mood (*feel)(enum tcp_ca_event);")?;
    for (name, program, felt, mood) in [
        ("felt", "prog_feels", -10 + 8, -1),
        ("felt_else", "prog_feels_else", 9, 0),
    ] {
        let mut object = load(&[program, "feel", "mood"], &[name])?;
        let _link = map(&mut object, name)?.attach_struct_ops()?;
        expect(name, run(&object, "feel")?, felt)?;
        expect(name, run(&object, "mood")?, mood)?;
    }
    let line = "zoo_ops: `mood`: what user space has set is no value of it";
    refused("prog_feels", "moody", line)
}

fn zero_becomes_the_default(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    for (name, id, temper) in [("says_nothing", 41, 1), ("says_both", 7, 2)] {
        let mut object = load(&["prog_asked", "id"], &[name])?;
        let _link = map(&mut object, name)?.attach_struct_ops()?;
        expect(name, run(&object, "id")?, id * 10 + temper)?;
    }
    Ok(())
}

fn names_are_unique(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let programs = [
        "prog_says_leo",
        "prog_says_leo_too",
        "prog_says_lea",
        "leo_says",
    ];
    let mut object = load(&programs, &["leo", "leo_too", "lea"])?;
    expect("nobody", run(&object, "leo_says")?, 0)?;

    let mut leo = Attached::attach(&mut map(&mut object, "leo")?)?;
    let mut lea = Attached::attach(&mut map(&mut object, "lea")?)?;
    expect("leo", run(&object, "leo_says")?, 1)?;
    let second = Attached::attach(&mut map(&mut object, "leo_too")?);
    expect_errno("attach", second.map_err(Into::into), Errno::EXIST)?;
    let update = lea.update(&map(&mut object, "leo_too")?);
    expect_errno("update", update.map_err(Into::into), Errno::EXIST)?;
    leo.update(&map(&mut object, "leo_too")?)?;
    expect("leo too", run(&object, "leo_says")?, 2)?;
    drop(leo);
    expect("nobody again", run(&object, "leo_says")?, 0)
}

fn names_are_names(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let line = "zoo_named_ops: `name`: what user space has set is no value of it";
    for name in ["nameless", "too_long", "strange"] {
        refused(&format!("prog_says_{name}"), name, line)?;
    }
    Ok(())
}

fn struct_of_the_kernel_is_a_type(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let programs = [
        "prog_knows",
        "prog_enters",
        "prog_once_more",
        "suspend",
        "suspend_else",
    ];
    let mut object = load(&programs, &["suspends"])?;
    let _link = map(&mut object, "suspends")?.attach_struct_ops()?;
    expect("enters", run(&object, "suspend")?, 10)?;
    let errno = Errno::INVAL.raw_os_error();
    expect("another state", run(&object, "suspend_else")?, -errno)?;
    // `ENOTSUPP`, which user space has no name for.
    let not_supported = Errno::from_raw_os_error(524);
    for (program, name, errno) in [
        ("prog_takes_one", "takes_one", Errno::ACCESS),
        ("prog_recovers", "recovers", not_supported),
    ] {
        expect_errno(name, load(&[program], &[name]), errno)?;
    }
    Ok(())
}

fn fields_of_the_kernel_are_written_as_declared(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let load = |name: &str| load(&[&format!("prog_{name}")], &[name]);
    for name in ["tunes_cwnd", "tunes_part", "tunes_other"] {
        load(name).context(name)?;
    }
    for name in [
        "tunes_count",
        "tunes_too_much",
        "tunes_behind",
        "tunes_nothing",
    ] {
        expect_errno(name, load(name), Errno::ACCESS)?;
    }
    Ok(())
}

fn kfuncs_take_what_callbacks_got(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let mut object = load(&["prog_admits", "admit_for_five"], &["admitted"])?;
    let _link = map(&mut object, "admitted")?.attach_struct_ops()?;
    expect("admits", run(&object, "admit_for_five")?, 512)?;
    for (program, name, errno) in [
        ("prog_forges", "forged", Errno::INVAL),
        ("prog_confuses", "confused", Errno::INVAL),
        ("prog_opens", "opened", Errno::ACCESS),
        ("prog_shows_field", "showed_field", Errno::INVAL),
    ] {
        expect_errno(name, load(&[program], &[name]), errno)?;
    }
    Ok(())
}

fn kfunc_takes_memory_with_its_size(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    // 1 to 5 and 10 are 25, which is written over the 5; a `d` stands behind that.
    let object = load(&["sum", "sum_nothing"], &[])?;
    expect("sum", run(&object, "sum")?, 25_000 + 25 + 100)?;
    expect("nothing", run(&object, "sum_nothing")?, 1000)?;
    expect_errno("too much", load(&["sum_too_much"], &[]), Errno::INVAL)
}

fn kfunc_takes_values_of_an_enum_only(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let object = load(&["numbers"], &[])?;
    expect("numbers", run(&object, "numbers")?, 811)
}

fn kfunc_gives_references_and_takes_them_back(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let object = load(&["owner", "no_owner"], &[])?;
    expect("root", run(&object, "owner")?, 0)?;
    expect("nobody", run(&object, "no_owner")?, 1)?;
    for (name, errno) in [
        ("keeps_owner", Errno::INVAL),
        ("puts_untested", Errno::ACCESS),
        ("puts_twice", Errno::INVAL),
    ] {
        expect_errno(name, load(&[name], &[]), errno)?;
    }
    Ok(())
}

fn kfunc_gives_what_is_static(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let object = load(&["season"], &[])?;
    expect("season", run(&object, "season")?, 60)?;
    expect_errno("untested", load(&["season_untested"], &[]), Errno::ACCESS)
}

fn kfunc_is_called_by_a_kprobe(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let object = load(&["ring", "rings"], &[])?;
    let ring = object.progs_mut().find(|each| each.name() == "ring");
    let _probe = ring.context("no program ring")?.attach()?;
    let _ = rustix::process::getppid();
    ensure!(run(&object, "rings")? > 0, "the program was not called");
    // It is for kprobes only.
    expect_errno("syscall", load(&["rings_by_itself"], &[]), Errno::ACCESS)
}

fn attachment_tells_whether_it_has_a_link(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    for (name, allowed) in [("unlinked", true), ("linked", false)] {
        let mut object = load(&["prog_asked"], &[name])?;
        let attached = map(&mut object, name)?.attach_struct_ops();
        if allowed {
            drop(attached.context(name)?);
        } else {
            expect_errno(name, attached.map_err(Into::into), Errno::ACCESS)?;
        }
    }
    Ok(())
}

fn context_is_written_by_the_program(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let mut object = load(&["prog_brews", "brew_four"], &["brewed"])?;
    let _link = map(&mut object, "brewed")?.attach_struct_ops()?;
    expect("tea", run(&object, "brew_four")?, 8)?;
    let enlarged = load(&["prog_enlarges"], &["enlarged"]);
    expect_errno("enlarged", enlarged, Errno::ACCESS)
}

fn kfunc_lends_memory_of_a_known_size(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let object = load(&["stamp", "stamps_too_many"], &[])?;
    expect("stamp", run(&object, "stamp")?, 9)?;
    expect("too many", run(&object, "stamps_too_many")?, 11)?;
    for (name, errno) in [
        ("stamps_untested", Errno::ACCESS),
        ("stamps_behind", Errno::ACCESS),
        ("stamps_any", Errno::INVAL),
    ] {
        expect_errno(name, load(&[name], &[]), errno)?;
    }
    Ok(())
}

fn structs_are_in_arenas(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let mut object = load(&["prog_pours", "pour"], &["poured", "arena"])?;
    let _link = map(&mut object, "poured")?.attach_struct_ops()?;
    expect("poured and left", run(&object, "pour")?, 77)
}

fn packets_belong_to_the_program(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    let line = |name: &str, more: &[&str]| {
        let program = format!("prog_{name}");
        let programs = [&[program.as_str(), "prog_has_none"], more].concat();
        load(&programs, &[name])
    };
    let mut object = line("drops", &["wait"])?;
    let _link = map(&mut object, "drops")?.attach_struct_ops()?;
    expect("waited", run(&object, "wait")?, 7)?;
    expect_errno("keeps", line("keeps", &[]), Errno::INVAL)?;
    // When it has dropped it, it has it no more.
    expect_errno("drops twice", line("drops_twice", &[]), Errno::ACCESS)
}
