// SPDX-License-Identifier: GPL-2.0

//! Several runs side by side.

use std::fmt::{
    self,
    Display,
    Formatter,
    Write, //
};

use crate::column::{
    Column,
    Row,
    Verdict, //
};

/// Columns, each of which has to be at least as good as those to its left.
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl Table {
    /// Makes a table of `columns`; a `part` has only rows that the first column does not have alone.
    pub fn new(columns: Vec<Column>, part: bool) -> Self {
        let skipped = usize::from(part && columns.len() > 1);
        let mut rows: Vec<Row> = Vec::new();

        for row in columns.iter().skip(skipped).flat_map(Column::rows) {
            if rows.contains(row) {
                continue;
            }
            // What only a later column has still belongs to its test.
            let place = rows.iter().rposition(|other| other.test == row.test);
            rows.insert(place.map_or(rows.len(), |last| last + 1), row.clone());
        }
        Self { columns, rows }
    }

    /// Tells to which earlier column `column` compares badly in `row`.
    fn worse_than(&self, row: &Row, column: usize) -> Option<(&str, Verdict)> {
        let mine = self.columns[column].get(row);

        self.columns[..column].iter().find_map(|other| {
            let theirs = other.get(row)?;
            let worse = mine.is_none_or(|mine| mine < theirs);
            worse.then_some((other.name.as_str(), theirs))
        })
    }

    /// A line for each row in which a column is worse than one to its left.
    pub fn complaints(&self) -> Vec<String> {
        let mut lines = Vec::new();

        for row in &self.rows {
            for (number, column) in self.columns.iter().enumerate() {
                if let Some((other, theirs)) = self.worse_than(row, number) {
                    let mine = cell(column.get(row));
                    lines.push(format!(
                        "worse: {row}: {mine} with {}, {theirs} with {other}",
                        column.name
                    ));
                }
            }
        }
        lines
    }

    /// The last column as KTAP.
    pub fn ktap(&self) -> String {
        let mut text = "KTAP version 1\n".to_owned();
        let mut tests = 0;

        for test in self.rows.iter().filter(|row| row.subtest.is_none()) {
            let subtests: Vec<_> = self
                .rows
                .iter()
                .filter(|row| row.test == test.test && row.subtest.is_some())
                .collect();
            if !subtests.is_empty() {
                let (name, count) = (&test.test, subtests.len());
                let _ = writeln!(
                    text,
                    "    KTAP version 1\n    # Subtest: {name}\n    1..{count}"
                );
            }
            for (number, row) in subtests.iter().enumerate() {
                let name = row.subtest.as_deref().unwrap_or_default();
                let _ = writeln!(text, "    {}", self.ktap_line(row, number + 1, name));
            }
            tests += 1;
            let _ = writeln!(text, "{}", self.ktap_line(test, tests, &test.test));
        }
        let _ = writeln!(text, "1..{tests}");
        text
    }

    fn ktap_line(&self, row: &Row, number: usize, name: &str) -> String {
        let last = self.columns.len() - 1;
        let mine = self.columns[last].get(row);

        if let Some((other, theirs)) = self.worse_than(row, last) {
            let mine = cell(mine);
            return format!("not ok {number} {name} # {mine}, {theirs} with {other}");
        }
        match mine {
            Some(Verdict::Passed) => format!("ok {number} {name}"),
            Some(Verdict::Failed) => format!("not ok {number} {name}"),
            Some(Verdict::NotRun) | None => format!("ok {number} {name} # SKIP not run"),
        }
    }
}

