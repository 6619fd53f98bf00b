//! Every operator of the language, its spellings, and the scanner that finds the longest one.

use std::cmp::Ordering;

/// An operator. [`Operator::unsupported`] says which are read and not evaluated, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the operator it is spelled as; the table below holds the spellings")]
pub enum Operator {
    Equals,
    NotEquals,
    In,
    NotIn,
    Like,
    NotLike,
    StartsWith,
    EndsWith,
    IsEmpty,
    IsNotEmpty,
    EmptyString,
    Anything,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Between,
    SameAs,
    NotSameAs,
    GreaterThanField,
    LessThanField,
    GreaterOrEqualsField,
    LessOrEqualsField,
    InField,
    On,
    NotOn,
    RelativeGt,
    RelativeGe,
    RelativeLt,
    RelativeLe,
    RelativeEe,
    DatePart,
    MoreThan,
    LessThan,
    InstanceOf,
    Dynamic,
    InHierarchy,
    InHierarchyDynamic,
    MatchRegex,
    MatchRegexField,
    DoesNotHave,
    Excluding,
    ValChanges,
    ChangesFrom,
    ChangesTo,
}

use Operator as O;

/// Every spelling; of an operator with several the first is the one that is printed.
pub(super) const SPELLINGS: [(&str, Operator); 53] = [
    ("=", O::Equals),
    ("!=", O::NotEquals),
    ("IN", O::In),
    ("NOT IN", O::NotIn),
    ("LIKE", O::Like),
    ("*", O::Like),
    ("CONTAINS", O::Like),
    ("NOT LIKE", O::NotLike),
    ("!*", O::NotLike),
    ("NOTLIKE", O::NotLike),
    ("DOES NOT CONTAIN", O::NotLike),
    ("DOESNOTCONTAIN", O::NotLike),
    ("STARTSWITH", O::StartsWith),
    ("ENDSWITH", O::EndsWith),
    ("%", O::EndsWith),
    ("ISEMPTY", O::IsEmpty),
    ("ISNOTEMPTY", O::IsNotEmpty),
    ("EMPTYSTRING", O::EmptyString),
    ("ISEMPTYSTRING", O::EmptyString),
    ("ANYTHING", O::Anything),
    ("<", O::Less),
    ("<=", O::LessOrEqual),
    (">", O::Greater),
    (">=", O::GreaterOrEqual),
    ("BETWEEN", O::Between),
    ("SAMEAS", O::SameAs),
    ("NSAMEAS", O::NotSameAs),
    ("GT_FIELD", O::GreaterThanField),
    ("LT_FIELD", O::LessThanField),
    ("GT_OR_EQUALS_FIELD", O::GreaterOrEqualsField),
    ("LT_OR_EQUALS_FIELD", O::LessOrEqualsField),
    ("IN_FIELD", O::InField),
    ("ON", O::On),
    ("NOTON", O::NotOn),
    ("RELATIVEGT", O::RelativeGt),
    ("RELATIVEGE", O::RelativeGe),
    ("RELATIVELT", O::RelativeLt),
    ("RELATIVELE", O::RelativeLe),
    ("RELATIVEEE", O::RelativeEe),
    ("DATEPART", O::DatePart),
    ("MORETHAN", O::MoreThan),
    ("LESSTHAN", O::LessThan),
    ("INSTANCEOF", O::InstanceOf),
    ("DYNAMIC", O::Dynamic),
    ("IN_HIERARCHY", O::InHierarchy),
    ("IN_HIERARCHY_DYNAMIC", O::InHierarchyDynamic),
    ("MATCH_RGX", O::MatchRegex),
    ("MATCH_RGX_FIELD", O::MatchRegexField),
    ("DOESNOTHAVE", O::DoesNotHave),
    ("EXCLUDING", O::Excluding),
    ("VALCHANGES", O::ValChanges),
    ("CHANGESFROM", O::ChangesFrom),
    ("CHANGESTO", O::ChangesTo),
];

