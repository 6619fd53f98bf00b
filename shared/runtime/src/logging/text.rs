//! How one event becomes one line.
//!
//! Comes in: the fields of an event and the bytes of a JSON line. Goes out: the same with every character escaped that
//! could end the line, steer a terminal or turn the direction of writing. `tracing-subscriber` escapes a part of them, and
//! only in messages; values come from the network as well.

use std::fmt::{self, Debug, Write as _};
use std::io::{self, Write};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};

use crate::clock::SharedClock;
use crate::output::{is_steering, printable};

/// The wall clock in UTC, as RFC 3339 with microseconds.
pub(super) struct UtcTime(pub(super) SharedClock);

impl FormatTime for UtcTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str(&self.0.now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    }
}

/// Writes fields as `message name=value name=value`.
pub(super) struct SafeFields;

impl<'writer> FormatFields<'writer> for SafeFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = SafeVisitor { writer, separator: "", result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct SafeVisitor<'writer> {
    writer: Writer<'writer>,
    separator: &'static str,
    result: fmt::Result,
}

impl SafeVisitor<'_> {
    fn write(&mut self, field: &Field, value: &str) -> fmt::Result {
        self.writer.write_str(self.separator)?;
        self.separator = " ";
        if field.name() != "message" {
            let (name, equals) =
                if self.writer.has_ansi_escapes() { ("\u{1b}[3m", "\u{1b}[0m\u{1b}[2m=\u{1b}[0m") } else { ("", "=") };
            write!(self.writer, "{name}{}{equals}", field.name())?;
        }
        self.writer.write_str(&printable(value))
    }
}

impl Visit for SafeVisitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let _ = write!(text, ": {error}");
            source = error.source();
        }
        self.record_debug(field, &text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.result.is_ok() {
            self.result = self.write(field, &format!("{value:?}"));
        }
    }
}

/// Makes writers that escape in JSON what its own rules leave as it is. Such characters stand in strings only.
pub(super) struct SafeJson<M>(pub(super) M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for SafeJson<M> {
    type Writer = SafeJsonWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        SafeJsonWriter(self.0.make_writer())
    }
}

/// See [`SafeJson`].
pub(super) struct SafeJsonWriter<W>(W);

impl<W: Write> Write for SafeJsonWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains(is_unsafe_in_json) => {
                let mut escaped = String::with_capacity(text.len() + 16);
                for character in text.chars() {
                    if is_unsafe_in_json(character) {
                        let _ = write!(escaped, "\\u{:04x}", u32::from(character));
                    } else {
                        escaped.push(character);
                    }
                }
                self.0.write_all(escaped.as_bytes())?;
            }
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn is_unsafe_in_json(character: char) -> bool {
    is_steering(character) && !character.is_ascii_whitespace()
}
