//! How an encoded query over assets may go on: names of fields, operators that fit the field, states, and names of what references
//! point to.
//!
//! In: the query as far as it is typed, and the reference tables. Out: whole queries to choose from. It finds no assets. Pure.

use muster_domain::{
    asset::{Field, InstallStatus, Kind, References, sheet::label},
    query::{MAX_BYTES, Operator},
};

/// Most continuations that are offered.
const MOST: usize = 30;

/// A way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The query with it.
    pub query: String,
    /// What it is, for people.
    pub label: String,
    /// What was added.
    pub kind: CompletionKind,
}

/// What a continuation adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionKind {
    /// The name of a field.
    Field,
    /// An operator.
    Operator,
    /// A value of a field.
    Value,
}

impl CompletionKind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Operator => "operator",
            Self::Value => "value",
        }
    }
}

/// How the query may go on behind its last character.
#[must_use]
pub fn complete(query: &str, references: &References) -> Vec<Completion> {
    if query.len() > MAX_BYTES {
        return Vec::new();
    }
    let begin = query.rfind('^').map_or(0, |at| at + 1);
    let (before, term) = query.split_at(begin);
    // `^^` is a character of a value: nobody can say where that value began by looking at its end.
    if before.ends_with("^^") {
        return Vec::new();
    }
    let words = ["NQ", "ORDERBYDESC", "ORDERBY", "OR"];
    let word = words.into_iter().find(|word| begin > 0 && term.starts_with(word)).unwrap_or_default();
    let rest = term.get(word.len()..).unwrap_or_default();
    let name: &str = rest.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')).next().unwrap_or_default();
    let typed = rest.get(name.len()..).unwrap_or_default();
    let head = format!("{before}{word}");
    let only_names = word.starts_with("ORDERBY");
    match (Field::from_name(name), typed.is_empty()) {
        (_, true) if only_names => fields(&head, name),
        (_, false) if only_names => Vec::new(),
        (Some(field), true) => operators(&head, field, "").into_iter().chain(fields(&head, name)).take(MOST).collect(),
        (None, true) => fields(&head, name),
        (Some(field), false) => match Operator::scan(typed) {
            Some((operator, length)) => {
                let value = typed.get(length..).unwrap_or_default();
                let stem = format!("{head}{name}{}", typed.get(..length).unwrap_or_default());
                values(&stem, field, operator, value, references)
            }
            None => operators(&head, field, typed),
        },
        (None, false) => Vec::new(),
    }
}

/// Fields whose name begins so, then those whose name or label has it.
fn fields(head: &str, typed: &str) -> Vec<Completion> {
    let has = |field: &&Field| {
        !field.name().starts_with(typed)
            && (field.name().contains(typed) || label(**field).to_lowercase().contains(&typed.replace('_', " ")))
    };
    let begin = Field::ALL.iter().filter(|field| field.name().starts_with(typed) && field.name() != typed);
    let all = begin.chain(Field::ALL.iter().filter(has));
    let one = |field: &Field| Completion {
        query: format!("{head}{}", field.name()),
        label: label(*field).to_owned(),
        kind: CompletionKind::Field,
    };
    all.take(MOST).map(one).collect()
}

/// Operators that fit a field and begin so.
fn operators(head: &str, field: Field, typed: &str) -> Vec<Completion> {
    use Operator as O;
    let fits: &[(Operator, &str)] = match field.kind() {
        Kind::Text => &[
            (O::Equals, "is"),
            (O::NotEquals, "is not"),
            (O::Like, "contains"),
            (O::NotLike, "does not contain"),
            (O::StartsWith, "starts with"),
            (O::EndsWith, "ends with"),
            (O::In, "is one of"),
            (O::IsEmpty, "is empty"),
            (O::IsNotEmpty, "is not empty"),
        ],
        Kind::Reference(_) | Kind::Boolean => {
            &[(O::Equals, "is"), (O::NotEquals, "is not"), (O::IsEmpty, "is empty"), (O::IsNotEmpty, "is not empty")]
        }
        Kind::Date | Kind::DateTime => &[
            (O::On, "on"),
            (O::Less, "before"),
            (O::Greater, "after"),
            (O::IsEmpty, "is empty"),
            (O::IsNotEmpty, "is not empty"),
        ],
        Kind::Integer | Kind::Decimal => &[
            (O::Equals, "is"),
            (O::NotEquals, "is not"),
            (O::In, "is one of"),
            (O::NotIn, "is none of"),
            (O::Less, "is less than"),
            (O::Greater, "is greater than"),
            (O::IsEmpty, "is empty"),
            (O::IsNotEmpty, "is not empty"),
        ],
    };
    let begins = fits.iter().filter(|(operator, _)| operator.spelling().starts_with(typed));
    let one = |(operator, meaning): &(Operator, &str)| Completion {
        query: format!("{head}{}{}", field.name(), operator.spelling()),
        label: format!("{} {meaning}", label(field)),
        kind: CompletionKind::Operator,
    };
    begins.map(one).collect()
}

