//! What every bench does: measure the subjects with criterion, then print how ours compares with each rival.

use criterion::Criterion;
use std::time::{Duration, Instant};

/// A name, and one call.
pub(crate) type Subject<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The first subject is ours.
pub(crate) fn compare(c: &mut Criterion, group: &str, case: &str, mut subjects: Vec<Subject<'_>>) {
    let mut bench = c.benchmark_group(group);
    bench.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for (name, call) in &mut subjects {
        bench.bench_function(format!("{case}/{name}"), |b| b.iter(&mut *call));
    }
    bench.finish();
    let (ours, rivals) = subjects.split_at_mut(1);
    for (name, rival) in rivals {
        println!("ratio {group}/{case}: {:.2} x {name}", ratio(&mut ours[0].1, rival));
    }
}

/// The median of the ratios of short rounds that take turns, so that a busy machine slows both.
fn ratio(ours: &mut dyn FnMut(), rival: &mut dyn FnMut()) -> f64 {
    let calls = calls_in(Duration::from_millis(2), ours);
    let mut ratios: Vec<f64> = (0..31).map(|_| time(calls, ours) / time(calls, rival)).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn calls_in(target: Duration, call: &mut dyn FnMut()) -> u32 {
    let (start, mut calls) = (Instant::now(), 0);
    while start.elapsed() < target {
        call();
        calls += 1;
    }
    calls
}

fn time(calls: u32, call: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| call());
    start.elapsed().as_secs_f64()
}
