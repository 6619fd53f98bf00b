//! Normalisation rules of a site's own.

use chrono::NaiveDate;

use crate::record::{Draft, Field, Findings, Library, Rules, Schema, normalization};
use crate::software::normal::ProductType;

/// How a pattern is compared.
pub const PATTERNS: [&str; 6] = ["equals", "starts with", "contains", "ends with", "glob", "matches"];

/// What kinds of product a rule can say, as the rule language names them.
pub const KINDS: [&str; 7] = [
    ProductType::Licensable.as_str(),
    ProductType::NotLicensable.as_str(),
    ProductType::Freeware.as_str(),
    ProductType::Patch.as_str(),
    ProductType::Driver.as_str(),
    ProductType::Child.as_str(),
    ProductType::Unknown.as_str(),
];

/// Normalisation rules that go before the ones that come with the product.
pub const NORMALIZATION_RULES: Schema = Schema {
    path: "normalization-rules",
    one: "normalization rule",
    help: "Rules that tell the publisher, product, version and edition of what machines report. Yours go before those that come with the \
           product; the lower order first.",
    fields: &[
        Field::text(
            "name",
            "Name",
            "The name of the rule. One with the name of a rule that comes with the product stands in its place.",
        )
        .required(),
        Field::whole("order", "Order", (1, 1_000_000), "The lower is tried first.").required().or("100"),
        Field::boolean("active", "Active", "Whether it is tried.").required().or("true"),
        Field::text(
            "source",
            "Source",
            "Only for software from these sources, such as dpkg, with commas between them; empty is any.",
        )
        .on("When"),
        Field::choice("publisher_operator", "Publisher operator", &PATTERNS, "How the reported publisher is compared.")
            .on("When"),
        Field::text("publisher_pattern", "Publisher pattern", "What the reported publisher is compared with; empty is any.")
            .on("When"),
        Field::choice("name_operator", "Name operator", &PATTERNS, "How the reported name is compared.").or("equals").on("When"),
        Field::text("name_pattern", "Name pattern", "What the reported name is compared with; empty is any.").on("When"),
        Field::choice("version_operator", "Version operator", &PATTERNS, "How the reported version is compared.").on("When"),
        Field::text("version_pattern", "Version pattern", "What the reported version is compared with; empty is any.").on("When"),
        Field::text("publisher", "Publisher", "The publisher it is.").required().on("Then"),
        Field::text("product", "Product", "The product it is.").required().on("Then"),
        Field::text(
            "version",
            "Version",
            "The version it is: keep, major, major.minor, or a text in which {1} is a group of the name pattern; empty is keep.",
        )
        .on("Then"),
        Field::text("edition", "Edition", "The edition it is.").on("Then"),
        Field::text("platform", "Platform", "The platform it is for.").on("Then"),
        Field::text("language", "Language", "The language it is in.").on("Then"),
        Field::choice("product_type", "Product type", &KINDS, "Whether it is licensed at all.")
            .required()
            .or("Licensable")
            .on("Then"),
        Field::notes("comments", "Comments", "Why it is so."),
    ],
    name: "name",
    unique: &[&["name"]],
    columns: &["order", "name", "name_pattern", "publisher", "product", "active"],
    rules: Rules { check, ..Rules::NONE },
};

/// A rule that cannot be used is refused where it is wrong: a pattern that does not compile, a group that is not there.
fn check(draft: &mut Draft<'_>, _: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    for (operator, pattern) in [("publisher_operator", "publisher_pattern"), ("version_operator", "version_pattern")] {
        match (draft.values.get(operator), draft.values.get(pattern)) {
            (Some(_), None) => findings.error(pattern, format!("say what is compared, or empty {operator}")),
            (None, Some(_)) => findings.error(operator, format!("say how it is compared, such as equals, or empty {pattern}")),
            _ => {}
        }
    }
    for error in normalization::errors_of(&draft.values) {
        findings.error(&error.field, error.text);
    }
}
