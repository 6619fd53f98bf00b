//! Small rules: what a model says itself, and what is no price.

use super::fixtures::{shown, site};

#[test]
fn a_model_says_itself_when_it_is_little_used() {
    // Days of the setting, days of the model, and whether an install that was not used for 100 days may go.
    let check = |setting, own, expected: usize| {
        let mut estate = site();
        let office = estate.add_model("Mega Office");
        let device = estate.add_device("a", &[office]);
        estate.installs[device as usize].last_used = estate.today.checked_sub_days(chrono::Days::new(100));
        estate.add_rights(office, "Common / Per Device", 3);
        estate.settings.low_usage_days = setting;
        estate.models[office as usize].low_usage_days = own;
        let product = estate.product("Office");
        assert_eq!(product.models[0].candidates.len(), expected, "{setting} {own:?}");
        assert_eq!(product.figures.potential_savings.len(), expected);
    };
    check(90, None, 1);
    check(90, Some(100), 0);
    check(90, Some(99), 1);
    check(365, Some(30), 1);
    check(100, None, 0);
}

#[test]
fn a_credit_makes_nothing_cheaper() {
    let check = |costs: [&str; 2], expected: &str| {
        let mut estate = site();
        let office = estate.add_model("Mega Office");
        for id in ["a", "b", "c"] {
            estate.add_device(id, &[office]);
        }
        for cost in costs {
            estate.add_rights(office, "Common / Per Device", 1).unit_cost = cost.parse().ok();
        }
        assert_eq!(shown(&estate.product("Office")), expected, "{costs:?}");
    };
    check(["10", "20"], "2 2 1 1 15 EUR");
    check(["10", "-20"], "2 2 1 1 10 EUR");
    check(["-10", "-20"], "2 2 1 1");
    check(["10", "0"], "2 2 1 1 5 EUR");
}
