//! The rule behind every number of a reconciliation, as data: a sentence for each tier, the inputs, which rows show it.

/// Where the inputs of a tier above metrics come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Above {
    /// The sum of the same number of its parts.
    Sum,
    /// Another rule for a model; a product is the sum of its models.
    Model(&'static str, &'static [&'static str]),
    /// The same rule.
    Same,
    /// There is no such number above a metric.
    None,
}

/// Which rows show a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The rows behind the position.
    Members,
    /// Those that are licensed in this way.
    Only(&'static str),
    /// The entitlements that are counted.
    Entitlements,
    /// The allocations.
    Allocations,
    /// The removal candidates of its product.
    Candidates,
    /// What can be done about the position.
    Remedies,
    /// The position itself.
    Position,
}

/// The rule behind one number.
#[derive(Debug)]
pub(super) struct Rule {
    /// The member of the API's document.
    pub(super) field: &'static str,
    /// The rule in one sentence.
    pub(super) rule: &'static str,
    /// Its inputs, other members of the same document.
    pub(super) inputs: &'static [&'static str],
    /// What it is above metrics.
    pub(super) above: Above,
    /// Which rows show it.
    pub(super) shown: Shown,
}

const fn rule(field: &'static str, rule: &'static str, inputs: &'static [&'static str], above: Above, shown: Shown) -> Rule {
    Rule { field, rule, inputs, above, shown }
}

/// The numbers of a position (domain 6.5).
pub(super) const POSITION_RULES: &[Rule] = &[
    rule(
        "status",
        "Not compliant where rights or allocations are needed, something is not licensed, or rights count towards what others need, unless the agreement type of an entitlement \
         that may be used for the model is always compliant; not reconciled where its metrics could not be counted, or what is needed is \
         not known; what is certainly missing in a part counts first.",
        &["needed", "unlicensed", "allocations_needed", "warnings"],
        Above::Same,
        Shown::Only("unlicensed"),
    ),
    rule(
        "owned",
        "Active rights of the entitlements that give rights by this metric on the day of the run; rights without a limit have no number.",
        &["entitlements", "unlimited", "maintenance"],
        Above::Sum,
        Shown::Entitlements,
    ),
    rule(
        "used",
        "Allocated and in use, allocated and not in use, and in use without an allocation together: what is allocated is used up.",
        &["allocated_in_use", "allocated_not_in_use", "not_allocated_in_use"],
        Above::Same,
        Shown::Members,
    ),
    rule(
        "used_in_report",
        "Allocated and in use, and in use without an allocation together: what is allocated and not in use is left out.",
        &["allocated_in_use", "not_allocated_in_use"],
        Above::Same,
        Shown::Members,
    ),
    rule(
        "allocated_in_use",
        "Rights that are allocated to users, devices or hosts who use the software.",
        &["entitlements"],
        Above::Sum,
        Shown::Only("allocated"),
    ),
    rule(
        "allocated_not_in_use",
        "Rights that are allocated to users, devices or hosts who do not use the software, or of which less is used than is allocated.",
        &["entitlements"],
        Above::Sum,
        Shown::Only("allocated_not_in_use"),
    ),
    rule(
        "not_allocated_in_use",
        "Rights that are used without an allocation: what the metric requires of installs, subscriptions or clients, less what is allocated.",
        &["entitlements"],
        Above::Sum,
        Shown::Members,
    ),
    rule(
        "not_allocated",
        "Rights owned less the quantities of all allocations; below zero where more are allocated than there are.",
        &["owned"],
        Above::Sum,
        Shown::Allocations,
    ),
    rule(
        "surplus",
        "Rights owned less rights used, those without a limit left out of both; not known where what is needed is not known.",
        &["owned", "used"],
        Above::Same,
        Shown::Position,
    ),
    rule(
        "allocations_needed",
        "Users or devices that use the software of a named metric and have no allocation.",
        &["owned", "used"],
        Above::Sum,
        Shown::Only("unlicensed"),
    ),
    rule(
        "needed",
        "Rights that this metric requires for what is not licensed. What several metrics could license is needed at each of them.",
        &["owned", "used", "nontransferable"],
        Above::Model(
            "Rights to buy so that everything is licensed: of metrics that could license the same installs the cheapest, and what \
             each metric of records, such as client access, needs.",
            &["unlicensed"],
        ),
        Shown::Only("unlicensed"),
    ),
    rule(
        "nontransferable",
        "Rights left of packs of cores (Microsoft) that are too few for any machine that is not licensed; they are not used.",
        &["owned", "used"],
        Above::Sum,
        Shown::Only("unlicensed"),
    ),
    rule(
        "unlicensed",
        "Installs, subscriptions and clients that no right of this metric licenses.",
        &["owned", "used"],
        Above::Model("Installs, subscriptions and clients that no right, allocation, downgrade right or suite licenses.", &[]),
        Shown::Only("unlicensed"),
    ),
    rule(
        "unlicensed_users",
        "Different users with something that is not licensed; who has several things counts once.",
        &["unlicensed"],
        Above::Same,
        Shown::Only("unlicensed"),
    ),
    rule(
        "true_up",
        "Rights needed times the price of one: the override cost that was set, otherwise the average price; rounded to the smallest unit of \
         the currency.",
        &["needed", "average_price"],
        Above::Model(
            "What the cheapest purchase options that license everything cost together; currencies are never added.",
            &["needed"],
        ),
        Shown::Remedies,
    ),
    rule(
        "over_licensed",
        "Rights available, without those that are too few for what is left and count towards it, times the average price of a right.",
        &["surplus", "average_price"],
        Above::Sum,
        Shown::Position,
    ),
    rule(
        "potential_savings",
        "Rights that removing the candidates would set free, times the average price of a right.",
        &["average_price"],
        Above::Sum,
        Shown::Candidates,
    ),
    rule(
        "total_cost",
        "Purchased rights times unit cost times subscription periods of each entitlement, and of the maintenance on it.",
        &["entitlements"],
        Above::Sum,
        Shown::Entitlements,
    ),
    rule(
        "average_price",
        "Unit costs of the entitlements, weighted by their rights, to four places; none where they are in several currencies.",
        &["entitlements", "owned"],
        Above::None,
        Shown::Entitlements,
    ),
    rule(
        "spend",
        "Purchased rights times unit cost of the subscription period that runs on the day of the run (SaaS Consumption).",
        &["entitlements"],
        Above::None,
        Shown::Entitlements,
    ),
    rule("members", "Rows behind the position and its parts.", &[], Above::Sum, Shown::Members),
];

