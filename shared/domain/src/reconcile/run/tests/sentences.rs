//! Sentences say the numbers of their own row, whatever the estate: they are read back and compared.

use proptest::prelude::*;

use super::fixtures::{company, metric, site};
use super::laws::{estate, seed};
use crate::currency::to_minor_unit;
use crate::decimal::Decimal;
use crate::entitlement::LicenseType;
use crate::reconcile::Unit;
use crate::reconcile::run::{ClientAccess, Clients, ConsumptionRule, Estate, MetricResult, Quantity, ResourceValue, Status};

/// What a sentence says, as far as it says it.
#[derive(Debug, Default)]
struct Said {
    /// Who needs how many rights.
    need: Option<(Option<u64>, u64)>,
    owned: Option<[u64; 6]>,
    set_by: Option<u64>,
    allocations: Option<u64>,
    missing: Option<u64>,
    cost: Option<(Decimal, String)>,
    average: Option<(Decimal, String)>,
    set: Option<(Decimal, String)>,
    without_limit: Option<u64>,
}

/// The first number behind a beginning, and what follows it.
fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn behind<'t>(text: &'t str, beginning: &str) -> Option<&'t str> {
    text.split_once(beginning).map(|(_, rest)| rest)
}

fn amount(text: &str) -> Option<(Decimal, String)> {
    let mut words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | ';'));
    let amount = words.next()?.parse().ok()?;
    Some((amount, words.next()?.trim_end_matches('.').to_owned()))
}

fn said(why: &str) -> Said {
    let mut said = Said::default();
    let head = why.split([':', '.']).next().unwrap_or_default();
    if let Some(rest) = head.strip_prefix("It needs ") {
        said.need = number(rest).map(|(rights, _)| (None, rights));
    } else if let (Some((holders, _)), Some(rest)) = (number(head), behind(head, " need ")) {
        said.need = number(rest).map(|(rights, _)| (Some(holders), rights));
    }
    if let Some(rest) = behind(why, ". Of ") {
        let numbers: Vec<u64> =
            rest.split(|letter: char| !letter.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
        said.owned = numbers.first_chunk::<6>().copied();
    }
    let kept = behind(why, ", of which ").and_then(number);
    said.set_by = kept.filter(|(_, rest)| rest.starts_with(" are too few for what is left")).map(|(rights, _)| rights);
    for part in why.split(';') {
        let part = part.trim().trim_start_matches("at least ");
        let Some((count, rest)) = number(part) else { continue };
        if rest.starts_with(" more need an allocation") {
            said.allocations = Some(count);
        } else if rest.starts_with(" more are needed") {
            said.missing = Some(count);
            said.cost = behind(rest, ", for ").and_then(amount);
            said.average = behind(rest, "(the average price of a right is ").and_then(amount);
            said.set = behind(rest, " (").filter(|_| rest.contains("as it was set")).and_then(amount);
        }
    }
    said.without_limit = behind(why, "Rights have no limit; ").and_then(number).map(|(rights, _)| rights);
    said
}

/// What a sentence says against the row that it stands in.
fn check(row: &MetricResult) -> Result<(), String> {
    let (said, figures) = (said(&row.why), &row.figures);
    let same = |what: &str, said: &dyn std::fmt::Debug, known: &dyn std::fmt::Debug| {
        let (said, known) = (format!("{said:?}"), format!("{known:?}"));
        if said == known { Ok(()) } else { Err(format!("{what}: it says {said} of {known}: {}", row.why)) }
    };
    let some = |count: u64| (count > 0).then_some(count);
    let set_by = said.set_by.unwrap_or_default();
    if let Some((holders, rights)) = said.need {
        let short = if figures.needed > 0 { figures.needed + set_by } else { 0 };
        same("needed", &rights, &(figures.used_in_report() + short.max(figures.allocations_needed)))?;
        if let Some(holders) = holders {
            same("holders", &(holders > 0), &(rights > 0))?;
        }
    }
    if row.unlimited {
        return same("used without a limit", &said.without_limit, &Some(figures.used()));
    }
    let numbers = [
        figures.owned,
        figures.used(),
        figures.allocated_in_use,
        figures.allocated_not_in_use,
        figures.not_allocated_in_use,
        figures.available(),
    ];
    same("owned and used", &said.owned, &Some(numbers))?;
    same("allocations", &said.allocations, &some(figures.allocations_needed))?;
    same("missing", &said.missing, &some(figures.needed))?;
    if said.missing.is_some() {
        same("cost", &said.cost, &figures.true_up.iter().next().map(|(currency, cost)| (*cost, currency.clone())))?;
    }
    if let (Some((each, currency)), Some(missing)) = (&said.average, said.missing) {
        same("average", &Some((currency, each)), &row.average_price.as_ref().map(|(currency, each)| (currency, each)))?;
        let cost = figures.true_up.get(currency).copied().unwrap_or_default().ten_thousandths();
        // The average is shown to four places, and each purchase is rounded to the cent.
        let off = (cost - each.ten_thousandths() * i64::try_from(missing).unwrap()).unsigned_abs();
        same("average times missing", &(off <= missing + 200), &true)?;
    }
    let short = said.missing.is_some() || said.allocations.is_some() || set_by > 0;
    same("status", &(short && row.status == Status::Compliant), &false)
}

fn rows(estate: &Estate) -> Vec<MetricResult> {
    let models = estate.run().products.into_iter().flat_map(|product| product.models);
    models.flat_map(|model| model.metrics).collect()
}

/// The same with rights that have maintenance, and, of some, units that are charged all or nothing.
fn varied(mut estate: Estate, tiers: bool) -> Estate {
    for (number, one) in estate.entitlements.iter_mut().enumerate() {
        if number % 2 == 1 {
            one.license_type = LicenseType::PerpetualSoftwareAssurance;
        }
        if tiers && one.metric.metric == "Resource Consumption" {
            one.metric = metric("IBM / Resource Value Unit (RVU)");
            one.rules.clear();
        }
    }
    for one in estate.resource_values.iter_mut().filter(|_| tiers) {
        (one.quantity, one.units) = (Quantity::ActivatedCores, "27".parse().unwrap());
    }
    estate
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn sentences_say_the_numbers_of_their_row(seed in seed(), tiers: bool) {
        for row in rows(&varied(estate(&seed), tiers)) {
            let checked = check(&row);
            prop_assert!(checked.is_ok(), "{} {}: {}", row.metric, row.maintenance, checked.unwrap_err());
        }
    }

    #[test]
    fn amounts_are_in_cents_and_add_up_from_tier_to_tier(seed in seed(), tiers: bool) {
        let outcome = varied(estate(&seed), tiers).run();
        let is_whole = |money: &crate::reconcile::run::Money| money.iter().all(|(currency, one)| to_minor_unit(*one, currency) == *one);
        for product in &outcome.products {
            let sum = |of: fn(&crate::reconcile::run::Figures) -> &crate::reconcile::run::Money| {
                let models = product.models.iter().map(|model| of(&model.figures));
                let metrics = product.models.iter().flat_map(|model| &model.metrics).map(|metric| of(&metric.figures));
                (total(models), total(metrics))
            };
            let figures = &product.figures;
            for money in [&figures.true_up, &figures.over_licensed, &figures.potential_savings, &figures.total_cost] {
                prop_assert!(is_whole(money), "{:?}", money);
            }
            for (whole, (models, metrics)) in [
                (&figures.over_licensed, sum(|one| &one.over_licensed)),
                (&figures.potential_savings, sum(|one| &one.potential_savings)),
                (&figures.total_cost, sum(|one| &one.total_cost)),
            ] {
                let whole = total([whole].into_iter());
                prop_assert_eq!((whole, whole), (models, metrics));
            }
            let models = product.models.iter().map(|model| &model.figures.true_up);
            prop_assert_eq!(total([&figures.true_up].into_iter()), total(models));
        }
    }
}

fn total<'m>(all: impl Iterator<Item = &'m crate::reconcile::run::Money>) -> Decimal {
    all.flat_map(|money| money.values()).fold(Decimal::default(), |sum, one| sum.plus(*one).unwrap())
}