/// What stands for a verdict, or for a row that a column does not have.
fn cell(verdict: Option<Verdict>) -> String {
    verdict.map_or_else(|| "absent".to_owned(), |verdict| verdict.to_string())
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let indented = |row: &Row| match &row.subtest {
            None => row.to_string(),
            Some(subtest) => format!("  {subtest}"),
        };
        let counted = [Verdict::Passed, Verdict::NotRun, Verdict::Failed]
            .map(|verdict| (verdict, format!("tests/subtests {verdict}")));
        let names = self.rows.iter().map(indented);
        let names = names.chain(counted.iter().map(|(_, name)| name.clone()));
        let width = names.map(|name| name.len()).max().unwrap_or(0);
        let mut line = |first: &str, cells: Vec<String>| {
            let mut text = format!("{first:width$}");
            for (column, cell) in self.columns.iter().zip(cells) {
                let width = column.name.len().max(7);
                let _ = write!(text, "  {cell:width$}");
            }
            writeln!(f, "{}", text.trim_end())
        };

        let names = self.columns.iter().map(|column| column.name.clone());
        line("", names.collect())?;
        for row in &self.rows {
            let cells = self.columns.iter().map(|column| cell(column.get(row)));
            line(&indented(row), cells.collect())?;
        }
        // Tests and subtests, as test_progs counts them.
        let count = |column: &Column, verdict| {
            let (subtests, tests): (Vec<_>, Vec<_>) = self
                .rows
                .iter()
                .filter(|row| column.get(row) == Some(verdict))
                .partition(|row| row.subtest.is_some());
            format!("{}/{}", tests.len(), subtests.len())
        };
        for (verdict, name) in counted {
            let cells = self.columns.iter().map(|column| count(column, verdict));
            line(&name, cells.collect())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Column,
        Table, //
    };

    const GOOD: &str = "KTAP version 1
    KTAP version 1
    # Subtest: module
    1..2
    ok 1 load
    ok 2 unload
ok 1 module
ok 2 control
1..2
";

    fn table(columns: &[(&str, &str)], part: bool) -> Table {
        let columns = columns.iter().map(|(name, text)| Column::parse(name, text));
        Table::new(columns.collect(), part)
    }

    #[test]
    fn equal_columns_are_no_complaint() {
        let table = table(&[("C", GOOD), ("Rust", GOOD)], false);
        assert!(table.complaints().is_empty());
        assert_eq!(table.ktap(), GOOD);
    }

    #[test]
    fn failed_skipped_and_absent_rows_are_worse() {
        for (from, to, cell) in [
            ("ok 2 unload", "not ok 2 unload", "FAILED"),
            ("ok 2 unload", "ok 2 unload # SKIP", "not run"),
            ("    ok 2 unload\n", "", "absent"),
        ] {
            let table = table(&[("C", GOOD), ("Rust", &GOOD.replace(from, to))], false);
            let wanted = format!("worse: module/unload: {cell} with Rust, ok with C");
            assert_eq!(table.complaints(), [wanted]);
            let line = format!("    not ok 2 unload # {cell}, ok with C\n");
            assert!(table.ktap().contains(&line), "{}", table.ktap());
        }
    }

    #[test]
    fn subtests_of_one_name_are_two_rows() {
        let two = GOOD.replace("unload", "load");
        let bad = two.replace("ok 2 load", "not ok 2 load");
        let table = table(&[("C", &two), ("Rust", &bad)], false);
        let wanted = "worse: module/load (2): FAILED with Rust, ok with C";
        assert_eq!(table.complaints(), [wanted]);
    }

    #[test]
    fn better_is_no_complaint() {
        let bad = GOOD.replace("ok 2 control", "not ok 2 control");
        let table = table(&[("C", &bad), ("Rust", GOOD)], false);
        assert!(table.complaints().is_empty());
    }

    #[test]
    fn middle_column_is_judged_too() {
        let bad = GOOD.replace("ok 2 control", "not ok 2 control");
        let table = table(&[("base", GOOD), ("C", &bad), ("Rust", &bad)], false);
        assert_eq!(table.complaints().len(), 2);
    }

    #[test]
    fn cells_stand_below_their_column() {
        let text = table(&[("C", "KTAP version 1\nok 1 a\n1..1\n")], false).to_string();
        let wanted = "                        C
a                       ok
tests/subtests ok       1/0
tests/subtests not run  0/0
tests/subtests FAILED   0/0
";
        assert_eq!(text, wanted);
    }

    #[test]
    fn selected_tests_only() {
        let some = "KTAP version 1\nok 1 control\n1..1\n";
        let columns = [("base", GOOD), ("C", some), ("Rust", some)];
        assert_eq!(table(&columns, false).complaints().len(), 6);
        assert!(table(&columns, true).complaints().is_empty());
    }

    #[test]
    fn new_subtests_follow_their_test() {
        let old = GOOD.replace("    ok 1 load\n", "");
        let rows = table(&[("C", &old), ("Rust", GOOD)], false).rows;
        let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(rows, ["module", "module/unload", "module/load", "control"]);
    }
}
