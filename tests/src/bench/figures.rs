//! Figures out of measurements. In: what was measured, round after round. Out: medians with the lowest and highest round,
//! ratios of what ran in the same round, and both as a table for people or as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::load::Measured;

/// One load on one server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Of the server, for each request.
    pub(super) cpu_micros: f64,
}

/// What is done in turn, each next to nginx.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Each pair: nginx, then the collector with the same bytes.
    pub(super) pairs: Vec<(&'static str, Figure, Figure)>,
}

/// A middle value and how far the others are from it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    median: f64,
    low: f64,
    high: f64,
}

/// What a measurement amounts to, with the processor time the server used meanwhile.
pub(super) fn figure(measured: &Measured, cpu: Duration) -> Figure {
    let count = measured.micros.len().max(1) as f64;
    Figure {
        per_second: measured.micros.len() as f64 / measured.took.as_secs_f64(),
        p50_ms: percentile(&measured.micros, 50),
        p99_ms: percentile(&measured.micros, 99),
        cpu_micros: cpu.as_secs_f64() * 1e6 / count,
    }
}

/// In milliseconds, of ascending microseconds.
fn percentile(micros: &[u32], percent: usize) -> f64 {
    let rank = (micros.len() * percent).div_ceil(100).max(1);
    micros.get(rank - 1).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}

fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    let median = if values.len() % 2 == 1 { at(middle) } else { (at(middle.saturating_sub(1)) + at(middle)) / 2.0 };
    Spread { median, low: at(0), high: at(values.len().saturating_sub(1)) }
}

/// Names, in the order of the first round.
fn names(rounds: &[Round]) -> Vec<&'static str> {
    rounds.first().map(|round| round.pairs.iter().map(|(name, ..)| *name).collect()).unwrap_or_default()
}

fn collect(rounds: &[Round], name: &str, value: impl Fn(&Figure, &Figure) -> f64) -> Spread {
    let pairs = rounds.iter().flat_map(|round| &round.pairs).filter(|(other, ..)| *other == name);
    spread(pairs.map(|(_, nginx, ours)| value(nginx, ours)).collect())
}

/// For people.
pub(super) fn table(rounds: &[Round]) -> String {
    let mut lines =
        vec![format!("{:<28}{:>26}{:>10}{:>10}{:>16}", "", "requests/s [low..high]", "p50 ms", "p99 ms", "CPU µs/request")];
    let mut ratios = Vec::new();
    for name in names(rounds) {
        for ours in [false, true] {
            let of = |value: fn(&Figure) -> f64| collect(rounds, name, |nginx, muster| value(if ours { muster } else { nginx }));
            let label = if ours { format!("muster, {name} reports") } else { format!("nginx 204, {name} reports") };
            let rate = of(|figure| figure.per_second);
            let rate = format!("{:.0} [{:.0}..{:.0}]", rate.median, rate.low, rate.high);
            lines.push(format!(
                "{label:<28}{rate:>26}{:>10.2}{:>10.2}{:>16.1}",
                of(|figure| figure.p50_ms).median,
                of(|figure| figure.p99_ms).median,
                of(|figure| figure.cpu_micros).median,
            ));
        }
        let rate = collect(rounds, name, |nginx, ours| ratio(ours.per_second, nginx.per_second));
        let cpu = collect(rounds, name, |nginx, ours| ratio(nginx.cpu_micros, ours.cpu_micros));
        ratios.push(format!(
            "{name} / nginx: {:.2} [{:.2}..{:.2}] of the requests/s, {:.2} by processor time",
            rate.median, rate.low, rate.high, cpu.median
        ));
    }
    [lines, vec![String::new()], ratios].concat().join("\n")
}

/// For programs.
pub(super) fn json(rounds: &[Round]) -> Value {
    let figure = |figure: &Figure| {
        json!({"requests_per_second": figure.per_second, "p50_ms": figure.p50_ms, "p99_ms": figure.p99_ms,
            "cpu_micros_per_request": figure.cpu_micros})
    };
    let loads = names(rounds).into_iter().map(|name| {
        let all: Vec<Value> = rounds
            .iter()
            .flat_map(|round| &round.pairs)
            .filter(|(other, ..)| *other == name)
            .map(|(_, nginx, ours)| json!({"nginx": figure(nginx), "muster": figure(ours)}))
            .collect();
        let rate = collect(rounds, name, |nginx, ours| ratio(ours.per_second, nginx.per_second));
        json!({"reports": name, "rounds": all, "ratio": {"median": rate.median, "low": rate.low, "high": rate.high}})
    });
    loads.collect()
}

fn ratio(one: f64, other: f64) -> f64 {
    if other > 0.0 { one / other } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_middles() {
        let micros: Vec<u32> = (1..=200).map(|n| n * 1000).collect();
        assert_eq!([percentile(&micros, 50), percentile(&micros, 99), percentile(&[], 99)], [100.0, 198.0, 0.0]);
        assert_eq!(percentile(&[7000], 50), 7.0);
        assert_eq!(spread(vec![3.0, 1.0, 2.0]), Spread { median: 2.0, low: 1.0, high: 3.0 });
        assert_eq!(spread(vec![4.0, 2.0]), Spread { median: 3.0, low: 2.0, high: 4.0 });
        let measured = Measured { micros, took: Duration::from_secs(2) };
        let figure = figure(&measured, Duration::from_secs(1));
        assert_eq!((figure.per_second, figure.cpu_micros), (100.0, 5000.0));
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let of = |per_second: f64| Figure { per_second, p50_ms: 1.0, p99_ms: 2.0, cpu_micros: 10.0 };
        let round = |nginx: f64, ours: f64| Round { pairs: vec![("unchanged", of(nginx), of(ours))] };
        let rounds = [round(100.0, 50.0), round(1000.0, 600.0), round(10.0, 4.0)];
        let table = table(&rounds);
        for part in ["100 [10..1000]", "50 [4..600]", "unchanged / nginx: 0.50 [0.40..0.60] of the requests/s, 1.00"] {
            assert!(table.contains(part), "{part} is missing in\n{table}");
        }
        let json = json(&rounds);
        assert_eq!(json[0]["ratio"]["median"], 0.5);
        assert_eq!(json[0]["rounds"].as_array().unwrap().len(), 3);
    }
}
