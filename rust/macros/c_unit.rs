// SPDX-License-Identifier: GPL-2.0

//! Writes the C side of struct_ops definitions.
//!
//! Rust has no BTF, so everything the registry looks up lives in a C translation unit of the
//! module: the table, the value type `bpf_struct_ops_<name>`, the stubs (whose argument names carry
//! the verifier's rules and whose types carry the kCFI hashes) and the verifier's operations (whose
//! callbacks take C enums, for which Rust cannot compute a kCFI hash).

use crate::{
    c_kfuncs::write_kfuncs,
    c_struct::CStruct,
    c_table::{
        declare,
        write_stubs,
        write_table, //
    },
    c_verifier::{
        writable,
        write_common,
        write_verifier_ops, //
    },
    callback::Callback,
    definition::Definition,
    kfunc::Kfunc,
    passing::{
        Passing,
        Pointee, //
    },
    types::Output, //
};
use std::{
    collections::BTreeSet,
    fmt, //
};

/// Everything that one module defines.
#[derive(Default)]
pub(crate) struct Unit {
    /// Where it comes from, for the comment at the top.
    pub(crate) sources: Vec<String>,
    pub(crate) structs: Vec<CStruct>,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) kfuncs: Vec<Kfunc>,
    /// The names of those of `structs` and `kfuncs` that BPF takes for one of the kernel.
    pub(crate) in_kernel: BTreeSet<String>,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "// SPDX-License-Identifier: GPL-2.0")?;
        writeln!(f, "/*")?;
        writeln!(f, " * Generated from the definitions in:")?;
        for source in &self.sources {
            writeln!(f, " *   {source}")?;
        }
        writeln!(f, " * Change those, not this file.")?;
        writeln!(f, " */\n")?;
        writeln!(f, "#include <linux/bpf.h>")?;
        writeln!(f, "#include <linux/bpf_verifier.h>")?;
        writeln!(f, "#include <linux/btf.h>")?;
        writeln!(f, "#include <linux/btf_ids.h>")?;
        writeln!(f, "#include <linux/module.h>")?;
        writeln!(f, "#include <linux/mutex.h>")?;
        writeln!(f, "#include <linux/srcu.h>")?;
        let headers: BTreeSet<_> = self.pointees().filter_map(|to| to.header).collect();
        for header in headers {
            writeln!(f, "#include <{header}>")?;
        }
        if let Some(name) = self.duplicate() {
            return writeln!(f, "\n#error two structs of this module are called {name}");
        }
        if let Some(name) = self.written_to() {
            return writeln!(
                f,
                "\n#error programs may write to struct {name}: callbacks have to take it as &Shared"
            );
        }
        let writable: BTreeSet<_> = self
            .definitions
            .iter()
            .flat_map(|d| writable(d, &self.structs))
            .map(|w| &w.of.name)
            .collect();
        let unused = |s: &&CStruct| !s.writable.is_empty() && !writable.contains(&s.name);
        if let Some(unused) = self.structs.iter().find(unused) {
            return writeln!(
                f,
                "\n#error struct {} has #[writable] fields, but no callback takes it as &Shared",
                unused.name
            );
        }
        let mut done = BTreeSet::new();
        for item in &self.structs {
            self.write_struct(f, item, &mut done)?;
        }
        self.write_unknown(f)?;
        write_common(f, !writable.is_empty())?;
        for definition in &self.definitions {
            write_table(f, definition)?;
            write_stubs(f, definition)?;
            write_verifier_ops(f, definition, &self.structs)?;
            write_mutex(f, &definition.name)?;
            if definition.sleeps() {
                write_srcu(f, &definition.name)?;
            }
        }
        write_kfuncs(f, &self.kfuncs, &self.definitions, &self.structs)?;
        for kfunc in &self.kfuncs {
            self.write_in_kernel(f, &kfunc.item.sig.ident.to_string())?;
        }
        Ok(())
    }
}

impl Unit {
    fn callbacks(&self) -> impl Iterator<Item = &Callback> {
        self.definitions.iter().flat_map(Definition::callbacks)
    }

