//! The constants of a list that a value must, or must not, be one of.
//!
//! In: constants, read as the kind of their column. Out: whether a row's value equals one of them, which is found by halving, so that
//! a list of thousands costs a row little more than a list of one. It says the same as asking each constant by itself.

use uuid::Uuid;

use super::eval::ValueRef;
use super::literal::{Literal, number, of_decimal, of_int, seconds};
use super::text;

/// Constants by what they are compared with, each kind in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Members {
    /// In ten-thousandths.
    numbers: Box<[i128]>,
    seconds: Box<[i64]>,
    /// Whether false and true are among them.
    truths: [bool; 2],
    /// Folded.
    texts: Box<[Box<str>]>,
    ids: Box<[Uuid]>,
}

impl FromIterator<Literal> for Members {
    fn from_iter<I: IntoIterator<Item = Literal>>(literals: I) -> Self {
        let (mut numbers, mut seconds, mut texts, mut ids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut truths = [false; 2];
        for literal in literals {
            match literal {
                Literal::Int(number) => numbers.push(of_int(number)),
                Literal::Decimal(decimal) => numbers.push(of_decimal(decimal)),
                Literal::Seconds(instant) => seconds.push(instant),
                Literal::Bool(false) => truths = [true, truths[1]],
                Literal::Bool(true) => truths = [truths[0], true],
                Literal::Text(folded) => {
                    // A column of texts may hold the ids of records.
                    ids.extend(Uuid::try_parse(&folded));
                    texts.push(folded.into_boxed_str());
                }
                Literal::Reference(id, folded) => {
                    ids.extend(id);
                    texts.push(folded.into_boxed_str());
                }
            }
        }
        Self { numbers: in_order(numbers), seconds: in_order(seconds), truths, texts: in_order(texts), ids: in_order(ids) }
    }
}

impl Members {
    /// Whether a row's value equals one of them.
    pub(super) fn contain(&self, value: &ValueRef<'_>) -> bool {
        match value {
            ValueRef::Text(value) => match &*self.texts {
                [only] => text::equals(value, only),
                texts => texts.binary_search_by(|folded| text::compare(value, folded).reverse()).is_ok(),
            },
            ValueRef::Ref(id) => self.ids.binary_search(id).is_ok(),
            ValueRef::Bool(false) => self.truths[0],
            ValueRef::Bool(true) => self.truths[1],
            ValueRef::Int(_) | ValueRef::Decimal(_) => {
                number(value).is_some_and(|number| self.numbers.binary_search(&number).is_ok())
            }
            ValueRef::Date(_) | ValueRef::DateTime(_) => {
                seconds(value).is_some_and(|instant| self.seconds.binary_search(&instant).is_ok())
            }
        }
    }
}

fn in_order<T: Ord>(mut all: Vec<T>) -> Box<[T]> {
    all.sort_unstable();
    all.dedup();
    all.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;
    use crate::decimal::Decimal;
    use crate::query::ValueKind;

    /// Texts that stand for values of every kind, some of them alike.
    fn written() -> impl Strategy<Value = String> {
        prop_oneof![
            "[aAbBßÖöİıK\u{212a}1]{0,3}",
            (-3_i64..4).prop_map(|number| number.to_string()),
            (-3_i64..4, 0..3_u8).prop_map(|(number, part)| format!("{number}.{part}000")),
            prop::sample::select(vec!["true", "FALSE", "2026-01-01", "2026-01-01 00:00:01", "2026-01-02 00:00:00", "1969-12-31"])
                .prop_map(str::to_owned),
            (0_u128..4).prop_map(|id| Uuid::from_u128(id).to_string().to_uppercase()),
            (0_u128..4).prop_map(|id| Uuid::from_u128(id).simple().to_string()),
        ]
    }

    fn kind() -> impl Strategy<Value = ValueKind> {
        use ValueKind as K;
        prop::sample::select(vec![K::Integer, K::Text, K::Boolean, K::Decimal, K::Date, K::DateTime, K::Reference])
    }

    fn value() -> impl Strategy<Value = ValueRef<'static>> {
        let day = |days: i64| NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(days);
        prop_oneof![
            written().prop_map(|text| ValueRef::Text(Cow::Owned(text))),
            (-3_i64..4).prop_map(ValueRef::Int),
            prop_oneof![-30_000_i64..40_000, (-3_i64..4).prop_map(|whole| whole * 10_000)]
                .prop_map(|units| ValueRef::Decimal(Decimal::from_ten_thousandths(units))),
            any::<bool>().prop_map(ValueRef::Bool),
            (0_i64..3).prop_map(move |days| ValueRef::Date(day(days))),
            (0_i64..100_000).prop_map(|seconds| ValueRef::DateTime(1_767_225_600_000 + seconds * 900)),
            prop::sample::select(vec![1_767_225_600_000_i64, 1_767_225_601_250, -86_400_000, -86_400_001])
                .prop_map(ValueRef::DateTime),
            (0_u128..5).prop_map(|id| ValueRef::Ref(Uuid::from_u128(id))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn they_agree_with_each_constant_by_itself(
            list in prop::collection::vec((kind(), written()), 0..24), values in prop::collection::vec(value(), 12),
        ) {
            let literals: Vec<Literal> = list.iter().filter_map(|(kind, text)| Literal::read(*kind, text)).collect();
            let members: Members = literals.iter().cloned().collect();
            for value in values {
                let expected = literals.iter().any(|literal| literal.equals(&value));
                prop_assert_eq!(members.contain(&value), expected, "{:?} among {:?}", value, literals);
            }
        }

        #[test]
        fn every_member_is_found(texts in prop::collection::vec("[a-cA-CßÖ0-9 ]{0,4}", 1..200), other in "[a-cß0-9 ]{0,4}") {
            let members: Members = texts.iter().filter_map(|text| Literal::read(ValueKind::Text, text)).collect();
            let contains = |text: &str| members.contain(&ValueRef::Text(Cow::Owned(text.to_owned())));
            prop_assert!(texts.iter().all(|text| contains(text)));
            prop_assert_eq!(contains(&other), texts.iter().any(|text| text.to_lowercase() == other.to_lowercase()));
        }
    }
}
