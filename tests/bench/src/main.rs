// SPDX-License-Identifier: GPL-2.0

//! `bench-report BASE OURS DIR [EARLIER]`: what `make bench` prints.
//!
//! BASE and OURS are what the guests have printed: lines with a row, `c`, `rust` or `bare`, and a number, with
//! tabs between them. Writes `bench.tsv` and the plots to DIR, and prints a table; with an EARLIER `bench.tsv`
//! what has moved since then by more than 0.5 %.

#![forbid(unsafe_code)]

mod plot;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{
    bail,
    Context,
    Result, //
};

/// What is measured of each row.
const COLUMNS: [&str; 4] = ["C on base", "C on ours", "Rust on ours", "floor"];

pub struct Row {
    pub name: String,
    pub numbers: [Option<f64>; COLUMNS.len()],
}

/// What a file has, in its order.
fn read(path: &str) -> Result<Vec<(String, String, f64)>> {
    let text = fs::read_to_string(path).with_context(|| path.to_owned())?;
    let lines = text.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        let (row, of) = (parts.next()?, parts.next()?);
        Some((row.to_owned(), of.to_owned(), parts.next()?.parse().ok()?))
    });
    Ok(lines.collect())
}

fn rows(base: &str, ours: &str) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = vec![];
    let mut places = HashMap::new();
    let ours = read(ours)?.into_iter().map(|line| (line, [1, 2, 3]));
    let base = read(base)?.into_iter().map(|line| (line, [0, 4, 4]));
    for ((name, of, number), [c, rust, bare]) in ours.chain(base) {
        let column = match of.as_str() {
            "c" => c,
            "rust" => rust,
            "bare" => bare,
            of => bail!("{name}: of {of}"),
        };
        let place = *places.entry(name.clone()).or_insert_with(|| {
            let numbers = [None; COLUMNS.len()];
            rows.push(Row { name, numbers });
            rows.len() - 1
        });
        // Of the base kernel only what C does counts.
        if let Some(to) = rows[place].numbers.get_mut(column) {
            *to = Some(number);
        }
    }
    Ok(rows)
}

/// Calls are counted to a fraction of an instruction.
fn show(name: &str, number: Option<f64>) -> String {
    let digits = if name.contains("call,") || name.starts_with("seconds") {
        2
    } else {
        0
    };
    number.map_or("-".to_owned(), |number| format!("{number:.digits$}"))
}

fn tsv(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let number = |number: &Option<f64>| number.map_or("-".to_owned(), |n| n.to_string());
        format!(
            "{}\t{}\n",
            row.name,
            row.numbers.each_ref().map(number).join("\t")
        )
    };
    rows.iter().map(line).collect()
}

fn table(rows: &[Row]) {
    println!("| | C on base | C on ours | Rust on ours | floor | ours / base | Rust / C |");
    println!("|---|---|---|---|---|---|---|");
    for Row { name, numbers } in rows {
        let [base, ours, rust, bare] = numbers.map(|number| show(name, number));
        let ratio = |a: Option<f64>, b: Option<f64>| {
            let ratio = a.zip(b).filter(|(_, b)| *b != 0.);
            ratio.map_or("-".to_owned(), |(a, b)| format!("{:.3}", a / b))
        };
        let (by_base, by_c) = (ratio(numbers[1], numbers[0]), ratio(numbers[2], numbers[1]));
        println!("| {name} | {base} | {ours} | {rust} | {bare} | {by_base} | {by_c} |");
    }
}

/// Prints what has moved since `earlier`. Times always have.
fn moved(rows: &[Row], earlier: &str) -> Result<()> {
    let text = fs::read_to_string(earlier).with_context(|| earlier.to_owned())?;
    let before: HashMap<&str, Vec<Option<f64>>> = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, rest)| (name, rest.split('\t').map(|n| n.parse().ok()).collect()))
        .collect();
    for row in rows.iter().filter(|row| !row.name.contains("seconds")) {
        let Some(before) = before.get(row.name.as_str()) else {
            println!("{}: new", row.name);
            continue;
        };
        for ((column, now), was) in COLUMNS.iter().zip(row.numbers).zip(before) {
            if let (Some(now), Some(was)) = (now, *was) {
                if (now - was).abs() > was.abs() * 0.005 {
                    let (now, was) = (show(&row.name, Some(now)), show(&row.name, Some(was)));
                    println!("{}, {column}: {now}, was {was}", row.name);
                }
            }
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [base, ours, dir, earlier @ ..] = &args[..] else {
        bail!("usage: bench-report BASE OURS DIR [EARLIER]");
    };
    let (rows, dir) = (rows(base, ours)?, Path::new(dir));
    match earlier {
        [earlier] => moved(&rows, earlier)?,
        _ => table(&rows),
    }
    fs::write(dir.join("bench.tsv"), tsv(&rows))?;
    plot::maps(&rows, &dir.join("bench-maps.svg"))?;
    plot::types(&rows, &dir.join("bench-types.svg"))
}
