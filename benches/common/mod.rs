//! Measures subjects with criterion, side by side.
//!
//! It prints times, which depend on what else the machine does. What one subject costs beside another is counted by
//! `scripts/measure.sh instructions`.

use criterion::Criterion;
use std::time::Duration;

/// A name, and one call.
pub(crate) type Subject<'a> = (&'a str, Box<dyn FnMut() + 'a>);

pub(crate) fn compare(c: &mut Criterion, group: &str, case: &str, subjects: Vec<Subject<'_>>) {
    let mut bench = c.benchmark_group(group);
    bench.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for (name, mut call) in subjects {
        bench.bench_function(format!("{case}/{name}"), |b| b.iter(&mut *call));
    }
    bench.finish();
}