impl Operator {
    /// The longest operator that the text starts with, and how many bytes it takes.
    #[must_use]
    pub fn scan(text: &str) -> Option<(Self, usize)> {
        SPELLINGS
            .iter()
            .filter(|(spelling, _)| text.starts_with(spelling))
            .max_by_key(|(spelling, _)| spelling.len())
            .map(|(spelling, operator)| (*operator, spelling.len()))
    }

    /// The spelling that is printed.
    #[must_use]
    pub fn spelling(self) -> &'static str {
        SPELLINGS.iter().find(|(_, operator)| *operator == self).map_or("", |(spelling, _)| *spelling)
    }

    /// Whether a value follows.
    #[must_use]
    pub const fn takes_value(self) -> bool {
        !matches!(self, Self::IsEmpty | Self::IsNotEmpty | Self::EmptyString | Self::Anything | Self::ValChanges)
    }

    /// Why the operator is not evaluated; `None` where it is.
    #[must_use]
    pub const fn unsupported(self) -> Option<&'static str> {
        match self {
            Self::ValChanges | Self::ChangesFrom | Self::ChangesTo => {
                Some("it compares with a value before a change, and a stored record has none")
            }
            Self::InHierarchy | Self::InHierarchyDynamic => Some("no hierarchies are kept here"),
            Self::MatchRegex | Self::MatchRegexField => {
                Some("regular expressions are not evaluated; use LIKE, STARTSWITH or ENDSWITH")
            }
            Self::DoesNotHave | Self::Excluding => Some("no tags are kept here"),
            _ => None,
        }
    }
}

/// What an order of two values is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Relation {
    /// The relation of a name such as `GT`, as scripts and relative dates write it.
    pub(super) fn read(name: &str) -> Option<Self> {
        Some(match name {
            "LT" => Self::Less,
            "LE" => Self::LessOrEqual,
            "EE" => Self::Equal,
            "GE" => Self::GreaterOrEqual,
            "GT" => Self::Greater,
            _ => return None,
        })
    }

    pub(super) const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_operator_is_taken() {
        let check = |text: &str, expected: Option<(Operator, &str)>| {
            let found = Operator::scan(text).map(|(operator, length)| (operator, &text[length..]));
            assert_eq!(found, expected, "{text:?}");
        };
        check("=3", Some((O::Equals, "3")));
        check("!=3", Some((O::NotEquals, "3")));
        check("!*x", Some((O::NotLike, "x")));
        check("NOT IN2,7", Some((O::NotIn, "2,7")));
        check("NOT LIKEx", Some((O::NotLike, "x")));
        check("NOTLIKEx", Some((O::NotLike, "x")));
        check("NOTONToday@a@b", Some((O::NotOn, "Today@a@b")));
        check("ONToday@a@b", Some((O::On, "Today@a@b")));
        check("IN1,2", Some((O::In, "1,2")));
        check("INSTANCEOFalm_asset", Some((O::InstanceOf, "alm_asset")));
        check("IN_FIELDg", Some((O::InField, "g")));
        check("IN_HIERARCHY_DYNAMICx", Some((O::InHierarchyDynamic, "x")));
        check("ISNOTEMPTY", Some((O::IsNotEmpty, "")));
        check("ISEMPTYSTRING", Some((O::EmptyString, "")));
        check("LIKEIN", Some((O::Like, "IN")));
        check("GT_OR_EQUALS_FIELDg", Some((O::GreaterOrEqualsField, "g")));
        check("<=5", Some((O::LessOrEqual, "5")));
        check("DOES NOT CONTAINx", Some((O::NotLike, "x")));
        check("MATCH_RGX_FIELDg", Some((O::MatchRegexField, "g")));
        check("like", None);
        check("", None);
        check("FOO", None);
    }

    #[test]
    fn every_spelling_is_found_and_every_operator_has_one() {
        for (spelling, operator) in SPELLINGS {
            assert_eq!(Operator::scan(spelling), Some((operator, spelling.len())), "{spelling}");
            assert_eq!(Operator::scan(operator.spelling()).map(|(found, _)| found), Some(operator));
        }
    }
}