#[test]
fn what_two_results_license_is_told_by_each() {
    let mut estate = site();
    let sql = estate.add_model("Microsoft Sql");
    estate.models[sql as usize].edition = Some("Enterprise".to_owned());
    estate.add_host("h", (2, 12), &[sql]);
    estate.add_rights(sql, "Microsoft / Per Core", 12);
    estate.add_rights(sql, "Microsoft / Per Core", 12).license_type = LicenseType::PerpetualSoftwareAssurance;
    for row in rows(&estate) {
        let head = "1 hosts, machines or clusters with it need 12 rights of these, beside those of other results: ";
        assert!(row.why.starts_with(head), "{}", row.why);
        assert_eq!((row.status, check(&row)), (Status::Compliant, Ok(())));
    }
}

#[test]
fn units_that_are_too_few_are_short_in_every_result() {
    let mut estate = site();
    let tool = estate.add_model("Ibm Mq");
    let (id, units) = ("r".to_owned(), "12000".parse().unwrap());
    let (metric, quantity) = (None, Quantity::ActivatedCores);
    estate.resource_values.push(ResourceValue { id, model: tool, metric, quantity, units, device: None, start: None, end: None });
    estate.add_rights(tool, "IBM / Resource Value Unit (RVU)", 5_000);
    estate.add_rights(tool, "IBM / Resource Value Unit (RVU)", 4_000).license_type = LicenseType::PerpetualSoftwareAssurance;
    estate.entitlements[1].unit_cost = "20".parse().ok();
    let rows = rows(&estate);
    let found: Vec<_> = rows.iter().map(|row| (row.status, row.figures.needed, check(row))).collect();
    assert_eq!(found, [(Status::NotCompliant, 700, Ok(())), (Status::NotCompliant, 0, Ok(()))]);
    assert!(rows[0].why.starts_with("It needs 5700 rights of these, beside those of other results: "), "{}", rows[0].why);
    assert!(rows[1].why.starts_with("What is not licensed needs more rights than these: "), "{}", rows[1].why);
    assert!(rows[1].why.ends_with("count towards it; what is missing beyond them is told with other rights."), "{}", rows[1].why);
}

