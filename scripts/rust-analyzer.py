#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""rust-analyzer.py DIR OUT: adds the crates of the struct_ops modules in DIR to rust-project.json.

`make -C KDIR M=DIR MO=OUT rust-analyzer` has written the kernel's crates to OUT/rust-project.json,
and the modules have been built in OUT. The whole goes to DIR, where an IDE looks for it. (Python,
because the kernel's half is.)
"""

import json
import pathlib
import re
import sys

RUST = pathlib.Path(__file__).resolve().parent.parent / "rust"


def main(source: pathlib.Path, out: pathlib.Path) -> None:
    try:
        project = json.loads((out / "rust-project.json").read_text())
        kbuild = (source / "Kbuild").read_text()
    except OSError as error:
        sys.exit(f"error: {error}: build the modules and run the kernel's `make rust-analyzer` first")
    crates = project["crates"]
    known = {crate["display_name"]: index for index, crate in enumerate(crates)}

    def add(name: str, root: pathlib.Path, deps: dict[str, str], **more: object) -> None:
        """`deps` are crates by the name that this one knows them by."""
        crates.append({
            "display_name": name,
            "root_module": str(root),
            "is_workspace_member": True,
            "deps": [{"crate": known[crate], "name": alias} for alias, crate in deps.items()],
            "cfg": crates[known["kernel"]]["cfg"],
            "edition": "2021",
            "env": {"RUST_MODFILE": "This is only for rust-analyzer"},
            **more,
        })
        known[name] = len(crates) - 1

    def same(*names: str) -> dict[str, str]:
        return {name: name for name in names}

    add("struct_ops_macros", RUST / "macros/lib.rs",
        same("std", "proc_macro", "proc_macro2", "quote", "syn"), is_proc_macro=True,
        proc_macro_dylib_path=str(out / "struct_ops/libstruct_ops_macros.so"))
    add("struct_ops", RUST / "struct_ops/lib.rs",
        same("core", "kernel", "pin_init", "struct_ops_macros"))
    for name, root in re.findall(r"^(\w+)-struct-ops\s*[:+]?=\s*(\S+)", kbuild, re.MULTILINE):
        add(name, source / root, same("core", "kernel", "pin_init", "struct_ops"))
    (source / "rust-project.json").write_text(json.dumps(project, indent=4) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
