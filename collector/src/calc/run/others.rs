//! Exports as the compact inputs of the other kinds: units, sessions and compliance ask their own questions of them.
//!
//! In: lists as the API gives them. Out: the inputs of an ask that the kind has. Nothing is decided here.

use serde_json::{Map, Value, json};

use super::exports::list;
use crate::calc::cases::CaseError;

/// The inputs of an ask for each application.
type ByName = Vec<(String, Map<String, Value>)>;

/// `units`, ask `report`: assets, categories (units categories), settings, and model-categories (reference list model-categories).
pub(in crate::calc) fn units(inputs: &Map<String, Value>) -> Result<Map<String, Value>, CaseError> {
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    let is_in = |item: &&Value| item.get("choice").and_then(Value::as_str) == Some("opted_in");
    let opted_in: Vec<String> = list(inputs, "categories")?.iter().filter(is_in).filter_map(name).collect();
    let asset = |item: &Value| {
        let of = |field: &str| item.get(field).cloned().unwrap_or_default();
        json!({
            "model_category": display(item.get("model_category")), "install_status": of("install_status"),
            "substatus": of("substatus"), "excluded_from_ham": of("excluded_from_ham").as_bool().unwrap_or_default(),
        })
    };
    let category = |item: &Value| json!({ "name": item.get("name"), "parent": display(item.get("parent")) });
    let mut all = Map::new();
    all.insert("opted_in".to_owned(), json!(opted_in));
    all.insert("assets".to_owned(), list(inputs, "assets")?.iter().map(asset).collect());
    all.insert("model_categories".to_owned(), list(inputs, "model-categories")?.iter().map(category).collect());
    let settings = list(inputs, "settings")?;
    for (setting, member) in
        [("ham_version", "ham_version"), ("sn_hamp.enable_custom_category_licensing", "enable_custom_category_licensing")]
    {
        let value = settings.iter().find(|item| item.get("name").and_then(Value::as_str) == Some(setting));
        all.extend(value.and_then(|item| item.get("value")).map(|value| (member.to_owned(), value.clone())));
    }
    all.extend(inputs.get("license_version").map(|version| ("license_version".to_owned(), version.clone())));
    Ok(all)
}

/// `sessions`, ask `live` of each application: sessions (session list) and applications (application list).
pub(in crate::calc) fn sessions(inputs: &Map<String, Value>) -> Result<ByName, CaseError> {
    let sessions = list(inputs, "sessions")?;
    let of = |application: &Value| {
        let name = application.get("name").and_then(Value::as_str)?;
        let uses = |session: &&Value| {
            let used = session.get("applications").and_then(Value::as_array).into_iter().flatten();
            let is_over = session.get("ended_at").is_some_and(|ended| !ended.is_null());
            !is_over && used.filter_map(Value::as_str).any(|used| used == name)
        };
        let held: Vec<&Value> = sessions.iter().filter(uses).collect();
        let named_users = application.get("named_users").filter(|users| users.is_array()).cloned().unwrap_or_else(|| json!([]));
        let members = json!({ "sessions": held, "named_users": named_users });
        Some((name.to_owned(), members.as_object().cloned().unwrap_or_default()))
    };
    Ok(list(inputs, "applications")?.iter().filter_map(of).collect())
}

/// `compliance`, ask `count`: assets (asset list) beside limit, query, table and null_mode.
pub(in crate::calc) fn compliance(inputs: &Map<String, Value>) -> Result<Map<String, Value>, CaseError> {
    let mut all = inputs.clone();
    all.remove("assets");
    all.insert("records".to_owned(), list(inputs, "assets")?.iter().map(record).collect());
    Ok(all)
}

/// A record as queries see it: its id, and with each reference what it is called.
fn record(item: &Value) -> Value {
    let Some(members) = item.as_object() else { return item.clone() };
    let member = |(name, value): (&String, &Value)| {
        let name = if name == "id" { "sys_id" } else { name };
        let reference = value.get("id").zip(value.get("display"));
        let value = reference.map(|(id, shown)| json!({ "sys_id": id, "name": shown, "display_name": shown }));
        (name.to_owned(), value)
    };
    let all = members.iter().map(|(name, value)| {
        let (shown, reference) = member((name, value));
        (shown, reference.unwrap_or_else(|| value.clone()))
    });
    // The API gives both, and they are the same.
    let all: Map<String, Value> = all.filter(|(_, value)| !value.is_null()).collect();
    Value::Object(all)
}

