//! Writes a query's tree as text again. Parsing what is printed gives the same tree.

use std::fmt;

use super::ast::{Direction, Modifier, Query, Term};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (number, group) in self.groups.iter().enumerate() {
            if number > 0 {
                separator = "^NQ";
            }
            for conjunct in group {
                for term in conjunct {
                    write!(f, "{separator}{term}")?;
                    separator = "^OR";
                }
                separator = "^";
            }
        }
        if !self.groups.is_empty() {
            separator = "^";
        }
        for modifier in &self.modifiers {
            write!(f, "{separator}{modifier}")?;
            separator = "^";
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comparison(test) => write!(f, "{}{}{}", test.path, test.operator.spelling(), escape(&test.value)),
            Self::Text(search) if search.index_group => write!(f, "123TEXTINDEXGROUP321={}", escape(&search.value)),
            Self::Text(search) => write!(f, "123TEXTQUERY321={}", escape(&search.value)),
            Self::Related(related) => write!(f, "RLQUERY{}^ENDRLQUERY", related.body),
        }
    }
}

impl fmt::Display for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { path, direction: Direction::Ascending, .. } => write!(f, "ORDERBY{path}"),
            Self::Order { path, direction: Direction::Descending, .. } => write!(f, "ORDERBYDESC{path}"),
            Self::Group { path, .. } => write!(f, "GROUPBY{path}"),
        }
    }
}

fn escape(value: &str) -> String {
    value.replace('^', "^^")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::query::parse;

    #[test]
    fn printing_is_canonical() {
        let check = |text: &str, expected: &str| assert_eq!(parse(text).unwrap().to_string(), expected, "{text:?}");
        check("", "");
        check("^a=1^^^EQ", "a=1^^");
        check("^a=1^EQ", "a=1");
        check("a=^b!=NULL", "aISEMPTY^bISNOTEMPTY");
        check("aCONTAINSx^ORb%y^NQc!*z", "aLIKEx^ORbENDSWITHy^NQcNOT LIKEz");
        check("a=1^ORDERBYb^c=2^GROUPBYd", "a=1^c=2^ORDERBYb^GROUPBYd");
        check("ORDERBYb", "ORDERBYb");
        check("RLQUERYx.y,=1^ENDRLQUERY^a=1", "RLQUERYx.y,=1^ENDRLQUERY^a=1");
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(text in "(\\^|\\^OR|\\^NQ|\\^ORDERBY|\\^RLQUERY|\\^ENDRLQUERY|a=|b.c!=|dNOT IN|eISEMPTY|f<|g\\*|h=NULL|iIN|[a-z1 ,=_]){0,24}") {
            if let Ok(query) = parse(&text) {
                let printed = query.to_string();
                let again = parse(&printed).unwrap();
                prop_assert_eq!(&again, &query, "{}", printed);
                prop_assert_eq!(again.to_string(), printed);
            }
        }
    }
}
