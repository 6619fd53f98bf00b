//! `calc units`: subscription units of hardware by resource category.
//!
//! Entitlements and applications are taken as held: a case asks what the versions and the choices do.

use std::collections::BTreeMap;

use muster_domain::asset::{Directory as _, References, Table, class::HARDWARE};
use muster_domain::ids::CategoryId;
use muster_domain::units::choice::find;
use muster_domain::units::solution::licensed_for;
use muster_domain::units::{
    Application, AssetFacts, Catalogue, Census, Choice, Choices, Entitlements, Environment, Licensing, Place, Quotient, Report,
    Rounding, Row, Terms, Tree, Version,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cases::{CaseError, read, whole_or_null};
use super::exact::number;
use super::run;

pub(super) fn answer(ask: &str, inputs: &Map<String, Value>) -> Result<Value, CaseError> {
    match ask {
        "category" => category(read(inputs)?),
        "access" => access(read(inputs)?),
        "solution" => solution(read(inputs)?),
        "report" => report(read(inputs)?),
        "run" => report(read(&run::units(inputs)?)?),
        other => Err(CaseError::UnknownAsk { ask: other.to_owned(), known: "category, access, solution, report and run" }),
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct Site {
    opted_in: Vec<String>,
    model_categories: Vec<ModelCategory>,
    ham_version: Version,
    license_version: Version,
    enable_custom_category_licensing: bool,
}

#[derive(Deserialize)]
struct ModelCategory {
    name: String,
    #[serde(default)]
    parent: Option<String>,
}

#[derive(Deserialize)]
struct Asset {
    #[serde(default)]
    model_category: Option<String>,
    #[serde(default)]
    install_status: Option<i64>,
    #[serde(default)]
    substatus: Option<String>,
    #[serde(default)]
    excluded_from_ham: bool,
}

#[derive(Deserialize)]
struct OneCategory {
    category: String,
    #[serde(default, deserialize_with = "whole_or_null")]
    asset_count: Option<u64>,
    #[serde(default)]
    assets: Option<Vec<Asset>>,
    #[serde(flatten)]
    site: Site,
}

#[derive(Deserialize)]
struct Access {
    model_category: String,
    #[serde(flatten)]
    site: Site,
}

#[derive(Deserialize)]
struct Solution {
    category: String,
    #[serde(default)]
    installed: Vec<String>,
    #[serde(default)]
    ot_entity: bool,
    #[serde(default = "newest")]
    ham_version: Version,
}

#[derive(Deserialize)]
struct WholeSite {
    #[serde(default)]
    assets: Vec<Asset>,
    #[serde(flatten)]
    site: Site,
}

const fn newest() -> Version {
    Version::new(10, 1)
}

impl Default for Site {
    fn default() -> Self {
        Self {
            opted_in: Vec::new(),
            model_categories: Vec::new(),
            ham_version: newest(),
            license_version: Version::new(5, 0),
            enable_custom_category_licensing: false,
        }
    }
}

/// The records of a case: its model categories by name, and what follows for them.
struct Records {
    references: References,
    licensing: Licensing,
}

impl Site {
    /// Reads the site; `named` are model categories that a case names without describing them, which makes them custom ones.
    fn records<'a>(&'a self, named: impl Iterator<Item = &'a str>) -> Result<Records, CaseError> {
        let mut references = References::seeded();
        let described = self.model_categories.iter();
        let names = described.clone().flat_map(|category| [Some(category.name.as_str()), category.parent.as_deref()]).flatten();
        for (number, name) in (1_u128..).zip(names.chain(named)) {
            if references.find(Table::ModelCategory, name).is_none() {
                references.insert(Table::ModelCategory, Uuid::from_u128(number), name);
            }
        }
        for ModelCategory { name, parent } in described {
            let id = |name: &str| references.find(Table::ModelCategory, name);
            let (own, parent) = (id(name), parent.as_deref().and_then(id));
            if let Some(own) = own {
                references.put(Table::ModelCategory, own, name, parent);
            }
        }
        let tree = Tree::of(&references);
        if let Some(name) = tree.circle() {
            return Err(CaseError::Inputs(format!("model_categories: {name:?} lies below itself")));
        }
        let catalogue = catalogue()?;
        for name in &self.opted_in {
            place(&catalogue, name)?;
        }
        let choices = Choices::recorded(&catalogue, self.opted_in.iter().map(|name| (name.as_str(), Choice::OptedIn)));
        let terms = Terms {
            ham_version: self.ham_version,
            license_version: self.license_version,
            environment: Environment::Production,
            entitlements: Entitlements::new(catalogue.rows().filter_map(|(_, row)| row.entitlement.as_deref())),
            installed: [Application::HardwareAssetManagement, Application::TelecomNetworkInventory].into(),
            custom_category_licensing: self.enable_custom_category_licensing,
        };
        let licensing = Licensing::new(catalogue, terms, choices, &tree);
        Ok(Records { references, licensing })
    }
}

impl Records {
    fn category(&self, name: &str) -> Option<CategoryId> {
        self.references.find(Table::ModelCategory, name).map(CategoryId)
    }

    fn report(&self, assets: &[Asset]) -> Report {
        let mut census = Census::default();
        for Asset { model_category, install_status, substatus, excluded_from_ham } in assets {
            let category = model_category.as_deref().and_then(|name| self.category(name));
            let facts = AssetFacts::new(category, HARDWARE, *install_status, substatus.as_deref(), *excluded_from_ham);
            census.add(&facts, 1);
        }
        Report::new(&census, &self.licensing, Rounding::default(), None)
    }
}

fn category(case: OneCategory) -> Result<Value, CaseError> {
    let assets = case.assets.unwrap_or_default();
    let records = case.site.records(model_categories(&assets))?;
    let place = place(records.licensing.catalogue(), &case.category)?;
    let report = records.report(&assets);
    let row = report.row(place).ok_or(CaseError::Member("category"))?;
    let given = case.asset_count.map(|count| if row.in_force { count } else { 0 });
    let quotient = Quotient { count: given.unwrap_or(row.quotient.count), ..row.quotient };
    let mut result = counted(quotient);
    result.insert("access".to_owned(), json!(row.in_force));
    Ok(Value::Object(result))
}

fn access(case: Access) -> Result<Value, CaseError> {
    let records = case.site.records(std::iter::once(case.model_category.as_str()))?;
    let verdict = records.licensing.verdict(records.category(&case.model_category));
    let under = verdict.licensed_under();
    Ok(json!({
        "access": verdict.has_access(),
        "counted": under.is_some(),
        "licensed_under": under.map(|place| records.licensing.catalogue().name(place)),
    }))
}

fn solution(case: Solution) -> Result<Value, CaseError> {
    let catalogue = catalogue()?;
    let place = place(&catalogue, &case.category)?;
    let supporting = catalogue.get(place).map(|row| row.applications.as_slice()).unwrap_or_default();
    let known = |code: &String| {
        Application::from_code(code).ok_or_else(|| CaseError::Inputs(format!("installed: there is no application {code:?}")))
    };
    let installed = case.installed.iter().map(known).collect::<Result<_, _>>()?;
    let application = licensed_for(case.ot_entity, supporting, &installed, case.ham_version);
    Ok(json!({
        "application": application.map(Application::code),
        "counted_in_ham": application == Some(Application::HardwareAssetManagement),
    }))
}

fn report(case: WholeSite) -> Result<Value, CaseError> {
    let records = case.site.records(model_categories(&case.assets))?;
    let report = records.report(&case.assets);
    let shown = |row: &Row| {
        let name = records.licensing.catalogue().name(row.place).to_owned();
        (name, Value::Object(counted(row.quotient)))
    };
    let categories: BTreeMap<String, Value> = report.rows.iter().filter(|row| row.in_force).map(shown).collect();
    Ok(json!({ "categories": categories, "subscription_units": report.consumed }))
}

fn model_categories(assets: &[Asset]) -> impl Iterator<Item = &str> {
    assets.iter().filter_map(|asset| asset.model_category.as_deref())
}

fn catalogue() -> Result<Catalogue, CaseError> {
    Catalogue::published().map_err(|error| CaseError::Inputs(error.to_string()))
}

fn place(catalogue: &Catalogue, name: &str) -> Result<Place, CaseError> {
    find(catalogue, name).map_err(|error| CaseError::Inputs(error.to_string()))
}

fn counted(quotient: Quotient) -> Map<String, Value> {
    let members = [
        ("count", json!(quotient.count)),
        ("ratio", json!(quotient.ratio)),
        ("raw", number(quotient)),
        ("subscription_units", json!(quotient.units(Rounding::default()))),
    ];
    members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
