//! `/api/v1/units`: subscription units, resource categories, opting in and out.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Json as Body, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    units::{CategoryChange, Effect, Standing, Totals, UnitsError},
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use muster_domain::units::{Application, Availability, Choice, ChoiceError, Colour, ResourceCategory, Row};
use muster_wire::problem::Code;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

/// Subscription units as of now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnitsView {
    /// The version of Hardware Asset Management whose rules hold.
    pub ham_version: String,
    /// The licence version.
    pub license_version: String,
    /// Units that the counted assets need.
    pub consumed: u64,
    /// Units that the licence key grants; null: it does not say.
    pub entitled: Option<u64>,
    /// `green` below 90 per cent, `yellow`, `red` from 100 per cent on; null without granted units.
    pub colour: Option<&'static str>,
    /// How parts of a unit are rounded.
    #[schema(value_type = String)]
    pub rounding: muster_domain::units::Rounding,
    /// Assets that can be used and do not count.
    pub free_assets: u64,
    /// Assets for which no resource category decides, and which therefore cannot be used.
    pub assets_without_category: u64,
    /// Every resource category.
    pub categories: Vec<CategoryView>,
}

/// A resource category.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CategoryView {
    /// Its name.
    pub name: String,
    /// Whether it is opted in and available: its assets count and its features work.
    pub in_force: bool,
    /// `opted_in`, `opted_out`, or null: never chosen.
    #[schema(value_type = Option<String>)]
    pub choice: Option<Choice>,
    /// When that was chosen.
    pub chosen_at: Option<DateTime<Utc>>,
    /// By whom.
    pub chosen_by: Option<String>,
    /// `available`, or what it lacks: `version`, `entitlement` or `application`.
    pub availability: &'static str,
    /// The application that it is licensed under: `ZTM`, `TNI` or `HAM`.
    pub application: Option<&'static str>,
    /// Assets that count.
    pub count: u64,
    /// Assets for one unit.
    pub ratio: u32,
    /// Count by ratio, with four places.
    #[schema(value_type = f64)]
    pub raw: Box<RawValue>,
    /// Units; null where only their sum is rounded.
    pub subscription_units: Option<u64>,
    /// Assets that would count if it were in force.
    pub waiting: u64,
    /// Assets of it that are excluded.
    pub excluded: u64,
    /// The entitlement that it needs.
    pub entitlement: Option<String>,
    /// Its model categories.
    pub model_categories: Vec<String>,
    /// Model categories whose names contain this are its own, too.
    pub name_contains: Option<String>,
    /// The first version of Hardware Asset Management that has it; null: any.
    pub ham_version: Option<String>,
    /// The first licence version that has it; null: any.
    pub license_version: Option<String>,
    /// The encoded query (table alm_asset) that finds its assets; null where it would be too long.
    pub query: Option<String>,
}

/// How to change.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Only say what would happen.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// What to change of a resource category: opting in or out, or its row in the table; what is not given stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryInput {
    /// Opt in or out. Stands alone.
    opted_in: Option<bool>,
    /// Assets for one unit.
    ratio: Option<u32>,
    /// Its model categories.
    model_categories: Option<Vec<String>>,
    /// Model categories whose names contain this are its own, too; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name_contains: Option<Option<String>>,
    /// The entitlement that it needs; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    entitlement: Option<Option<String>>,
    /// The applications that support it: ZTM, TNI, HAM.
    applications: Option<Vec<String>>,
    /// The first version of Hardware Asset Management that has it; null for any.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    ham_version: Option<Option<String>>,
    /// The first licence version that has it; null for any.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    license_version: Option<Option<String>>,
    /// true: back to the published row. Stands alone.
    #[serde(default)]
    published: bool,
}

/// What a change did, or would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CategoryChanged {
    /// Nothing was stored: this is what would be.
    pub dry_run: bool,
    /// The resource category.
    pub category: String,
    /// What was chosen.
    #[schema(value_type = Option<String>)]
    pub choice: Option<Choice>,
    /// What opting in or out does; null for a change of the table.
    pub effect: Option<UnitsEffect>,
}

/// Assets and units before and after.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnitsEffect {
    /// Assets of the resource category that count now.
    pub category_assets_before: u64,
    /// Assets of the resource category that count then.
    pub category_assets_after: u64,
    /// Assets that count now.
    pub assets_before: u64,
    /// Assets that count then.
    pub assets_after: u64,
    /// Units now.
    pub units_before: u64,
    /// Units then.
    pub units_after: u64,
    /// Units that the licence key grants.
    pub entitled: Option<u64>,
}

impl CategoryInput {
    fn change(self) -> CategoryChange {
        let Self { ratio, model_categories, name_contains, entitlement, applications, ham_version, license_version, .. } = self;
        CategoryChange { ratio, model_categories, name_contains, entitlement, applications, ham_version, license_version }
    }
}

impl From<UnitsError> for Failure {
    fn from(error: UnitsError) -> Self {
        match error {
            UnitsError::Store(error) => error.into(),
            UnitsError::Choice(ChoiceError::Unknown { .. }) => Self::new(Code::NotFound, error.to_string()),
            UnitsError::Choice(_) => Self::new(Code::Conflict, error.to_string()),
            UnitsError::Catalogue(_) | UnitsError::Value(_) => Self::invalid(error.to_string()),
        }
    }
}

/// Subscription units: per resource category the assets that count, the ratio and the units, against what was bought.
#[utoipa::path(get, path = "/api/v1/units", tag = "units",
    responses((status = 200, description = "units as of now", body = UnitsView), Problems))]
