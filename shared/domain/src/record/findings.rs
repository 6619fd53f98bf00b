//! What is wrong with a record, and what is only worth saying.

/// Something that cannot be as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{field}: {text}")]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// What is wrong and what would be right.
    pub text: String,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What keeps the record from being stored.
    pub errors: Vec<FieldError>,
    /// What an administrator should know.
    pub warnings: Vec<String>,
}

impl Findings {
    /// Something is wrong with a field.
    pub fn error(&mut self, field: &str, text: impl Into<String>) {
        self.errors.push(FieldError { field: field.to_owned(), text: text.into() });
    }

    /// Something is worth saying.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }
}