    /// What callbacks and kfuncs take and return pointers to.
    fn pointees(&self) -> impl Iterator<Item = &Pointee> {
        let callbacks = self.callbacks().flat_map(|c| {
            c.arguments
                .iter()
                .filter_map(|a| a.passing.pointee())
                .chain(c.output.pointee())
        });
        let taken = self.kfuncs.iter().flat_map(|k| &k.arguments);
        let given = self.kfuncs.iter().map(|k| &k.output);
        callbacks
            .chain(taken.filter_map(|a| a.passing.as_ref()?.pointee()))
            .chain(given.filter_map(Output::pointee))
    }

    /// A struct that callbacks give to programs as `&T`, all or in part, or a part of one that is
    /// refcounted, and that has `#[writable]` fields or that kfuncs take as `&Shared<T>`: a program could
    /// write, or have a kfunc write, to what Rust takes for immutable.
    fn written_to(&self) -> Option<&String> {
        let passed = self.callbacks().flat_map(|c| &c.arguments);
        let mut names: Vec<_> = passed
            .filter_map(|a| match &a.passing {
                Passing::Reference(to) | Passing::Nullable(to) => Some(&to.name),
                _ => None,
            })
            .collect();
        let refcounted = self.structs.iter().filter(|s| s.refcounted);
        names.extend(refcounted.flat_map(CStruct::parts));
        let mut frozen = BTreeSet::new();
        while let Some(name) = names.pop() {
            if !frozen.insert(name) {
                continue;
            }
            let fields = self.structs.iter().filter(|s| s.name == *name);
            names.extend(fields.flat_map(CStruct::parts));
        }
        let taken = self.kfuncs.iter().flat_map(|k| &k.arguments);
        let writable = self.structs.iter().filter(|s| !s.writable.is_empty());
        taken
            .filter_map(|a| match &a.passing {
                Some(Passing::Shared(to)) => Some(&to.name),
                _ => None,
            })
            .chain(writable.map(|s| &s.name))
            .find(|name| frozen.contains(name))
    }

    /// A name that is taken twice: C and BTF have one namespace for the whole module.
    fn duplicate(&self) -> Option<&String> {
        let mut names = BTreeSet::new();
        let definitions = self.definitions.iter().map(|d| &d.name);
        definitions
            .chain(self.structs.iter().map(|s| &s.name))
            .find(|name| !names.insert(*name))
    }

    /// Declares structs that no file defines, so that the Rust compiler can say where they are used.
    fn write_unknown(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown: BTreeSet<_> = self
            .pointees()
            .filter(|to| to.header.is_none() && self.structs.iter().all(|s| s.name != to.name))
            .map(|to| &to.name)
            .collect();
        for name in unknown {
            writeln!(f, "\nstruct {name} {{\n}};")?;
        }
        Ok(())
    }

    /// Writes a struct after those it contains: C wants that order, Rust does not.
    fn write_struct(
        &self,
        f: &mut fmt::Formatter<'_>,
        item: &CStruct,
        done: &mut BTreeSet<String>,
    ) -> fmt::Result {
        if !done.insert(item.name.clone()) {
            return Ok(());
        }
        for name in item.parts() {
            if let Some(inner) = self.structs.iter().find(|s| s.name == *name) {
                self.write_struct(f, inner, done)?;
            }
        }
        writeln!(f, "\nstruct {} {{", item.name)?;
        for (ident, data) in &item.fields {
            writeln!(f, "\t{};", declare(data, &ident.to_string()))?;
        }
        if item.refcounted {
            writeln!(
                f,
                "\t/* Not only numbers, or the verifier would accept any memory of that size. */"
            )?;
            // With it, BTF cannot take it for one of the kernel.
            return writeln!(f, "\tvoid *__opaque[0];\n}};");
        }
        writeln!(f, "}};\n")?;
        self.write_in_kernel(f, &item.name)
    }

    /// Says whether the kernel has a struct or function `name`, too: Rust can name the line.
    fn write_in_kernel(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        let in_kernel = u8::from(self.in_kernel.contains(name));
        writeln!(f, "#define {name}__in_kernel {in_kernel}")
    }
}

/// Writes what orders the changes of the type's slot: Rust has no static ones.
fn write_mutex(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    writeln!(f, "\nextern struct mutex {name}__mutex;")?;
    writeln!(f, "DEFINE_MUTEX({name}__mutex);")
}

/// Writes the domain in which callers of the type may sleep: Rust has no static ones.
fn write_srcu(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    writeln!(f, "\nextern struct srcu_struct {name}__srcu;")?;
    writeln!(f, "DEFINE_SRCU({name}__srcu);")
}
