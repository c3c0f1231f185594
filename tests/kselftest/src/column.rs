// SPDX-License-Identifier: GPL-2.0

//! One run of the tests.

use std::fmt::{
    self,
    Display,
    Formatter, //
};

/// What became of a test or a subtest, from worse to better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Failed,
    /// Skipped by itself, or compiled to nothing.
    NotRun,
    Passed,
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
            Self::Passed => "ok",
        })
    }
}

/// The name of a row: a test, or a subtest of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub test: String,
    pub subtest: Option<String>,
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.subtest {
            None => f.write_str(&self.test),
            Some(subtest) => write!(f, "{}/{subtest}", self.test),
        }
    }
}

/// The results of one run.
pub struct Column {
    pub name: String,
    results: Vec<(Row, Verdict)>,
}

impl Column {
    /// Reads KTAP with subtests one level deep, each before the line of its test.
    pub fn parse(name: &str, ktap: &str) -> Self {
        let mut results = Vec::new();
        let mut subtests = Vec::new();

        for line in ktap.lines() {
            let Some((what, verdict)) = parse_result(line.trim_start()) else {
                continue;
            };
            if line.starts_with(' ') {
                subtests.push((what, verdict));
                continue;
            }
            let row = |subtest| Row {
                test: what.clone(),
                subtest,
            };
            results.push((row(None), verdict));
            for (at, (subtest, verdict)) in subtests.iter().enumerate() {
                // pro_epilogue has two subtests of one name.
                let before = subtests[..at].iter().filter(|(name, _)| name == subtest);
                let name = match before.count() {
                    0 => subtest.clone(),
                    count => format!("{subtest} ({})", count + 1),
                };
                results.push((row(Some(name)), *verdict));
            }
            subtests.clear();
        }
        Self {
            name: name.to_owned(),
            results,
        }
    }

    /// What became of `row`, if it is there.
    pub fn get(&self, row: &Row) -> Option<Verdict> {
        let found = self.results.iter().find(|(name, _)| name == row);
        found.map(|(_, verdict)| *verdict)
    }

    /// The rows, in the order of the run.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.results.iter().map(|(row, _)| row)
    }
}

/// Reads `ok 3 name`, with what may precede and follow it.
fn parse_result(line: &str) -> Option<(String, Verdict)> {
    let (rest, passed) = match line.strip_prefix("not ok ") {
        Some(rest) => (rest, false),
        None => (line.strip_prefix("ok ")?, true),
    };
    let (rest, directive) = rest.split_once(" # ").unwrap_or((rest, ""));
    let name = rest.split_once(' ')?.1;
    let verdict = match passed {
        false => Verdict::Failed,
        true if directive.starts_with("SKIP") => Verdict::NotRun,
        true => Verdict::Passed,
    };
    Some((name.to_owned(), verdict))
}
