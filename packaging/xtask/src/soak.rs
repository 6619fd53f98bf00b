//! `cargo xtask soak`: what the tests do in seconds, for as long as somebody has. In: which runs, how long, where seeds begin. Out:
//! each run's own output, the seeds it took, and a failure that says how to repeat it.
//!
//! A new run is a row of [`RUNS`]. All of them are bounded: no run goes on after its share of the time, give or take one round.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::python;
use crate::run::{Steps, captured, cargo, root, say};

/// Arguments of `soak`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many minutes all runs together may take; builds are not counted.
    #[arg(long, default_value_t = 30, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
    /// Seeds of each round: lives of the simulation, cases of each property test.
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(4..=100_000_000))]
    seeds: u64,
    /// The first seed of the simulation; the others follow it.
    #[arg(long, default_value_t = 1_000, value_name = "SEED", value_parser = clap::value_parser!(u64).range(..1_u64 << 62))]
    from: u64,
    /// Which runs; all without a name. `list` names them.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// One thing that can go on for long.
struct Run {
    name: &'static str,
    what: &'static str,
    how: How,
}

/// How it goes on.
enum How {
    /// Tests of the workspace, again and again: which targets, as cargo names them, and the variables that make a round larger.
    Tests { targets: &'static [&'static str], variables: fn(&Round) -> Vec<(&'static str, u64)> },
    /// A fuzz target of `tests/fuzz`, for the whole time.
    Fuzz { target: &'static str },
}

/// What a round is told.
struct Round {
    number: u64,
    seeds: u64,
    from: u64,
}

const RUNS: [Run; 9] = [
    Run {
        name: "life",
        what: "400 days of a licence beside its reference model, one life a seed",
        how: How::Tests {
            targets: &["--test", "life"],
            variables: |round| vec![("MUSTER_LIVES", round.seeds), ("MUSTER_LIFE_FROM", first_life(round))],
        },
    },
    Run {
        name: "properties",
        what: "the property tests of the rules, the wire and the licence, with more cases",
        how: How::Tests {
            targets: &["--package", "muster-domain", "--package", "muster-wire", "--package", "muster-license", "--lib"],
            variables: |round| vec![("PROPTEST_CASES", round.seeds)],
        },
    },
    Run {
        name: "kills",
        what: "kill -9 in a loop under load",
        how: How::Tests { targets: &["--test", "kills"], variables: |_| vec![("MUSTER_KILLS", 100)] },
    },
    Run {
        name: "pools",
        what: "64 clients on 10 seats, with and without kills: 10 s, and 15 s of kills every 3; each round longer, to 60 s",
        how: How::Tests { targets: &["--test", "pools"], variables: crowd },
    },
    Run {
        name: "imports",
        what: "files of 100,000 assets, 1 % of the lines bad: in, repeated, mended, out and in again",
        how: How::Tests { targets: &["--test", "imports"], variables: |_| vec![("MUSTER_IMPORT_LINES", 100_000)] },
    },
    Run {
        name: "openapi",
        what: "every operation of the API document, as every role: no server error, no answer that the document does not have",
        how: How::Tests { targets: &["--test", "openapi"], variables: examples },
    },
    Run { name: "query", what: "the encoded query language, fuzzed", how: How::Fuzz { target: "query" } },
    Run {
        name: "packages",
        what: "the agent's readers of what package managers keep, fuzzed",
        how: How::Fuzz { target: "packages" },
    },
    Run { name: "normalise", what: "the rules of normalisation, fuzzed", how: How::Fuzz { target: "normalise" } },
];

/// Instruments a fuzz target for libFuzzer with the stable compiler, as cargo-fuzz does; no sanitizer, which safe code does not need.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks";

/// Soaks.
///
/// # Errors
/// A name that is none, or the first run that fails.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.names.iter().any(|name| name == "list") {
        RUNS.iter().for_each(|run| say(&format!("{:<12} {}", run.name, run.what)));
        return Ok(());
    }
    let chosen = chosen(&args.names)?;
    let share = Duration::from_secs(args.minutes * 60) / u32::try_from(chosen.len()).unwrap_or(1).max(1);
    let mut steps = Steps::default();
    if chosen.iter().any(|run| matches!(run.how, How::Tests { .. })) {
        // A test that is named does not bring the programs that it starts.
        steps.run("build", &mut cargo(&["build", "--workspace", "--locked", "--bins", "--examples"]))?;
        python::ensure(&mut steps)?;
    }
    for run in chosen {
        say(&format!("==> {}: {}; {} s", run.name, run.what, share.as_secs()));
        match &run.how {
            How::Tests { targets, variables } => rounds(&mut steps, run.name, targets, *variables, args, share)?,
            How::Fuzz { target } => fuzz(&mut steps, target, args, share)?,
        }
    }
    say(&steps.summary());
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Run>> {
    for name in names {
        if !RUNS.iter().any(|run| run.name == name) {
            let known = RUNS.map(|run| run.name).join(", ");
            bail!("there is no run {name:?}; there are: {known}");
        }
    }
    Ok(RUNS.iter().filter(|run| names.is_empty() || names.iter().any(|name| name == run.name)).collect())
}

fn rounds(
    steps: &mut Steps,
    name: &str,
    targets: &[&str],
    variables: fn(&Round) -> Vec<(&'static str, u64)>,
    args: &Args,
    share: Duration,
) -> Result<()> {
    steps.run(&format!("{name}: build"), &mut tests(targets, "--no-run"))?;
    let began = now();
    for number in 0.. {
        let round = Round { number, seeds: args.seeds, from: args.from };
        let variables = variables(&round);
        let shown: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        say(&format!(
            "==> {name}: round {}, {}, {} s of {} s",
            number + 1,
            shown.join(" "),
            began.elapsed().as_secs(),
            share.as_secs()
        ));
        let mut command = tests(targets, "--no-fail-fast");
        command.envs(variables.iter().map(|(name, value)| (name, value.to_string())));
        steps
            .run(name, &mut command)
            .with_context(|| format!("repeat this round: {} cargo test --locked {}", shown.join(" "), targets.join(" ")))?;
        if began.elapsed() >= share {
            break;
        }
    }
    Ok(())
}

/// By cargo's own runner, which is there wherever the tests are built.
fn tests(targets: &[&str], how: &str) -> Command {
    let mut command = cargo(&["test", "--locked", how]);
    // A package that is named stands instead of the whole workspace.
    command.args((!targets.contains(&"--package")).then_some("--workspace")).args(targets);
    command
}

fn fuzz(steps: &mut Steps, target: &str, args: &Args, share: Duration) -> Result<()> {
    let directory = root().join("tests/fuzz");
    // A target that is named keeps the instruments out of build scripts, which have no runtime for them.
    let host = host()?;
    let mut build = cargo(&["build", "--release", "--manifest-path", "tests/fuzz/Cargo.toml", "--target-dir", "target/fuzz"]);
    build.args(["--target", &host, "--bin", target]).env("RUSTFLAGS", INSTRUMENTED);
    steps.run(&format!("{target}: build"), &mut build)?;
    // What was found interesting is kept for the next time; what failed is under `artifacts`.
    let (corpus, artifacts) = (directory.join("corpus").join(target), directory.join("artifacts"));
    for path in [&corpus, &artifacts] {
        std::fs::create_dir_all(path).with_context(|| format!("make {}", path.display()))?;
    }
    let seed = args.from & u64::from(u32::MAX);
    let mut command = Command::new(root().join("target/fuzz").join(&host).join("release").join(target));
    command
        .arg(&corpus)
        .arg(directory.join("seeds").join(target))
        .arg(format!("-dict={}", directory.join(format!("{target}.dict")).display()))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args([format!("-max_total_time={}", share.as_secs()), format!("-seed={seed}")])
        .args(["-timeout=10", "-max_len=4096", "-print_final_stats=1"]);
    steps.run(target, &mut command)
}

/// What the compiler builds for.
fn host() -> Result<String> {
    let said = captured(Command::new("rustc").arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

/// Longer rounds find what short ones cannot; none goes on for more than a minute.
fn crowd(round: &Round) -> Vec<(&'static str, u64)> {
    let times = round.number.saturating_add(1);
    vec![
        ("MUSTER_POOL_SECONDS", times.saturating_mul(10).min(60)),
        ("MUSTER_POOL_KILLS", times.saturating_mul(5).min(20)),
        ("MUSTER_POOL_BETWEEN", 3),
    ]
}

/// Each round has a seed of its own, and more requests for each operation; none goes on for more than an hour.
fn examples(round: &Round) -> Vec<(&'static str, u64)> {
    let times = round.number.saturating_add(1);
    vec![
        ("MUSTER_EXAMPLES", times.saturating_mul(10).min(100)),
        ("MUSTER_EXAMPLES_SEED", round.from.saturating_add(round.number)),
    ]
}

/// Each round has seeds of its own.
fn first_life(round: &Round) -> u64 {
    round.from.saturating_add(round.number.saturating_mul(round.seeds))
}

#[expect(clippy::disallowed_methods, reason = "how long a run may take concerns nobody but who waits for it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_told_the_names() {
        assert_eq!(chosen(&[]).unwrap().len(), RUNS.len());
        assert_eq!(chosen(&["kills".to_owned()]).unwrap()[0].name, "kills");
        let error = chosen(&["kill".to_owned()]).err().unwrap().to_string();
        assert!(
            error.contains("\"kill\"")
                && error.contains("life, properties, kills, pools, imports, openapi, query, packages, normalise"),
            "{error}"
        );
    }

    #[test]
    fn no_two_rounds_have_the_same_lives() {
        let of = |number| first_life(&Round { number, seeds: 100, from: 1_000 });
        assert_eq!((of(0), of(1), of(7)), (1_000, 1_100, 1_700));
    }

    #[test]
    fn crowds_begin_with_ten_seconds_and_stay_below_a_minute() {
        let of =
            |number| crowd(&Round { number, seeds: 100, from: 1_000 }).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!((of(0), of(1), of(900)), (vec![10, 5, 3], vec![20, 10, 3], vec![60, 20, 3]));
    }

    #[test]
    fn what_fuzz_targets_start_from_is_there() {
        for run in &RUNS {
            if let How::Fuzz { target } = run.how {
                let directory = root().join("tests/fuzz");
                assert!(directory.join("fuzz_targets").join(format!("{target}.rs")).is_file());
                assert!(directory.join("seeds").join(target).read_dir().unwrap().count() > 5);
                assert!(directory.join(format!("{target}.dict")).is_file());
            }
        }
    }
}
