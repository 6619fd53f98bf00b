//! Fields with their values, as commands take them.

/// A field with its value, as people write it.
pub(super) fn field_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as FIELD=VALUE, such as install_status=7".to_owned()),
    }
}
