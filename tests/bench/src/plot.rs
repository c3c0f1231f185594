// SPDX-License-Identifier: GPL-2.0

//! How what is measured grows with the number of maps and of types.

use std::path::Path;

use anyhow::Result;
use plotters::prelude::*;

use crate::Row;

/// A line of a plot: what is done, the column, and how it is called.
type Line = (&'static str, usize, &'static str);

const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 0x44, 0x88),
    RGBColor(0xdd, 0xaa, 0x33),
    RGBColor(0xbb, 0x55, 0x66),
    RGBColor(0x22, 0x88, 0x33),
    RGBColor(0x66, 0xcc, 0xee),
    RGBColor(0x77, 0x77, 0x77),
    RGBColor(0xaa, 0x33, 0x77),
];

/// The numbers of the rows `<what>, <number> <of>`.
fn points(rows: &[Row], what: &str, of: &str, column: usize) -> Vec<(f64, f64)> {
    let rows = rows.iter().filter_map(|row| {
        let (name, rest) = row.name.rsplit_once(", ")?;
        let number = rest.strip_suffix(of)?.trim_end().parse().ok()?;
        (name == what).then_some((number, row.numbers[column]?))
    });
    rows.collect()
}

fn draw(rows: &[Row], of: &str, to: f64, lines: &[Line], path: &Path) -> Result<()> {
    let area = SVGBackend::new(path, (760, 460)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(40)
        .x_label_area_size(40)
        .y_label_area_size(80)
        .build_cartesian_2d((1f64..to).log_scale(), (1e3f64..1e7).log_scale())?;
    chart
        .configure_mesh()
        .x_desc(of)
        .y_desc("instructions")
        .x_label_formatter(&|x| format!("{x}"))
        .y_label_formatter(&|y| format!("{y}"))
        .light_line_style(WHITE)
        .draw()?;
    for ((what, column, name), colour) in lines.iter().zip(COLOURS) {
        let points = points(rows, what, of, *column);
        let line = LineSeries::new(points.clone(), colour.stroke_width(2)).point_size(3);
        chart
            .draw_series(line)?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    Ok(area.present()?)
}

pub fn maps(rows: &[Row], path: &Path) -> Result<()> {
    let lines = [
        ("load program", 2, "load a program (Rust on ours)"),
        ("update map", 0, "set the value of a map (C on base)"),
        ("update map", 2, "the same (Rust on ours)"),
        ("create map", 0, "create a map (C on base)"),
        ("create map", 2, "the same (Rust on ours)"),
        ("create link", 2, "create a link (Rust on ours)"),
        ("free map", 2, "free a map (Rust on ours)"),
    ];
    draw(rows, "maps", 1e4, &lines, path)
}

pub fn types(rows: &[Row], path: &Path) -> Result<()> {
    let lines = [
        ("register", 0, "register a type (base)"),
        ("register", 1, "the same (ours)"),
        ("unregister", 1, "unregister it (ours)"),
        ("create map", 0, "create a map of it (base)"),
        ("create map", 1, "the same (ours)"),
        ("load program", 1, "load a program for it (ours)"),
    ];
    draw(rows, "types", 1e3, &lines, path)
}