fn display(value: Option<&Value>) -> Value {
    let value = value.cloned().unwrap_or_default();
    value.get("display").cloned().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use crate::calc::{Kind, run};
    use serde_json::{Value, json};

    fn answer(kind: Kind, inputs: Value) -> Value {
        let case = json!({ "id": "site", "ask": "run", "inputs": inputs });
        let answers: Value = serde_json::from_str(&run(kind, &case.to_string()).unwrap()).unwrap();
        assert!(answers["cases"][0]["error"].is_null(), "{answers:#}");
        answers["cases"][0]["result"].clone()
    }

    #[test]
    fn what_is_wrong_with_exports_is_told_with_its_place() {
        let none = answer(Kind::Reconcile, json!({"now": "2026-06-17T09:00:00Z", "modles": [], "title": "x"}));
        let warnings = json!(["\"modles\" is no export and was not read", "\"title\" is no export and was not read"]);
        assert_eq!(none["warnings"], warnings, "{none:#}");
        assert_eq!(none["positions"], json!([]));
        let now = "2026-06-17T09:00:00Z";
        for (inputs, part) in [
            (json!({}), "now is missing"),
            (json!({"now": "yesterday"}), "now:"),
            (json!({"now": now, "time_zone": "Mars/Phobos"}), "time_zone:"),
            (json!({"now": now, "models": 7}), "models: give the list"),
            (
                json!({"now": now, "models": [{"publisher": "A", "product": "B", "active": "maybe"}]}),
                "models, item 1: active cannot be",
            ),
            (json!({"now": now, "models": [{}, {"id": "x"}]}), "models, item 2: id is no id"),
            (json!({"now": now, "assets": [{"install_status": 1}]}), "assets, item 1: id is missing"),
            (json!({"now": now, "installs": {"items": [{"name": "x"}]}}), "installs, item 1: asset"),
            (json!({"now": now, "usage": [{"date": "2026-06-17", "application": "A"}]}), "usage, item 1: peak"),
            (json!({"now": now, "settings": [{"name": "null_mode", "value": "maybe"}]}), "settings: null_mode"),
            (json!({"now": now, "references": {"planets": []}}), "references: there is no table \"planets\""),
        ] {
            let case = json!({ "id": "site", "ask": "run", "inputs": inputs });
            let answers: Value = serde_json::from_str(&run(Kind::Reconcile, &case.to_string()).unwrap()).unwrap();
            let error = answers["cases"][0]["error"].as_str().unwrap_or_default();
            assert!(error.contains(part), "{inputs}: {error}");
        }
    }

    fn assets() -> Value {
        let computer = json!({"id": "0192f3c0-0000-7000-8000-000000000001", "display": "Computer"});
        let asset = |id: u8, state: u8, category: &Value| {
            json!({"id": format!("0192f3c0-0000-7000-8000-0000000000{id:02}"), "install_status": state, "model_category": category,
                "sys_class_name": "alm_hardware"})
        };
        json!({"items": [asset(11, 1, &computer), asset(12, 1, &computer), asset(13, 7, &computer), asset(14, 1, &Value::Null)]})
    }

    #[test]
    fn lists_of_the_api_are_counted() {
        let categories =
            json!([{"name": "End User Computers", "choice": "opted_in"}, {"name": "Servers", "choice": "opted_out"}]);
        let units = answer(Kind::Units, json!({"assets": assets(), "categories": categories}));
        assert_eq!(units["categories"]["End User Computers"]["count"], 2, "{units:#}");
        assert_eq!(units["categories"].as_object().unwrap().len(), 1, "{units:#}");

        let count = |query: &str| answer(Kind::Compliance, json!({"assets": assets(), "limit": 1, "query": query}));
        let active = count("install_statusNOT IN2,7,10");
        assert_eq!((&active["count"], &active["over_by"], &active["state"]), (&json!(3), &json!(2), &json!("grace")));
        assert_eq!(count("install_status=1^model_category.name=Computer")["count"], 2);

        let session = |id: &str, user: &str, over: Value| json!({"id": id, "user": user, "client_ip": "10.0.0.1", "applications": ["A"], "ended_at": over});
        let sessions = json!({"items": [
            session("1", "ann", Value::Null), session("2", "bob", Value::Null), session("3", "cid", json!("2026-01-01T00:00:00Z"))
        ]});
        let applications = json!({"items": [{"name": "A", "named_users": ["ann"]}, {"name": "B", "named_users": []}]});
        let live = answer(Kind::Sessions, json!({"sessions": sessions, "applications": applications}));
        let used = json!({"licenses": 2, "named_used": 1, "floating_used": 1});
        assert_eq!((&live["applications"]["A"], &live["applications"]["B"]["licenses"]), (&used, &json!(0)), "{live:#}");
    }
}