#[test]
fn what_is_missing_has_the_price_of_its_own_result() {
    // Whose rights are in which result: by grouping, or by rules.
    let check_one = |by_rules: bool| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        for (of, price) in [("a", "50"), ("b", "100")] {
            let one = estate.add_rights(tool, "Common / Per Device", 1);
            one.unit_cost = price.parse().ok();
            if by_rules {
                let value = of.to_owned();
                let (unit, and) = (Unit::Company, Vec::new());
                one.rules = vec![ConsumptionRule { unit, value, include_children: false, pool: None, active: true, and }];
            } else {
                one.owner = company(of);
            }
        }
        if !by_rules {
            estate.settings.grouping = Some(Unit::Company);
        }
        for number in 0..3 {
            let device = estate.add_device(&format!("d{number}"), &[tool]);
            estate.devices[device as usize].organisation = company("b");
        }
        let rows = rows(&estate);
        let short: Vec<_> = rows.iter().filter(|row| row.figures.needed > 0).collect();
        let [short] = &short[..] else { panic!("{by_rules} {rows:?}") };
        let missing = if by_rules { 2 } else { 1 };
        let expected =
            format!("; {missing} more are needed, for {}.00 EUR (the average price of a right is 100.00 EUR).", missing * 100);
        assert!(short.why.ends_with(&expected), "{by_rules} {}", short.why);
        rows.iter().for_each(|row| assert_eq!(check(row), Ok(()), "{by_rules}"));
    };
    check_one(true);
    check_one(false);
}

#[test]
fn another_edition_says_nothing_about_the_price() {
    let check_one = |editions: [Option<&str>; 2], expected: Option<&str>| {
        let mut estate = site();
        let models = ["Mega Tool 1", "Mega Tool 2"].map(|name| estate.add_model(name));
        for (model, edition) in models.into_iter().zip(editions) {
            estate.models[model as usize].edition = edition.map(str::to_owned);
        }
        estate.add_device("d", &models[..1]);
        estate.add_rights(models[1], "Common / Per Device", 5);
        let product = estate.product("Tool");
        let model = product.models.iter().find(|one| one.model == models[0]).unwrap();
        let price = model.figures.true_up.get("EUR").map(ToString::to_string);
        let told: Vec<String> = model.warnings.iter().map(ToString::to_string).collect();
        assert_eq!((model.figures.needed, price.as_deref()), (1, expected), "{editions:?}");
        assert_eq!(told.iter().any(|one| one.starts_with("Tool 1 Standard: no rights of ")), expected.is_none(), "{told:?}");
    };
    check_one([Some("Standard"), Some("Enterprise")], None);
    check_one([Some("Standard"), Some("Standard")], Some("10"));
    check_one([None, None], Some("10"));
}

#[test]
fn processors_are_put_aside_where_users_are_named_and_nowhere_else() {
    let mut estate = site();
    let models = ["Enterprise Edition", "Standard Edition 2"].map(|edition| {
        let model = estate.add_model(&format!("Oracle Database {}", &edition[..1]));
        let known = &mut estate.models[model as usize];
        (known.version, known.edition) = (None, Some(edition.to_owned()));
        model
    });
    for (model, rights) in models.into_iter().zip([8, 2]) {
        estate.add_host(&format!("h{model}"), (2, 8), &[model]);
        estate.add_rights(model, "Oracle / Per Processor", rights);
    }
    estate.add_rights(models[1], "Oracle / Named User Plus", 10);
    let (id, users) = ("a".to_owned(), Clients::Count(5));
    estate.client_access.push(ClientAccess { id, model: models[1], users, devices: Clients::default() });
    let product = estate.product("Database");
    let told = "Oracle / Per Processor is not counted for Database Standard Edition 2, because there is a client access record and Named \
                User Plus is";
    assert_eq!(product.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [told]);
    let found: Vec<(u32, &str, usize)> = (product.models.iter())
        .flat_map(|model| model.metrics.iter().map(|one| (model.model, one.metric.as_str(), one.warnings.len())))
        .collect();
    assert_eq!(found, [(models[0], "Per Processor", 0), (models[1], "Named User Plus", 0), (models[1], "Per Processor", 1)]);
}

#[test]
fn rights_of_unlike_things_are_not_added() {
    let check_one = |others: &str, expected: (bool, Option<u64>)| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        estate.add_host("h", (2, 8), &[tool]);
        estate.add_rights(tool, "Common / Per User", 5);
        estate.add_rights(tool, others, 30);
        let figures = estate.product("Tool").figures;
        assert_eq!((figures.mixed, figures.alike(figures.owned)), expected, "{others}");
        // Nothing is nothing of anything, and money is money.
        assert_eq!((figures.alike(figures.needed), figures.total_cost["EUR"]), (Some(0), "350".parse().unwrap()), "{others}");
    };
    check_one("Common / Per Core", (true, None));
    check_one("Common / Per User", (false, Some(35)));
    check_one("Common / Per Named User", (false, Some(35)));
}
