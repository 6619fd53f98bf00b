//! Fields with their values, as commands take them.

/// A field with its value, as people write it.
pub(super) fn field_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as FIELD=VALUE, such as install_status=7".to_owned()),
    }
}

/// Reads a date.
pub(super) fn date(text: &str) -> Result<chrono::NaiveDate, String> {
    text.trim().parse().map_err(|_| "write a date as YEAR-MONTH-DAY, such as 2026-11-22".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_or_their_form_is_told() {
        assert_eq!(date("2026-11-22").unwrap().to_string(), "2026-11-22");
        for wrong in ["yesterday", "", "22.11.2026", "2026-13-01"] {
            assert!(date(wrong).unwrap_err().contains("2026-11-22"), "{wrong}");
        }
    }
}
