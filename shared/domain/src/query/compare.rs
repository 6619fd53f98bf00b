//! Compiles one comparison: reads its value by its operator and the field's kind, and resolves every constant.
//!
//! A value that is not of the field's kind, or a reference nobody has, is no error: it equals nothing, and a warning says so. A
//! value that does not have the operator's form is an error, as is a script that is not on the white list.

use super::ast::Comparison;
use super::check::{Column, Compiler, ValueKind, Warning};
use super::error::{QueryError, QueryErrorKind};
use super::literal::{Constant, Literal};
use super::members::Members;
use super::operator::{Operator, Relation};
use super::period::{MAX_SHIFT, Unit};
use super::script;
use super::test::{FieldTest, Locale, Test, Way};
use super::text;

/// One comparison while it is compiled.
struct Reader<'c, 'a> {
    comparison: &'c Comparison,
    column: Column,
    compiler: &'c mut Compiler<'a>,
}

type Compiled = Result<Option<Test>, QueryError>;

/// Compiles a comparison; `None` where an unknown field leaves it out.
pub(super) fn compile(comparison: &Comparison, compiler: &mut Compiler<'_>) -> Result<Option<FieldTest>, QueryError> {
    let operator = comparison.operator;
    if let Some(why) = operator.unsupported() {
        let kind = QueryErrorKind::UnsupportedOperator { operator: operator.spelling(), why };
        return Err(QueryError::new(kind, comparison.operator_at.0));
    }
    let field = comparison.path.to_string();
    let found = compiler.column(&field, comparison.at)?;
    // A script that is not on the white list is an error whatever becomes of the field.
    let Some((path, column)) = found else {
        return if script::is_refused(&comparison.value, compiler.context) {
            Err(QueryError::new(QueryErrorKind::Script, comparison.value_at.0))
        } else {
            Ok(None)
        };
    };
    let Some(test) = Reader { comparison, column, compiler }.test()? else { return Ok(None) };
    let by_display = matches!(
        test,
        Test::Contains(_)
            | Test::NotContains(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::Compare(..)
            | Test::Between(..)
    );
    let path = if by_display { compiler.display(&field).unwrap_or(path) } else { path };
    Ok(Some(FieldTest { path, kind: column.kind, test }))
}

impl Reader<'_, '_> {
    fn test(&mut self) -> Compiled {
        let value = self.comparison.value.as_str();
        let folded = || text::fold(value).collect::<String>();
        Ok(Some(match self.comparison.operator {
            Operator::IsEmpty => Test::Empty,
            Operator::IsNotEmpty => Test::NotEmpty,
            Operator::EmptyString => Test::EmptyString,
            Operator::Anything => Test::Anything,
            Operator::Equals => Test::OneOf(self.literals(&[value])?),
            Operator::NotEquals => Test::NoneOf(self.literals(&[value])?),
            Operator::In => Test::OneOf(self.literals(&list(value))?),
            Operator::NotIn => Test::NoneOf(self.literals(&list(value))?),
            Operator::Like => Test::Contains(folded()),
            Operator::NotLike => Test::NotContains(folded()),
            Operator::StartsWith => Test::StartsWith(folded()),
            Operator::EndsWith => Test::EndsWith(folded()),
            Operator::Less => self.compared(Relation::Less)?,
            Operator::LessOrEqual => self.compared(Relation::LessOrEqual)?,
            Operator::Greater => self.compared(Relation::Greater)?,
            Operator::GreaterOrEqual => self.compared(Relation::GreaterOrEqual)?,
            Operator::Between => self.between()?,
            Operator::On => self.on(false)?,
            Operator::NotOn => self.on(true)?,
            Operator::RelativeGt => self.relative(Relation::Greater)?,
            Operator::RelativeGe => self.relative(Relation::GreaterOrEqual)?,
            Operator::RelativeLt => self.relative(Relation::Less)?,
            Operator::RelativeLe => self.relative(Relation::LessOrEqual)?,
            Operator::RelativeEe => self.relative(Relation::Equal)?,
            Operator::DatePart => self.date_part()?,
            Operator::SameAs => return self.same_as(true),
            Operator::NotSameAs => return self.same_as(false),
            Operator::GreaterThanField => return self.compared_field(Relation::Greater),
            Operator::LessThanField => return self.compared_field(Relation::Less),
            Operator::GreaterOrEqualsField => return self.compared_field(Relation::GreaterOrEqual),
            Operator::LessOrEqualsField => return self.compared_field(Relation::LessOrEqual),
            Operator::InField => {
                let Some((other, _)) = self.compiler.column(value, self.comparison.value_at)? else { return Ok(None) };
                Test::InField { other }
            }
            Operator::MoreThan => return self.distance(true),
            Operator::LessThan => return self.distance(false),
            Operator::InstanceOf => self.instance_of()?,
            Operator::Dynamic => self.dynamic()?,
            Operator::InHierarchy
            | Operator::InHierarchyDynamic
            | Operator::MatchRegex
            | Operator::MatchRegexField
            | Operator::DoesNotHave
            | Operator::Excluding
            | Operator::ValChanges
            | Operator::ChangesFrom
            | Operator::ChangesTo => Test::Nothing,
        }))
    }

    fn locale(&self) -> Locale {
        Locale { zone: self.compiler.context.zone, first_day_of_week: self.compiler.context.first_day_of_week }
    }

    fn error(&self, kind: QueryErrorKind) -> QueryError {
        QueryError::new(kind, self.comparison.value_at.0)
    }

    fn malformed(&self, form: &'static str) -> QueryError {
        self.error(QueryErrorKind::MalformedValue { operator: self.comparison.operator.spelling(), form })
    }

    fn not_applicable(&self) -> QueryError {
        let kind = QueryErrorKind::NotApplicable {
            operator: self.comparison.operator.spelling(),
            field: self.comparison.path.to_string(),
            holds: self.column.kind.name(),
        };
        QueryError::new(kind, self.comparison.operator_at.0)
    }

    fn must_be_a_date(&self) -> Result<(), QueryError> {
        if matches!(self.column.kind, ValueKind::Date | ValueKind::DateTime) { Ok(()) } else { Err(self.not_applicable()) }
    }

    fn warn(&mut self, what: &str) {
        let text = format!("{}: {what}, it equals nothing", self.comparison.path);
        self.compiler.warn(Warning { position: self.comparison.value_at.0, text });
    }

    /// What a constant stands for; `None`, with a warning, where nothing equals it.
    fn literal(&mut self, constant: Constant, text: &str) -> Result<Option<Literal>, QueryError> {
        match constant {
            Constant::Value(literal) => Ok(Some(literal)),
            Constant::Id(literal, id) => {
                if !self.compiler.catalogue.knows_reference(self.column, &id) {
                    self.warn(&format!("no record has the id {id:?}"));
                }
                Ok(Some(literal))
            }
            Constant::Unreadable => {
                let path = self.comparison.path.to_string();
                let names: Vec<&str> = path.split('.').collect();
                let display = Some(ValueKind::Reference).filter(|kind| *kind == self.column.kind);
                let display = display.and_then(|_| self.compiler.catalogue.display(&names));
                let hint = display.map_or_else(String::new, |field| format!(" (a name is asked for as {field}={text})"));
                self.warn(&format!("{text:?} is not {}{hint}", self.column.kind.name()));
                Ok(None)
            }
            Constant::NoUser => {
                self.warn("nobody in particular asks");
                Ok(None)
            }
            Constant::Script => Err(self.error(QueryErrorKind::Script)),
        }
    }

    fn literals(&mut self, values: &[&str]) -> Result<Members, QueryError> {
        self.compiler.count_values(values.len(), self.comparison.value_at)?;
        let mut literals = Vec::with_capacity(values.len());
        for value in values {
            let constant = Constant::equal_to(self.column.kind, value, self.compiler.context);
            if self.column.kind == ValueKind::Text && !self.compiler.catalogue.knows_display(self.column, value) {
                self.warn(&format!("no record is called {value:?}"));
            }
            literals.extend(self.literal(constant, value)?);
        }
        Ok(literals.into_iter().collect())
    }

    fn bound(&mut self, value: &str) -> Result<Option<Literal>, QueryError> {
        if self.column.kind == ValueKind::Boolean {
            return Err(self.not_applicable());
        }
        let constant = Constant::bound(self.column.kind, value, self.compiler.context);
        self.literal(constant, value)
    }

    fn compared(&mut self, relation: Relation) -> Result<Test, QueryError> {
        let bound = self.bound(&self.comparison.value)?;
        Ok(bound.map_or(Test::Nothing, |bound| Test::Compare(relation, bound)))
    }

    fn between(&mut self) -> Result<Test, QueryError> {
        let Some((low, high)) = self.comparison.value.split_once('@') else {
            return Err(self.malformed("fieldBETWEENlow@high"));
        };
        Ok(match (self.bound(low)?, self.bound(high)?) {
            (Some(low), Some(high)) => Test::Between(low, high),
            _ => Test::Nothing,
        })
    }

    /// `label@start@end`, or a bare date that stands for its day.
    fn on(&mut self, outside: bool) -> Result<Test, QueryError> {
        self.must_be_a_date()?;
        let value = self.comparison.value.as_str();
        let day;
        let (start, end) = match value.split_once('@') {
            Some((_, range)) => {
                range.split_once('@').ok_or_else(|| self.malformed("fieldONlabel@start@end or fieldON2026-01-31"))?
            }
            None if super::literal::read_date(value.trim()).is_some() => {
                let date = value.trim();
                let call = |edge: &str| format!("javascript:gs.dateGenerate('{date}','{edge}')");
                day = (call("start"), call("end"));
                (day.0.as_str(), day.1.as_str())
            }
            None => return Err(self.malformed("fieldONlabel@start@end or fieldON2026-01-31")),
        };
        Ok(match (self.bound(start)?, self.bound(end)?) {
            (Some(start), Some(end)) if outside => Test::Outside(start, end),
            (Some(start), Some(end)) => Test::Between(start, end),
            _ => Test::Nothing,
        })
    }

    /// `@unit@ago@n` or `@unit@ahead@n`.
    fn relative(&mut self, relation: Relation) -> Result<Test, QueryError> {
        const FORM: &str = "fieldRELATIVEGT@dayofweek@ago@7, units minute hour dayofweek month quarter year, ago or ahead";
        self.must_be_a_date()?;
        let parts: Vec<&str> = self.comparison.value.split('@').collect();
        let ["", unit, direction @ ("ago" | "ahead"), n] = parts.as_slice() else { return Err(self.malformed(FORM)) };
        let unit = Unit::read(unit).ok_or_else(|| self.malformed(FORM))?;
        let n = n.parse::<i64>().ok().filter(|n| (0..=MAX_SHIFT).contains(n)).ok_or_else(|| self.malformed(FORM))?;
        let context = self.compiler.context;
        let mut instant = context.shifted(unit, if *direction == "ago" { -n } else { n });
        if context.relative_from_midnight && !matches!(unit, Unit::Minute | Unit::Hour) {
            instant = context.period(Unit::Day, instant).0;
        }
        let seconds = |instant: chrono::DateTime<chrono::Utc>| match self.column.kind {
            // A date lies in the zone, so that the bound is taken there.
            ValueKind::Date => Literal::Seconds(context.zone.local(instant).and_utc().timestamp()),
            _ => Literal::Seconds(instant.timestamp()),
        };
        if relation != Relation::Equal {
            return Ok(Test::Compare(relation, seconds(instant)));
        }
        let period = if matches!(unit, Unit::Minute | Unit::Hour) { unit } else { Unit::Day };
        let (start, end) = context.period(period, instant);
        Ok(Test::Between(seconds(start), seconds(end)))
    }

    fn date_part(&mut self) -> Result<Test, QueryError> {
        const FORM: &str = "fieldDATEPARTlabel@javascript:gs.datePart('month','jan','EE'), one of EE GE LE GT LT";
        self.must_be_a_date()?;
        let call = self.comparison.value.split_once('@').map(|(_, call)| call).ok_or_else(|| self.malformed(FORM))?;
        let (part, number, name) = script::date_part(call).ok_or_else(|| self.malformed(FORM))?;
        let relation = Relation::read(name).ok_or_else(|| self.malformed(FORM))?;
        Ok(Test::DatePart(part, relation, number, self.locale()))
    }

    fn same_as(&mut self, same: bool) -> Compiled {
        let (field, unit) = match self.comparison.value.split_once('@') {
            None => (self.comparison.value.as_str(), None),
            Some((field, unit)) => {
                self.must_be_a_date()?;
                let unit = Unit::read(unit);
                (field, Some(unit.ok_or_else(|| self.malformed("fieldSAMEASother@day, or hour week month quarter year"))?))
            }
        };
        let found = self.compiler.column(field, self.comparison.value_at)?;
        let locale = self.locale();
        Ok(found.map(|(other, column)| {
            self.warn_of_kinds(field, column.kind);
            Test::SameAs { other, unit, same, locale }
        }))
    }

    fn compared_field(&mut self, relation: Relation) -> Compiled {
        if matches!(self.column.kind, ValueKind::Boolean | ValueKind::Reference) {
            return Err(self.not_applicable());
        }
        let field = self.comparison.value.as_str();
        let found = self.compiler.column(field, self.comparison.value_at)?;
        let locale = self.locale();
        Ok(found.map(|(other, column)| {
            self.warn_of_kinds(field, column.kind);
            Test::CompareField { other, relation, locale }
        }))
    }

    fn warn_of_kinds(&mut self, field: &str, kind: ValueKind) {
        if family(kind) != family(self.column.kind) {
            self.warn(&format!("{field} holds {}, not {}", kind.name(), self.column.kind.name()));
        }
    }

    /// `other@unit@before@n`, or `after`, or `before or after`.
    fn distance(&mut self, more: bool) -> Compiled {
        const FORM: &str = "fieldMORETHANother@day@before@3, or after, or before or after";
        self.must_be_a_date()?;
        let parts: Vec<&str> = self.comparison.value.split('@').collect();
        let [field, unit, way, n] = parts.as_slice() else { return Err(self.malformed(FORM)) };
        let unit = Unit::read(unit).ok_or_else(|| self.malformed(FORM))?;
        let way = match *way {
            "before" => Way::Before,
            "after" => Way::After,
            "before or after" => Way::Either,
            _ => return Err(self.malformed(FORM)),
        };
        let n = n.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(|| self.malformed(FORM))?;
        let found = self.compiler.column(field, self.comparison.value_at)?;
        let locale = self.locale();
        Ok(found.map(|(other, column)| {
            self.warn_of_kinds(field, column.kind);
            Test::Distance { other, unit, way, more, n, locale }
        }))
    }

    fn instance_of(&mut self) -> Result<Test, QueryError> {
        if self.column.kind != ValueKind::Text {
            return Err(self.not_applicable());
        }
        let class = self.comparison.value.trim();
        let classes = self.compiler.catalogue.classes(class);
        if classes.is_empty() {
            self.warn(&format!("there is no class {class:?}"));
        }
        let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
        Ok(Test::OneOf(self.literals(&classes)?))
    }

    fn dynamic(&mut self) -> Result<Test, QueryError> {
        let id = self.comparison.value.trim();
        match self.compiler.context.dynamic.get(id) {
            Some(value) => Ok(Test::OneOf(self.literals(&[value.as_str()])?)),
            None => Err(self.error(QueryErrorKind::UnknownDynamic(id.chars().take(64).collect()))),
        }
    }
}

/// Kinds that can be compared with each other.
const fn family(kind: ValueKind) -> u8 {
    match kind {
        ValueKind::Integer | ValueKind::Decimal => 0,
        ValueKind::Text => 1,
        ValueKind::Boolean => 2,
        ValueKind::Date | ValueKind::DateTime => 3,
        ValueKind::Reference => 4,
    }
}

/// The values of a list. Commas inside a call belong to the call.
fn list(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let between_calls = move |character: char| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    };
    if text.contains("javascript:") { text.split(between_calls).collect() } else { text.split(',').collect() }
}