pub async fn show(State(context): State<Ctx>) -> Answer<Json<UnitsView>> {
    let standing = context.units.standing().await?;
    let terms = standing.site.licensing.terms();
    Ok(Json(UnitsView {
        ham_version: terms.ham_version.to_string(),
        license_version: terms.license_version.to_string(),
        consumed: standing.report.consumed,
        entitled: standing.report.entitled,
        colour: standing.report.colour.map(colour),
        rounding: standing.site.rounding,
        free_assets: standing.report.free,
        assets_without_category: standing.report.without_category,
        categories: views(&standing)?,
    }))
}

/// Resource categories: ratio, model categories, entitlement, and what was chosen when and by whom.
#[utoipa::path(get, path = "/api/v1/units/categories", tag = "units", params(Paging),
    responses((status = 200, description = "resource categories", body = Page<CategoryView>), Problems))]
pub async fn categories(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let page = Page::of(views(&context.units.standing().await?)?, &paging, |view| view.name.clone())?;
    let columns =
        ["name", "in_force", "choice", "chosen_at", "chosen_by", "availability", "application", "count", "ratio", "raw"];
    let more = ["subscription_units", "waiting", "excluded", "entitlement", "model_categories", "name_contains"];
    let versions = ["ham_version", "license_version"];
    Ok(page.answer(&listing, &[columns.as_slice(), more.as_slice(), versions.as_slice()].concat()))
}

/// Opts a resource category in or out, changes its row in the table (a row of a new name is added), or takes a changed row
/// back to the published one. With `dry_run` the answer
/// says which assets and units would count, and nothing is stored.
#[utoipa::path(put, path = "/api/v1/units/categories/{name}", tag = "units",
    params(("name" = String, Path, description = "its name, without regard to case"), How), request_body = CategoryInput,
    responses((status = 200, description = "what it did, or would do", body = CategoryChanged), Problems))]
pub async fn set(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Query(How { dry_run }): Query<How>,
    Body(input): Body<CategoryInput>,
) -> Answer<Json<CategoryChanged>> {
    let CategoryInput { opted_in, published, .. } = input;
    let change = input.change();
    let of_table = change != CategoryChange::default();
    let set =
        |category: &str| Json(CategoryChanged { dry_run, category: category.trim().to_owned(), choice: None, effect: None });
    match opted_in {
        _ if published && (opted_in.is_some() || of_table) => {
            Err(Failure::invalid("published stands alone; change the row in a request of its own"))
        }
        Some(_) if of_table => Err(Failure::invalid("opted_in stands alone; change the table in a request of its own")),
        Some(opted_in) => {
            let choice = if opted_in { Choice::OptedIn } else { Choice::OptedOut };
            let effect = context.units.choose(&name, choice, &caller.actor(), context.now(), dry_run).await?;
            let entitled = context.compliance.granted().and_then(|granted| granted.units);
            Ok(Json(chosen(effect, entitled, dry_run)))
        }
        None if !of_table && !published => Err(Failure::invalid("give opted_in, published, or what to change of the row")),
        None if dry_run => Err(Failure::invalid("dry_run is for opted_in; a change of the table can be taken back")),
        None if published => {
            context.units.reset_category(&name, &caller.actor(), context.now()).await?;
            Ok(set(&name))
        }
        None => {
            context.units.set_category(&name, change, &caller.actor(), context.now()).await?;
            Ok(set(&name))
        }
    }
}

fn views(standing: &Standing) -> Answer<Vec<CategoryView>> {
    let catalogue = standing.site.licensing.catalogue();
    let with_row = |(place, category)| Some((category, standing.report.row(place)?));
    catalogue.rows().filter_map(with_row).map(|(category, row)| view(category, row, standing)).collect()
}

fn view(category: &ResourceCategory, row: &Row, standing: &Standing) -> Answer<CategoryView> {
    let act = standing.site.last_act(&category.name);
    Ok(CategoryView {
        name: category.name.clone(),
        in_force: row.in_force,
        choice: row.choice,
        chosen_at: act.map(|act| act.at),
        chosen_by: act.map(|act| act.by.clone()),
        availability: match row.availability {
            Availability::Available => "available",
            Availability::NotInVersion => "version",
            Availability::NoEntitlement => "entitlement",
            Availability::NoApplication => "application",
        },
        application: row.application.map(Application::code),
        count: row.quotient.count,
        ratio: row.quotient.ratio.get(),
        raw: RawValue::from_string(row.quotient.to_string()).map_err(Failure::internal)?,
        subscription_units: row.units,
        waiting: row.waiting,
        excluded: row.excluded,
        entitlement: category.entitlement.clone(),
        model_categories: category.model_categories.clone(),
        name_contains: category.name_contains.clone(),
        ham_version: category.ham_version.map(|version| version.to_string()),
        license_version: category.license_version.map(|version| version.to_string()),
        query: standing.site.query(row.place),
    })
}

fn chosen(effect: Effect, entitled: Option<u64>, dry_run: bool) -> CategoryChanged {
    let Effect { category, choice, before, after } = effect;
    let Totals { category_assets, assets, units, .. } = before;
    let effect = UnitsEffect {
        category_assets_before: category_assets,
        category_assets_after: after.category_assets,
        assets_before: assets,
        assets_after: after.assets,
        units_before: units,
        units_after: after.units,
        entitled,
    };
    CategoryChanged { dry_run, category, choice: Some(choice), effect: Some(effect) }
}

const fn colour(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "green",
        Colour::Yellow => "yellow",
        Colour::Red => "red",
    }
}

/// Tells a null from what is not there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}
