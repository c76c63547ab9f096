//! What is printed: colours, a table, an error, and the progress of a long step.

use crate::cli::Color;
use anstream::{ColorChoice, eprintln, println};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

pub(crate) const GREEN: &str = "\x1b[32m";
pub(crate) const YELLOW: &str = "\x1b[33m";
pub(crate) const RED: &str = "\x1b[31m";
pub(crate) const BOLD: &str = "\x1b[1m";
pub(crate) const RESET: &str = "\x1b[0m";

/// Sets whether colours are written. `anstream` removes them where they are not.
pub(crate) fn set_color(color: Color) {
    match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
    .write_global();
}

/// Prints an error with what was being done.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("{RED}error{RESET}: {error:#}");
}

/// Prints a heading, and below it the lines, if there are any.
pub(crate) fn section(heading: &str, lines: &[(String, String)]) {
    if lines.is_empty() {
        return;
    }
    println!("\n{BOLD}{heading}{RESET}");
    let width = lines.iter().map(|(first, _)| first.chars().count()).max().unwrap_or_default().min(48);
    for (first, second) in lines {
        println!("{}", format!("  {first:width$}  {second}").trim_end());
    }
}

/// Prints rows in columns as wide as their widest cell. The colour of a cell is not part of its width.
pub(crate) fn table(heading: &[&str], rows: &[Vec<(&'static str, String)>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|(_, cell)| cell.chars().count());
        cells.chain(heading.get(column).map(|cell| cell.len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: Vec<(&str, &str)>| {
        // Nothing after the last cell: no spaces, and no colour.
        let cells = cells.iter().rev().skip_while(|(_, cell)| cell.is_empty()).collect::<Vec<_>>();
        let last = cells.len().saturating_sub(1);
        let cells = cells.iter().rev().zip(&widths).enumerate().map(|(index, ((color, cell), width))| {
            let width = if index == last { 0 } else { *width };
            let end = if color.is_empty() { "" } else { RESET };
            format!("{color}{cell}{end}{:1$}", "", width.saturating_sub(cell.chars().count()))
        });
        println!("{}", cells.collect::<Vec<_>>().join("  "));
    };
    line(heading.iter().map(|cell| (BOLD, *cell)).collect());
    for row in rows {
        line(row.iter().map(|(color, cell)| (*color, cell.as_str())).collect());
    }
}

/// Returns a bar that appears on a terminal when the step takes longer than a moment.
pub(crate) fn progress(steps: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
