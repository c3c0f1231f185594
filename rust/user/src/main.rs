// SPDX-License-Identifier: GPL-2.0

//! The command `struct-ops`.

#![forbid(unsafe_code)]

use std::io::{
    self,
    Read, //
};
use std::os::fd::AsFd;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::ExitCode;

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use clap::{
    CommandFactory,
    Parser,
    Subcommand, //
};
use clap_complete::Shell;
use libbpf_rs::query::{
    LinkInfo,
    LinkTypeInfo, //
};
use libbpf_rs::{
    Link,
    MapCore,
    MapHandle,
    PrintLevel, //
};
use serde_json::{
    json,
    Value, //
};
use struct_ops_user::attach::Loaded;
use struct_ops_user::{
    doctor,
    header,
    list,
    types, //
};

const EXAMPLES: &str = "\
Examples:
  struct-ops attach policy.bpf.o --pin /sys/fs/bpf
  struct-ops replace /sys/fs/bpf/policy stricter.bpf.o
  struct-ops detach /sys/fs/bpf/policy

Exit status: 0, or 1 if something failed, or 2 if the command was not understood.";

/// Shows, attaches and replaces BPF struct_ops maps, whatever their type.
#[derive(Parser)]
#[command(name = "struct-ops", version, after_help = EXAMPLES)]
struct Args {
    /// Writes JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Shows what libbpf and the verifier say.
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists the types that are registered; needs a kernel that can tell.
    Types,
    /// Lists the maps: type, owner, id, whether attached, links and where they are pinned, callbacks.
    List,
    /// Loads an object file and attaches nothing.
    Check {
        object: PathBuf,
        /// Only this map, also if its section begins with a `?`.
        #[arg(long)]
        map: Vec<String>,
    },
    /// Attaches the maps of an object file, until standard input ends.
    Attach {
        object: PathBuf,
        /// Only this map, also if its section begins with a `?`.
        #[arg(long)]
        map: Vec<String>,
        /// Pins the links into this directory of a bpffs, and returns.
        #[arg(long)]
        pin: Option<PathBuf>,
    },
    /// Puts a map of an object file into the place of the one that is attached by a pinned link.
    Replace {
        link: PathBuf,
        object: PathBuf,
        /// This map, if the object has several.
        #[arg(long)]
        map: Option<String>,
    },
    /// Detaches a pinned link and removes the pin, or deletes a map that has no link, by its id.
    Detach { what: String },
    /// Writes the types and kfuncs of a module as a C header, for BPF programs.
    Header {
        module: PathBuf,
        /// The kernel that the module was built for, or its BTF.
        #[arg(long, default_value = "/sys/kernel/btf/vmlinux")]
        vmlinux: PathBuf,
    },
    /// Looks whether the machine can run struct_ops programs.
    Doctor,
    /// Writes a script that completes the command line of a shell.
    Completions { shell: Shell },
    /// Writes the manual page.
    #[command(hide = true)]
    Man,
}

/// Prints `value`, or what `text` says of it.
fn show(json: bool, value: Value, text: impl FnOnce()) {
    if json {
        println!("{value:#}");
    } else {
        text();
    }
}

fn print_types(json: bool) -> Result<()> {
    let all = types::list()?;
    let value = all.iter().map(|ty| {
        json!({"name": ty.name, "module": ty.module, "btf_id": ty.btf_id, "maps": ty.maps, "links": ty.links})
    });
    show(json, value.collect(), || {
        println!("{}", types::HEAD);
        for each in &all {
            println!("{each}");
        }
    });
    Ok(())
}

fn print_maps(json: bool) -> Result<()> {
    let maps = list::maps()?;
    let value = maps.iter().map(|map| {
        let links = map.links.iter().map(|(id, pin)| json!({"id": id, "pin": pin}));
        json!({
            "id": map.id, "name": map.name, "type": map.kind, "module": map.owner, "attached": map.is_attached,
            "has_link": map.has_link, "links": links.collect::<Value>(), "callbacks": map.callbacks,
        })
    });
    show(json, value.collect(), || {
        for map in &maps {
            let state = match (map.is_attached, map.has_link) {
                (true, true) => "attached",
                (true, false) => "attached until deleted",
                (false, _) => "not attached",
            };
            println!(
                "{:>5}  {} of {}: {}, {state}",
                map.id, map.name, map.owner, map.kind
            );
            for (id, pin) in &map.links {
                match pin {
                    Some(path) => println!("       link {id}, {}", path.display()),
                    None => println!("       link {id}, held by a process"),
                }
            }
            println!("{}", filled("       callbacks:", &map.callbacks));
        }
    });
    Ok(())
}

