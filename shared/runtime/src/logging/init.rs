//! Starting the log, once per process.
//!
//! Comes in: flags, and the program's defaults (from its configuration). Goes out: the global subscriber of `tracing`. A
//! flag counts more than the configuration, also when that is read again.

use std::io::{self, IsTerminal};
use std::sync::{Arc, OnceLock};

use tracing::Subscriber;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry, reload};

use super::args::{LogArgs, LogFormat};
use super::level::{Level, LevelError};
use super::text::{SafeFields, SafeJson, UtcTime};
use crate::clock::{SharedClock, SystemClock};

static STARTED: OnceLock<Started> = OnceLock::new();

struct Started {
    filter: reload::Handle<EnvFilter, Registry>,
    level_is_flagged: bool,
}

/// Starts logging to standard error. Flags count first, then `default_level` and `default_format` (`text` or `json`). A
/// second call changes nothing.
///
/// A default that is no level or format is reported in the log and replaced by `info` or `text`.
pub fn init(args: &LogArgs, default_level: &str, default_format: &str) {
    let level = args.log.clone().map_or_else(|| default_level.parse(), Ok);
    let format = args.log_format.map_or_else(|| clap::ValueEnum::from_str(default_format, true), Ok);
    let mut first = false;
    STARTED.get_or_init(|| {
        first = true;
        let filter = level.as_ref().map_or_else(|_| Level::default().filter(), Level::filter).unwrap_or_default();
        let (filter, handle) = reload::Layer::new(filter);
        let color = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let format = format.as_ref().copied().unwrap_or_default();
        let lines = lines(format, color, Arc::new(SystemClock), io::stderr);
        // An error says that somebody, e.g. a test, has a subscriber of his own.
        let _ = tracing::subscriber::set_global_default(Registry::default().with(filter).with(lines));
        Started { filter: handle, level_is_flagged: args.log.is_some() }
    });
    if first {
        if let Err(error) = level {
            tracing::warn!(level = default_level, %error, "the configured log level is not used");
        }
        if format.is_err() {
            tracing::warn!(format = default_format, "the configured log format is neither text nor json; text is used");
        }
    }
}

/// Takes a new default level, e.g. after SIGHUP. Without effect when `--log` or `MUSTER_LOG` said something else, or before
/// [`init`].
///
/// # Errors
/// When `level` is none; then the old one stays.
pub fn set_default_level(level: &str) -> Result<(), LevelError> {
    let filter = level.parse::<Level>()?.filter()?;
    match STARTED.get() {
        // The handle fails only when its subscriber is gone, and then nobody logs anything.
        Some(started) if !started.level_is_flagged => started.filter.reload(filter).map_err(|_| LevelError),
        _ => Ok(()),
    }
}