/// Values that a field may have behind an operator, as far as they are few or known by name.
fn values(stem: &str, field: Field, operator: Operator, typed: &str, references: &References) -> Vec<Completion> {
    use Operator as O;
    // Of a list the last one is typed.
    let (done, typed) = match operator {
        O::In | O::NotIn => typed.rfind(',').map_or(("", typed), |at| typed.split_at(at + 1)),
        _ => ("", typed),
    };
    let one = |value: &str, meaning: String| Completion {
        query: format!("{stem}{done}{}", value.replace('^', "^^")),
        label: meaning,
        kind: CompletionKind::Value,
    };
    let begins = |text: &str| text.to_lowercase().starts_with(&typed.to_lowercase());
    match (operator, field.kind()) {
        (O::Equals | O::NotEquals | O::In | O::NotIn, _) if field == Field::InstallStatus => {
            let fits = |state: &InstallStatus| begins(&state.code().to_string()) || begins(state.label());
            let said = |state: InstallStatus| one(&state.code().to_string(), state.label().to_owned());
            InstallStatus::ALL.into_iter().filter(fits).map(said).collect()
        }
        (O::Equals | O::NotEquals | O::In | O::NotIn, _) if field == Field::Substatus => {
            let all = InstallStatus::ALL.into_iter().flat_map(|state| state.substates().iter().copied());
            let mut known: Vec<&str> = all.filter(|substate| begins(substate)).collect();
            known.sort_unstable();
            known.dedup();
            known.into_iter().map(|substate| one(substate, substate.replace('_', " "))).collect()
        }
        (O::Equals | O::NotEquals, Kind::Boolean) => [("true", "yes"), ("false", "no")]
            .into_iter()
            .filter(|(value, _)| begins(value))
            .map(|(v, m)| one(v, m.to_owned()))
            .collect(),
        (O::Equals | O::NotEquals, Kind::Reference(table)) => {
            let found = references.beginning_with(table, typed, MOST);
            found.into_iter().map(|display| one(display, label(field).to_owned())).collect()
        }
        (O::On, Kind::Date | Kind::DateTime) => [("Today", "today"), ("Yesterday", "yesterday")]
            .into_iter()
            .filter(|(name, _)| begins(name))
            .map(|(name, meaning)| {
                one(&format!("{name}@javascript:gs.beginningOf{name}()@javascript:gs.endOf{name}()"), meaning.to_owned())
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use muster_domain::{
        asset::{AssetCatalogue, Table},
        calendar::SiteZone,
        query::{Context, compile},
    };
    use uuid::Uuid;

    fn references() -> References {
        let mut references = References::seeded();
        for (number, name) in ["Berlin", "Bern", "Bonn", "a^b"].into_iter().enumerate() {
            references.insert(Table::Location, Uuid::from_u128(number as u128 + 1), name);
        }
        references
    }

    fn offered(query: &str) -> Vec<String> {
        complete(query, &references()).into_iter().map(|one| one.query).collect()
    }

    #[test]
    fn a_query_goes_on_where_it_ends() {
        let check = |query: &str, expected: &[&str]| {
            let found = offered(query);
            for one in expected {
                assert!(found.iter().any(|found| found == one), "{query:?}: no {one:?} in {found:?}");
            }
            assert!(found.len() <= MOST && found.iter().all(|found| found != query), "{query}: {found:?}");
        };
        check("", &["install_status", "asset_tag", "model_category"]);
        check("install_st", &["install_status"]);
        check("install_status", &["install_status=", "install_statusIN", "install_statusISEMPTY"]);
        check("install_status=", &["install_status=1", "install_status=7"]);
        check("install_status=ret", &["install_status=7"]);
        check("install_statusIN1,", &["install_statusIN1,6"]);
        check("asset_tagST", &["asset_tagSTARTSWITH"]);
        check("install_status=1^loc", &["install_status=1^location"]);
        check("install_status=1^ORloc", &["install_status=1^ORlocation"]);
        check("install_status=1^NQlocation=be", &["install_status=1^NQlocation=Berlin", "install_status=1^NQlocation=Bern"]);
        check("location=a", &["location=a^^b"]);
        check("asset_tag=x^ORDERBYDESCse", &["asset_tag=x^ORDERBYDESCserial_number"]);
        check("substatus=pending_d", &["substatus=pending_disposal"]);
        for (query, none) in
            [("nonsense=", true), ("asset_tag=", true), ("asset_tag=a^^in", true), ("install_statusISEMPTY", true)]
        {
            assert_eq!(offered(query).is_empty(), none, "{query}");
        }
        assert!(offered(&"x".repeat(MAX_BYTES + 1)).is_empty());
    }

    #[test]
    fn whatever_is_offered_and_complete_can_be_read() {
        let references = references();
        let context = Context::new(DateTime::UNIX_EPOCH, "UTC".parse::<SiteZone>().unwrap());
        let reads = |query: &str| compile(query, &AssetCatalogue::new(&references), &context);
        let mut seen = 0;
        for field in Field::ALL {
            for operator in complete(field.name(), &references).into_iter().filter(|one| one.kind == CompletionKind::Operator) {
                let values = complete(&operator.query, &references);
                if operator.query.ends_with("EMPTY") {
                    assert!(reads(&operator.query).is_ok(), "{}", operator.query);
                }
                for value in values {
                    assert!(reads(&value.query).is_ok(), "{}: {:?}", value.query, reads(&value.query).err());
                    seen += 1;
                }
            }
        }
        assert!(seen > 50, "{seen}");
    }
}
