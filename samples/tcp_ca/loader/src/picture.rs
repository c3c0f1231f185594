// SPDX-License-Identifier: GPL-2.0

//! Throughput and congestion window over time, as SVG.

use anyhow::{
    anyhow,
    Result, //
};
use plotters::prelude::*;

use crate::measure::{
    Sample,
    TURN, //
};

const SIZE: (u32, u32) = (900, 560);

/// How many samples a throughput is the mean of.
const OVER: usize = 5;

/// Draws a transfer that had one control after the other.
pub fn draw(samples: &[Sample], controls: [&str; 2]) -> Result<String> {
    let throughput: Vec<_> = samples
        .windows(OVER + 1)
        .map(|window| {
            let (first, last) = (window[0], window[OVER]);
            let bits = (last.acked - first.acked) as f64 * 8.0;
            (last.at, bits / (last.at - first.at) / 1e6)
        })
        .collect();
    let window: Vec<_> = samples
        .iter()
        .map(|s| (s.at, f64::from(s.window)))
        .collect();

    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        // An error borrows what it is about.
        let wrong = |err: &dyn std::fmt::Display| anyhow!("cannot draw: {err}");
        root.fill(&WHITE).map_err(|err| wrong(&err))?;
        let (top, bottom) = root.split_vertically(SIZE.1 / 2);
        for (area, title, points, colour) in [
            (top, "throughput, Mbit/s", throughput, BLUE),
            (bottom, "congestion window, packets", window, RED),
        ] {
            let end = TURN.as_secs_f64();
            let highest = points.iter().map(|(_, y)| *y).fold(1.0, f64::max) * 1.15;
            let mut chart = ChartBuilder::on(&area)
                .margin(12)
                .caption(title, ("sans-serif", 18))
                .x_label_area_size(34)
                .y_label_area_size(44)
                .build_cartesian_2d(0.0..2.0 * end, 0.0..highest)
                .map_err(|err| wrong(&err))?;
            chart
                .configure_mesh()
                .light_line_style(TRANSPARENT)
                .x_desc("seconds")
                .draw()
                .map_err(|err| wrong(&err))?;
            let swap = [(end, 0.0), (end, highest)];
            chart
                .draw_series(LineSeries::new(swap, BLACK.mix(0.5)))
                .map_err(|err| wrong(&err))?;
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))
                .map_err(|err| wrong(&err))?;
            let names = (0..).zip(controls).map(|(turn, name)| {
                let at = (end * (0.03 + f64::from(turn)), highest * 0.98);
                Text::new(name.to_owned(), at, ("sans-serif", 16))
            });
            chart.draw_series(names).map_err(|err| wrong(&err))?;
        }
        root.present().map_err(|err| wrong(&err))?;
    }
    Ok(svg)
}
