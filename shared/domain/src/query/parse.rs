//! Reads the text of an encoded query into its tree.
//!
//! `^OR` binds tighter than `^`, `^NQ` splits the whole query, and keywords are upper case directly after `^`. A field is
//! `[a-z0-9_.]+`, then comes the longest operator, the rest up to the next `^` is the value, byte for byte; `^^` inside a value
//! is a literal `^`. Empty terms are skipped. Fields, operators and values are judged by the check, not here.

use super::ast::{Comparison, Direction, Modifier, Path, Place, Query, Related, Term, TextSearch};
use super::error::{QueryError, QueryErrorKind};
use super::operator::Operator;

/// The longest query that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The most conditions of a query.
pub const MAX_TERMS: usize = 1_000;

/// The most orders and groups of a query.
pub const MAX_ORDERS: usize = 16;

const TEXT_QUERY: &str = "123TEXTQUERY321=";
const TEXT_GROUP: &str = "123TEXTINDEXGROUP321=";
const RELATED: &str = "RLQUERY";
const END_RELATED: &str = "ENDRLQUERY";

/// Parses a query.
///
/// # Errors
/// When the text does not follow the grammar, with the place.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    if text.len() > MAX_BYTES {
        return Err(QueryError::new(QueryErrorKind::TooLong, 0));
    }
    let mut reader = Reader { text, at: 0 };
    let mut query = Query::default();
    let mut group: Vec<Vec<Term>> = Vec::new();
    let mut count = 0;
    loop {
        while reader.take("^") {}
        if reader.rest().is_empty() {
            break;
        }
        let modifiers = query.modifiers.len();
        let place = reader.at;
        if reader.take("ORDERBYDESC") {
            query.modifiers.push(reader.order(Direction::Descending)?);
        } else if reader.take("ORDERBY") {
            query.modifiers.push(reader.order(Direction::Ascending)?);
        } else if reader.take("GROUPBY") {
            let at = Place(reader.at);
            query.modifiers.push(Modifier::Group { path: reader.whole_path()?, at });
        } else if reader.take("NQ") {
            if !group.is_empty() {
                query.groups.push(std::mem::take(&mut group));
            }
        } else if reader.rest() == "EQ" || reader.rest().starts_with("EQ^") {
            reader.at += 2;
        } else {
            let alternative = reader.take("OR");
            if reader.at_end_of_term() {
                continue;
            }
            count += 1;
            if count > MAX_TERMS {
                return Err(QueryError::new(QueryErrorKind::TooManyTerms, reader.at));
            }
            let term = reader.term()?;
            match group.last_mut().filter(|_| alternative) {
                Some(conjunct) => conjunct.push(term),
                None => group.push(vec![term]),
            }
        }
        if modifiers == MAX_ORDERS && query.modifiers.len() > modifiers {
            return Err(QueryError::new(QueryErrorKind::TooManyOrders, place));
        }
    }
    if !group.is_empty() {
        query.groups.push(group);
    }
    Ok(query)
}

/// Whether a text is a field name, walked by dots.
pub(super) fn is_path(text: &str) -> bool {
    text.bytes().all(is_of_path) && !text.split('.').any(str::is_empty)
}

const fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.'
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn at_end_of_term(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with('^')
    }

    fn error(&self, kind: QueryErrorKind) -> QueryError {
        QueryError::new(kind, self.at)
    }

    fn order(&mut self, direction: Direction) -> Result<Modifier, QueryError> {
        let at = Place(self.at);
        Ok(Modifier::Order { path: self.whole_path()?, direction, at })
    }

    fn whole_path(&mut self) -> Result<Path, QueryError> {
        let path = self.path()?;
        if self.at_end_of_term() { Ok(path) } else { Err(self.error(QueryErrorKind::FieldExpected)) }
    }

    fn path(&mut self) -> Result<Path, QueryError> {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| is_of_path(*byte)).count();
        let dotted = rest.get(..length).unwrap_or_default();
        if dotted.split('.').any(str::is_empty) {
            return Err(self.error(QueryErrorKind::FieldExpected));
        }
        self.at += length;
        Ok(Path::new(dotted))
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        let at = Place(self.at);
        if self.take(TEXT_QUERY) {
            return Ok(Term::Text(TextSearch { value: self.value(), index_group: false, at }));
        }
        if self.take(TEXT_GROUP) {
            return Ok(Term::Text(TextSearch { value: self.value(), index_group: true, at }));
        }
        if self.rest().starts_with(END_RELATED) {
            return Err(self.error(QueryErrorKind::EndWithoutRelated));
        }
        if self.rest().starts_with(RELATED) {
            return self.related();
        }
        let path = self.path()?;
        let operator_at = Place(self.at);
        let (operator, length) =
            Operator::scan(self.rest()).ok_or_else(|| self.error(QueryErrorKind::OperatorExpected(path.to_string())))?;
        self.at += length;
        let value_at = Place(self.at);
        if !operator.takes_value() {
            if !self.at_end_of_term() {
                return Err(self.error(QueryErrorKind::UnexpectedValue(operator.spelling())));
            }
            return Ok(Term::Comparison(Comparison { path, operator, value: String::new(), at, operator_at, value_at }));
        }
        let value = self.value();
        let (operator, value) = match (operator, value.as_str()) {
            (Operator::Equals, "" | "NULL") => (Operator::IsEmpty, String::new()),
            (Operator::NotEquals, "" | "NULL") => (Operator::IsNotEmpty, String::new()),
            _ => (operator, value),
        };
        Ok(Term::Comparison(Comparison { path, operator, value, at, operator_at, value_at }))
    }

    /// Everything up to the next single `^`.
    fn value(&mut self) -> String {
        let mut value = String::new();
        loop {
            let rest = self.rest();
            let length = rest.find('^').unwrap_or(rest.len());
            value.push_str(rest.get(..length).unwrap_or_default());
            self.at += length;
            if !self.take("^^") {
                return value;
            }
            value.push('^');
        }
    }

    fn related(&mut self) -> Result<Term, QueryError> {
        let at = Place(self.at);
        let end = self.rest().find("^ENDRLQUERY").ok_or_else(|| self.error(QueryErrorKind::RelatedWithoutEnd))?;
        let body = self.rest().get(RELATED.len()..end).unwrap_or_default().to_owned();
        self.at += end + 1 + END_RELATED.len();
        if self.at_end_of_term() {
            Ok(Term::Related(Related { body, at }))
        } else {
            Err(self.error(QueryErrorKind::UnexpectedValue(END_RELATED)))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tree as text: `(a=1 & (b=2 | c=3)) || (d=4)`, then the modifiers.
    fn shape(query: &Query) -> String {
        let term = |term: &Term| match term {
            Term::Comparison(test) => format!("{}[{:?}]{}", test.path, test.operator, test.value),
            Term::Text(search) => format!("text[{}]{}", search.index_group, search.value),
            Term::Related(related) => format!("related[{}]", related.body),
        };
        let conjunct = |conjunct: &Vec<Term>| conjunct.iter().map(term).collect::<Vec<_>>().join(" | ");
        let group = |group: &Vec<Vec<Term>>| group.iter().map(conjunct).collect::<Vec<_>>().join(" & ");
        let mut text = query.groups.iter().map(group).collect::<Vec<_>>().join(" || ");
        for modifier in &query.modifiers {
            match modifier {
                Modifier::Order { path, direction, .. } => text += &format!(" {direction:?} {path}"),
                Modifier::Group { path, .. } => text += &format!(" group {path}"),
            }
        }
        text
    }

    #[test]
    fn queries_are_read_as_trees() {
        let check = |text: &str, expected: &str| {
            let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
            assert_eq!(shape(&query), expected, "{text:?}");
        };
        check("", "");
        check("a=1^b=2^ORc=3", "a[Equals]1 & b[Equals]2 | c[Equals]3");
        check("a=1^ORb=2^c=3", "a[Equals]1 | b[Equals]2 & c[Equals]3");
        check("a=1^b=2^ORc=3^d=4", "a[Equals]1 & b[Equals]2 | c[Equals]3 & d[Equals]4");
        check("a=1^ORb=2^c=3^ORd=4", "a[Equals]1 | b[Equals]2 & c[Equals]3 | d[Equals]4");
        check("a=1^b=2^NQc=3^d=4", "a[Equals]1 & b[Equals]2 || c[Equals]3 & d[Equals]4");
        check("a=1^b=2^NQc=3^ORd=4", "a[Equals]1 & b[Equals]2 || c[Equals]3 | d[Equals]4");
        check("a=1^NQb=2^NQc=3", "a[Equals]1 || b[Equals]2 || c[Equals]3");
        check("active=true^order=5", "active[Equals]true & order[Equals]5");
        check("a=1^ORorder=5", "a[Equals]1 | order[Equals]5");
        check("a=1^ORDERBYb", "a[Equals]1 Ascending b");
        check("a=1^ORDERBYDESCb^ORDERBYc.d^GROUPBYe", "a[Equals]1 Descending b Ascending c.d group e");
        check("ORDERBYb", " Ascending b");
        check("a=1^ORDERBYb^NQc=2", "a[Equals]1 || c[Equals]2 Ascending b");
        check("install_status=3^EQ", "install_status[Equals]3");
        check("install_statusNOT IN2,7,10", "install_status[NotIn]2,7,10");
        check("short_descriptionLIKEIN", "short_description[Like]IN");
        check("comments=a=b>c", "comments[Equals]a=b>c");
        check("state=", "state[IsEmpty]");
        check("state=NULL", "state[IsEmpty]");
        check("state!=", "state[IsNotEmpty]");
        check("state!=NULL^x=1", "state[IsNotEmpty] & x[Equals]1");
        check("model_category.name=Computer", "model_category.name[Equals]Computer");
        check("commentsLIKEA^^slot", "comments[Like]A^slot");
        check("a=1^^b=2", "a[Equals]1^b=2");
        check("a=1^^^b=2", "a[Equals]1^ & b[Equals]2");
        check("^a=1^", "a[Equals]1");
        check("aISEMPTY^^b=1", "a[IsEmpty] & b[Equals]1");
        check("^^a=1", "a[Equals]1");
        check("^NQ^OR^EQ^", "");
        check("a=1^OR^b=2", "a[Equals]1 & b[Equals]2");
        check("a=1^NQ^ORb=2", "a[Equals]1 || b[Equals]2");
        check("123TEXTQUERY321=lost laptop", "text[false]lost laptop");
        check("a=1^123TEXTINDEXGROUP321=g", "a[Equals]1 & text[true]g");
        check("^RLQUERYalm_asset.parent,>=1,a=7^b=2^ENDRLQUERY^c=1", "related[alm_asset.parent,>=1,a=7^b=2] & c[Equals]1");
        check("aONToday@javascript:x@javascript:y", "a[On]Today@javascript:x@javascript:y");
    }

    #[test]
    fn wrong_queries_say_where() {
        use QueryErrorKind as K;
        let check = |text: &str, kind: QueryErrorKind, position: usize| {
            assert_eq!(parse(text), Err(QueryError::new(kind, position)), "{text:?}");
        };
        check("a", K::OperatorExpected("a".into()), 1);
        check("a=1^b", K::OperatorExpected("b".into()), 5);
        check("install_statusFOO1", K::OperatorExpected("install_status".into()), 14);
        check("=1", K::FieldExpected, 0);
        check("a=1^Name=2", K::FieldExpected, 4);
        check("a..b=1", K::FieldExpected, 0);
        check(".a=1", K::FieldExpected, 0);
        check("a=1^ORDERBY", K::FieldExpected, 11);
        check("a=1^ORDERBYb=2", K::FieldExpected, 12);
        check("aISEMPTYx", K::UnexpectedValue("ISEMPTY"), 8);
        check("a=1^RLQUERYb.c,>=1", K::RelatedWithoutEnd, 4);
        check("a=1^ENDRLQUERY", K::EndWithoutRelated, 4);
        check("größe=1", K::OperatorExpected("gr".into()), 2);
        check(&"a".repeat(MAX_BYTES + 1), K::TooLong, 0);
        check(&"a=1^".repeat(MAX_TERMS + 1), K::TooManyTerms, 4 * MAX_TERMS);
        check(&"ORDERBYa^".repeat(MAX_ORDERS + 1), K::TooManyOrders, 9 * MAX_ORDERS);
        check(&"GROUPBYa^ORDERBYDESCa^".repeat(MAX_ORDERS), K::TooManyOrders, 22 * MAX_ORDERS / 2);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\^|\\^OR|\\^NQ|ORDERBY|RLQUERY|ENDRLQUERY|NOT IN|ISEMPTY|=|!=|[a-zA-Z_.0-9 ,@ß\u{1F600}]){0,24}") {
            if let Err(error) = parse(&text) {
                prop_assert!(text.is_char_boundary(error.position));
                let _ = error.render(&text);
            }
        }
    }
}
