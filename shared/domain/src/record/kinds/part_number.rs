//! Publisher part numbers: what is bought under which number.

use crate::entitlement::AGREEMENT_TYPES;
use crate::record::{Field, Rules, Schema};

/// The catalogue of part numbers.
pub const PART_NUMBERS: Schema = Schema {
    path: "part-numbers",
    one: "publisher part number",
    help: "Part numbers (PPN, SKU) of publishers with what is bought under them. An entitlement with such a number takes its software model and \
           its terms from here.",
    fields: &[
        Field::text("part_number", "Publisher part number", "The number.").required(),
        Field::text("publisher", "Publisher", "Whose number it is.").required(),
        Field::text("product", "Product", "What is bought.").required(),
        Field::text("version", "Version", "In which version; empty is any."),
        Field::text("edition", "Edition", "In which edition; empty is any."),
        Field::text("description", "Description", "What the publisher calls it."),
        Field::choice("license_type", "License type", &super::entitlement::LICENSE_TYPES, "The type of licence."),
        Field::text("metric_group", "Metric group", "The group of its metric."),
        Field::text("license_metric", "License metric", "Its metric."),
        Field::choice("agreement_type", "Agreement type", &AGREEMENT_TYPES, "The agreement it is bought under."),
        Field::count("rights_per_pack", "Rights per license pack", "Rights in a pack."),
        Field::text("source", "Source", "Where the number comes from."),
    ],
    name: "part_number",
    unique: &[&["part_number"]],
    columns: &["part_number", "publisher", "product", "version", "edition", "license_metric"],
    rules: Rules::NONE,
};
