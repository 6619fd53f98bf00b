//! Notes to which one may only add: each with who wrote it and when.
//!
//! In: the notes that there are, what was entered, and by whom. Out: the notes that are to be.

/// Most characters of all notes of a record: a file that was exported can be imported.
pub(super) const MOST: usize = 20_000;

/// The notes with one more below them. Who sends earlier ones back with something above or below them has entered only that. A file
/// that says what is there already (`once`) adds nothing.
///
/// # Errors
/// When they would be too long.
pub fn noted(before: &str, entered: &str, (by, at): (&str, &str), once: bool) -> Result<String, String> {
    let unified = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let (before, entered) = (unified(before), unified(entered));
    let rest = entered.strip_prefix(&*before).or_else(|| entered.strip_suffix(&*before)).unwrap_or(&entered);
    let note = rest.trim();
    if note.is_empty() || (once && has(&before, note)) {
        return Ok(before);
    }
    let all = if before.is_empty() { format!("[{at} {by}] {note}") } else { format!("{before}\n[{at} {by}] {note}") };
    if all.chars().count() > MOST {
        return Err(format!("the notes would be longer than {MOST} characters; put this one elsewhere"));
    }
    Ok(all)
}

/// Whether one of the notes is this one.
fn has(notes: &str, note: &str) -> bool {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with("\n[");
    notes.match_indices(&format!("] {note}")).any(|(at, found)| notes.get(at + found.len()..).is_some_and(ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_added_and_never_overwritten() {
        let check = |before: &str, entered: &str, once: bool, expected: &str| {
            let stamp = ("user:anna", "2026-06-15T08:00:00Z");
            assert_eq!(noted(before, entered, stamp, once).as_deref(), Ok(expected), "{before:?} {entered:?}");
        };
        let (first, second) = ("[2026-06-15T08:00:00Z user:anna] a", "[2026-06-15T08:00:00Z user:anna] b");
        let both = format!("{first}\n{second}");
        check("", " a ", false, first);
        check(first, "b", false, &both);
        check(first, "", false, first);
        check(first, first, false, first);
        check(first, &format!("{first}\r\nb"), false, &both);
        check(first, &format!("b\n{first}"), false, &both);
        check(first, "a", false, &format!("{first}\n{first}"));
        check(first, "a", true, first);
        check(&both, "a", true, &both);
        check("[2026-06-15T08:00:00Z user:anna] ab", "a", true, &format!("[2026-06-15T08:00:00Z user:anna] ab\n{first}"));
        // Notes from before there was a journal stay as they are.
        check("old", "b", false, &format!("old\n{second}"));
        assert!(noted("", &"x".repeat(MOST), ("a", "b"), false).unwrap_err().contains("longer than"));
    }
}