/// The words behind `first`, in lines of at most 80 columns. The others begin below the first word.
fn filled(first: &str, words: &[String]) -> String {
    let mut text = first.to_owned();
    let mut column = first.len();
    for word in words {
        if column + 1 + word.len() > 80 && column > first.len() {
            text.push('\n');
            text.push_str(&" ".repeat(first.len()));
            column = first.len();
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + word.len();
    }
    text
}

/// Says what was left out, and how to get it.
fn print_left(loaded: &Loaded) {
    for table in &loaded.left {
        println!(
            "{}: {} left out; --map {} attaches it",
            table.map, table.kind, table.map
        );
    }
}

fn check(json: bool, object: &Path, names: &[String]) -> Result<()> {
    let loaded = Loaded::open(object, names)?;
    let tables = loaded
        .tables
        .iter()
        .map(|(table, owner)| json!({"map": table.map, "type": table.kind, "module": owner}));
    let left = loaded.left.iter().map(|table| json!(table.map));
    show(
        json,
        json!({"loads": tables.collect::<Value>(), "left_out": left.collect::<Value>()}),
        || {
            for (table, owner) in &loaded.tables {
                println!("{}: {} of {owner}, loads", table.map, table.kind);
            }
            print_left(&loaded);
        },
    );
    Ok(())
}

fn attach(json: bool, object: &Path, names: &[String], dir: Option<&Path>) -> Result<()> {
    let mut loaded = Loaded::open(object, names)?;
    let all = loaded.attach(dir)?;
    let value = all.iter().map(|each| {
        let (kind, owner) = match &each.table {
            Some((table, owner)) => (Some(&table.kind), Some(owner)),
            None => (None, None),
        };
        json!({"name": each.name, "type": kind, "module": owner, "map_id": each.map_id, "pin": each.pin})
    });
    show(json, value.collect(), || {
        for each in &all {
            match &each.table {
                Some((table, owner)) => print!("{}: {} of {owner}", each.name, table.kind),
                None => print!("{}: a program", each.name),
            }
            match (&each.pin, dir, each.map_id) {
                (None, Some(_), Some(id)) => {
                    println!(", stays until it is deleted: struct-ops detach {id}")
                }
                _ => println!(),
            }
        }
        print_left(&loaded);
    });
    if dir.is_none() {
        io::stdin().read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

fn map_of(link: &Link) -> Result<u32> {
    match LinkInfo::from_fd(link.as_fd())?.info {
        LinkTypeInfo::StructOps(info) => Ok(info.map_id),
        _ => bail!("not the link of a struct_ops map"),
    }
}

fn replace(json: bool, path: &Path, object: &Path, name: Option<String>) -> Result<()> {
    let link = Link::open(path).with_context(|| format!("{}: no link", path.display()))?;
    let old = map_of(&link).with_context(|| path.display().to_string())?;
    ensure!(
        old != 0,
        "{}: it has been detached; remove it and attach the new map",
        path.display()
    );
    let names: Vec<_> = name.into_iter().collect();
    let mut loaded = Loaded::open(object, &names)?;
    let [(table, owner)] = &loaded.tables.clone()[..] else {
        let names: Vec<_> = loaded
            .tables
            .iter()
            .map(|(table, _)| format!("--map {}", table.map))
            .collect();
        bail!("the object has several maps: give {}", names.join(" or "));
    };
    ensure!(
        table.has_link,
        "{} has no BPF_F_LINK: it belongs into SEC(\".struct_ops.link\")",
        table.map
    );
    loaded.replace(&table.map, &link).with_context(|| {
        format!(
            "{owner} does not let {} take the place: is it of the same type, and can the type be updated?",
            table.map
        )
    })?;
    show(
        json,
        json!({"map": table.map, "type": table.kind, "module": owner}),
        || {
            println!("{}: {} of {owner}", table.map, table.kind);
        },
    );
    Ok(())
}

fn detach(what: &str) -> Result<()> {
    if let Ok(id) = what.parse() {
        let map = MapHandle::from_map_id(id).with_context(|| format!("no map with the id {id}"))?;
        return map.delete(&0u32.to_ne_bytes()).with_context(|| {
            format!("the map {id} cannot be deleted: it has links, or is not registered; see `struct-ops list`")
        });
    }
    let link = Link::open(what).with_context(|| format!("{what}: no link"))?;
    map_of(&link).context(what.to_owned())?;
    link.detach()
        .with_context(|| format!("cannot detach {what}"))?;
    std::fs::remove_file(what).with_context(|| format!("detached, but {what} cannot be removed"))
}

fn print_findings(json: bool) -> Result<bool> {
    let findings = doctor::examine()?;
    let value = findings
        .iter()
        .map(|each| json!({"ok": each.ok, "what": each.what, "mend": each.mend}));
    show(json, value.collect(), || {
        for each in &findings {
            let mend = each
                .mend
                .map(|mend| format!(": {mend}"))
                .unwrap_or_default();
            println!("{}  {}{mend}", if each.ok { "ok" } else { "--" }, each.what);
        }
    });
    Ok(findings.iter().all(|each| each.ok))
}

fn run(args: Args) -> Result<ExitCode> {
    // What libbpf says is for people who debug; the errors are for everybody.
    libbpf_rs::set_print(
        args.verbose
            .then_some((PrintLevel::Debug, |_, text| eprint!("{text}"))),
    );
    let json = args.json;
    match args.command {
        Command::Types => print_types(json)?,
        Command::List => print_maps(json)?,
        Command::Check { object, map } => check(json, &object, &map)?,
        Command::Attach { object, map, pin } => attach(json, &object, &map, pin.as_deref())?,
        Command::Replace { link, object, map } => replace(json, &link, &object, map)?,
        Command::Detach { what } => detach(&what)?,
        Command::Header { module, vmlinux } => print!("{}", header::of_module(&module, &vmlinux)?),
        Command::Doctor => {
            if !print_findings(json)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "struct-ops", &mut io::stdout());
        }
        Command::Man => clap_mangen::Man::new(Args::command()).render(&mut io::stdout())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    run(Args::parse()).unwrap_or_else(|err| {
        eprintln!("struct-ops: {err:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn lines_of_80_columns() {
        let words = vec!["0123456789".to_owned(); 14];
        let text = filled("  callbacks:", &words);

        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [78, 78, 34]);
        assert!(text
            .lines()
            .skip(1)
            .all(|line| line.starts_with("             0")));
        assert_eq!(filled("  callbacks:", &[]), "  callbacks:");
    }
}