/// The layer that turns events into lines.
fn lines<S, M>(format: LogFormat, color: bool, clock: SharedClock, writer: M) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    M: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        LogFormat::Text => layer().with_ansi(color).with_timer(UtcTime(clock)).fmt_fields(SafeFields).with_writer(writer).boxed(),
        LogFormat::Json => layer().json().with_span_list(false).with_timer(UtcTime(clock)).with_writer(SafeJson(writer)).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::Command;
    use std::sync::Mutex;

    use super::*;
    use crate::clock::TestClock;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `events` write.
    fn logged(format: LogFormat, color: bool, events: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let clock = TestClock::at("2026-11-21T20:00:00.000001Z".parse().unwrap());
        let writer = buffer.clone();
        let layer = lines(format, color, clock, move || writer.clone());
        tracing::subscriber::with_default(Registry::default().with(layer), events);
        String::from_utf8(std::mem::take(&mut buffer.0.lock().unwrap())).unwrap()
    }

    #[derive(Debug, thiserror::Error)]
    #[error("outer\nline")]
    struct Outer(#[source] io::Error);

    const HOSTILE: &str = "a\u{1b}[2J\u{7}\u{9b}\u{7f}\u{8}\r\n2026 ERROR forged\u{202e}\u{2028}";

    fn hostile_events() {
        let span = tracing::info_span!("span", name = %HOSTILE, later = tracing::field::Empty);
        span.record("later", tracing::field::display(HOSTILE));
        let _entered = span.enter();
        let error = Outer(io::Error::other(HOSTILE));
        tracing::info!(
            text = HOSTILE,
            shown = %HOSTILE,
            debugged = ?HOSTILE,
            error = &error as &dyn std::error::Error,
            "message {HOSTILE}"
        );
        tracing::info!(message = HOSTILE);
    }

    #[test]
    fn text_lines_have_time_level_part_message_and_fields() {
        let text = logged(LogFormat::Text, false, || {
            let _span = tracing::info_span!("request", id = 7).entered();
            tracing::info!(agent_id = %"a-1", count = 3, name = "x y", "report accepted");
            tracing::warn!("no fields");
        });
        let part = module_path!();
        assert_eq!(
            text,
            format!(
                "2026-11-21T20:00:00.000001Z  INFO request{{id=7}}: {part}: report accepted agent_id=a-1 count=3 name=\"x y\"\n\
                 2026-11-21T20:00:00.000001Z  WARN request{{id=7}}: {part}: no fields\n"
            )
        );
    }

    #[test]
    fn errors_are_logged_with_what_caused_them() {
        let error = Outer(io::Error::other("inner"));
        let text = logged(LogFormat::Text, false, || tracing::error!(error = &error as &dyn std::error::Error, "failed"));
        assert!(text.ends_with("failed error=\"outer\\nline: inner\"\n"), "{text}");
    }

    #[test]
    fn no_value_leaves_its_line_or_steers_the_terminal() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(format, false, hostile_events);
            assert_eq!(text.lines().count(), 2, "{format:?}: {text:?}");
            let unsafe_character = text.chars().find(|character| crate::output::is_steering(*character) && *character != '\n');
            assert_eq!(unsafe_character, None, "{format:?}: {text:?}");
            assert!(text.contains("forged"), "{text:?}");
        }
    }

    #[test]
    fn colors_are_the_only_escapes_on_a_terminal() {
        let text = logged(LogFormat::Text, true, hostile_events);
        assert_eq!(text.lines().count(), 2, "{text:?}");
        let mut rest = text.as_str();
        let mut colors = 0;
        while let Some((_, tail)) = rest.split_once('\u{1b}') {
            let end = tail.find(|character: char| !matches!(character, '[' | ';' | '0'..='9')).unwrap();
            assert!(tail[end..].starts_with('m'), "{text:?}");
            (rest, colors) = (&tail[end..], colors + 1);
        }
        assert!(colors > 4, "{text:?}");
    }

    #[test]
    fn json_lines_keep_values_as_they_are() {
        let text = logged(LogFormat::Json, false, || {
            let _span = tracing::info_span!("request", id = 7).entered();
            tracing::info!(agent_id = %HOSTILE, count = 3, "report accepted");
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "timestamp": "2026-11-21T20:00:00.000001Z", "level": "INFO", "target": module_path!(),
                "fields": {"message": "report accepted", "agent_id": HOSTILE, "count": 3},
                "span": {"id": 7, "name": "request"},
            })
        );
    }

    /// The global subscriber belongs to a process, so this test runs itself again as the process to look at.
    #[test]
    fn logging_starts_once_and_a_flag_beats_the_configuration() {
        const ROLE: &str = "MUSTER_TEST_LOGGING_FLAG";
        if let Ok(flag) = std::env::var(ROLE) {
            let args = LogArgs { log: flag.parse().ok(), log_format: None };
            assert_eq!(set_default_level("debug"), Ok(()), "before the start nothing happens");
            init(&args, "warn", "json");
            init(&LogArgs::default(), "trace", "text");
            tracing::info!("one");
            tracing::warn!("two");
            set_default_level("info").unwrap();
            tracing::info!("three");
            assert_eq!(set_default_level("loud"), Err(LevelError));
            tracing::info!("four");
            return;
        }
        let check = |flag: &str, expected: &[&str]| {
            let name = "logging::init::tests::logging_starts_once_and_a_flag_beats_the_configuration";
            let mut child = Command::new(std::env::current_exe().unwrap());
            let output = child.args(["--exact", name, "--nocapture"]).env(ROLE, flag).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let text = String::from_utf8(output.stderr).unwrap();
            let messages: Vec<String> = text
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .map(|line| line["fields"]["message"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(messages, expected, "{flag}: {text}");
        };
        check("", &["two", "three", "four"]);
        check("info", &["one", "two", "three", "four"]);
        check("error", &[]);
    }

    #[test]
    fn defaults_that_are_wrong_are_reported_and_replaced() {
        const ROLE: &str = "MUSTER_TEST_LOGGING_DEFAULTS";
        if std::env::var_os(ROLE).is_some() {
            init(&LogArgs::default(), "loud", "xml");
            tracing::info!("one");
            return;
        }
        let name = "logging::init::tests::defaults_that_are_wrong_are_reported_and_replaced";
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", name, "--nocapture"]).env(ROLE, "1").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{text}");
        for expected in ["log level is not used level=\"loud\"", "neither text nor json; text is used format=\"xml\"", ": one\n"]
        {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
}
