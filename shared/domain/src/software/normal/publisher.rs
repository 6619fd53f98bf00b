//! Publishers without the form of their company.
//!
//! In: what software says of its publisher. Out: the name that it is called by. Only for software that no rule knows.

/// Forms of companies, in lower case and without dots.
const FORMS: [&str; 24] = [
    "inc",
    "incorporated",
    "llc",
    "ltd",
    "limited",
    "corp",
    "corporation",
    "co",
    "gmbh",
    "ag",
    "kg",
    "se",
    "sa",
    "sas",
    "srl",
    "sl",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "plc",
    "pty",
    "sro",
];

/// `Example Software, Inc.` is `Example Software`; nothing if nothing is said.
pub(super) fn publisher(reported: &str) -> Option<String> {
    let mut name = super::name::plain(reported);
    while let Some((before, last)) = name.rsplit_once(' ') {
        let word: String = last.chars().filter(|c| !matches!(c, '.' | ',')).flat_map(char::to_lowercase).collect();
        let before = before.trim_end_matches([',', '&', ' ']);
        if before.is_empty() || !FORMS.contains(&word.as_str()) {
            break;
        }
        name = before.to_owned();
    }
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_company_is_no_name() {
        for (reported, expected) in [
            ("Example Software, Inc.", Some("Example Software")),
            ("Beispiel GmbH & Co. KG", Some("Beispiel")),
            ("Microsoft Corporation", Some("Microsoft")),
            ("Příklad, s.r.o.", Some("Příklad")),
            ("Inc.", Some("Inc.")),
            ("Pty Ltd", Some("Pty")),
            ("  ", None),
        ] {
            assert_eq!(publisher(reported).as_deref(), expected, "{reported}");
        }
    }
}