const fn plain(field: &'static str, text: &'static str, inputs: &'static [&'static str]) -> Rule {
    rule(field, text, inputs, Above::Same, Shown::Position)
}

/// The numbers of a removal candidate.
pub(super) const CANDIDATE_RULES: &[Rule] = &[
    plain(
        "rights",
        "Rights that its removal sets free; 0 of what is not licensed, and where another install of the same device, host or user has them.",
        &["justification", "model", "device", "user"],
    ),
    plain(
        "state",
        "What is restricted or not licensed awaits revocation, what has no allocation is ready, what is little used needs a decision \
         first; then what people made of it.",
        &["justification", "steps"],
    ),
];

/// The numbers of a remedy.
pub(super) const REMEDY_RULES: &[Rule] = &[
    plain(
        "count",
        "Rights to buy, or allocations or installs to create or remove, as the newest run of its publisher found them.",
        &["kind", "model", "metric_group", "metric", "maintenance", "grouping"],
    ),
    plain(
        "cost",
        "Rights to buy times the price of one: the override cost that was set, otherwise the average price; none where no price is known.",
        &["kind", "count", "model", "metric_group", "metric", "maintenance"],
    ),
    plain("state", "New until people choose it; void where another one was chosen that makes it needless.", &["kind", "steps"]),
];

/// The numbers of a run.
pub(super) const RUN_RULES: &[Rule] = &[
    plain("products", "Products with a result: those with an install, a subscription or an entitlement.", &["publisher"]),
    plain("not_compliant", "Products of which a model or metric is not compliant.", &["products"]),
    plain("not_reconciled", "Products whose metrics could not be counted; their positions say why.", &["products", "warnings"]),
    plain("true_up", "The true-up cost of all its products, each currency by itself.", &["products"]),
    plain("positions", "Products, their models and their metrics together.", &["products"]),
    plain("members", "Rows behind all positions.", &["positions"]),
    plain("candidates", "Removal candidates that it found, new and known ones.", &["publisher"]),
    plain("devices", "Assets of hardware that are not retired, and hosts that are no assets.", &["site_date"]),
    plain("installs", "Installs that rules of normalisation make software models under management of.", &["devices"]),
    plain("entitlements", "Entitlements, whether they give rights on that day or not.", &["site_date"]),
];
