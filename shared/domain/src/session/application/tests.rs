//! An application's record: defaults, changes, limits.

use super::*;

fn changed(json: &str) -> Result<Application, String> {
    let patch: ApplicationPatch = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let mut application = Application::new("Incident Management").unwrap();
    application.change(patch).map_err(|error| error.to_string())?;
    Ok(application)
}

#[test]
fn absent_fields_keep_their_value_and_null_is_no_limit() {
    let mut application =
        changed(r#"{"name":"Incident Management","named_limit":10,"named_users":["falcon"," Falcon "],"floating_limit":0}"#)
            .unwrap();
    assert_eq!((application.named_limit, application.floating_limit, application.lease_seconds), (Some(10), Some(0), 120));
    assert_eq!(application.named_users, ["falcon"]);
    application.change(serde_json::from_str(r#"{"floating_limit":null,"tracking":false}"#).unwrap()).unwrap();
    assert_eq!((application.named_limit, application.floating_limit, application.tracking), (Some(10), None, false));
    let json = serde_json::to_string(&application).unwrap();
    assert_eq!(serde_json::from_str::<Application>(&json).unwrap(), application);
    assert_eq!(
        Application::new("x").unwrap(),
        serde_json::from_str(&serde_json::to_string(&Application::new(" x ").unwrap()).unwrap()).unwrap()
    );
}

#[test]
fn wrong_values_are_named() {
    let check = |json: &str, part: &str| {
        let error = changed(json).unwrap_err();
        assert!(error.contains(part), "{json}: {error}");
    };
    check(r#"{"named_limit":-1}"#, "named_limit must be from 0 to 1000000000, not -1");
    check(r#"{"floating_limit":9223372036854775807}"#, "floating_limit must be");
    check(r#"{"idle_timeout_seconds":-5}"#, "idle_timeout_seconds");
    check(r#"{"lease_seconds":0}"#, "lease_seconds must be from 1");
    check(r#"{"name":"Other"}"#, "the application is \"Incident Management\"");
    check(r#"{"named_users":[""]}"#, "named_users is empty");
    check(r#"{"named_users":["a\u0007"]}"#, "control characters");
    check(r#"{"named_limit":1,"named_users":["a","b"]}"#, "2 users for 1 named seats");
    check(r#"{"named_users":["a"],"sharing":["client_ip"]}"#, "need \"user\" in sharing");
    check(r#"{"floating_limit":4,"reservations":[{"group":"design","seats":5}]}"#, "keep 5 of 4");
    check(r#"{"reservations":[{"group":" ","seats":5}]}"#, "reservations.group is empty");
    check(r#"{"reservations":[{"group":"g","seats":18446744073709551615}]}"#, "reservations.seats must be");
    check(r#"{"access":{"include":{"networks":["10.0.0.0/40"]}}}"#, "access.include.networks has \"10.0.0.0/40\"");
    check(r#"{"access":{"exclude":{"users":["a\u0000"]}}}"#, "access.exclude.users has control characters");
    check(r#"{"access":{"only":{}}}"#, "unknown field");
    check(r#"{"idle_timeout_users":[{"user":" ","seconds":5}]}"#, "idle_timeout_users is empty");
    check(r#"{"idle_timeout_users":[{"user":"a","seconds":-5}]}"#, "invalid value");
    check(r#"{"at_limit":"explode"}"#, "unknown variant");
    check(r#"{"colour":"red"}"#, "unknown field");
    assert_eq!(Application::new("  "), Err(ApplicationError::Empty("name")));
    assert_eq!(Application::new("a\nb"), Err(ApplicationError::ControlCharacters("name")));
    assert!(matches!(Application::new(&"x".repeat(101)), Err(ApplicationError::TooLong { .. })));
}

#[test]
fn a_session_uses_what_it_logs_in_to_or_runs() {
    let check = |application: &Application, user: &str, reported: &[&str], expected: bool| {
        let reported: Vec<String> = reported.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(application.applies(user, &reported, &[]), expected, "{} {user} {reported:?}", application.name);
    };
    let mut login = Application::workstation_login();
    check(&login, "alice", &[], true);
    login.used_by.users = vec!["Alice".to_owned()];
    check(&login, "ALICE", &[], true);
    check(&login, "bob", &[], false);
    login.tracking = false;
    check(&login, "alice", &[], false);
    let incident = Application::new("Incident Management").unwrap();
    check(&incident, "alice", &[], false);
    check(&incident, "alice", &["incident management"], true);
}

#[test]
fn the_keys_limit_caps_the_administrators() {
    let mut application = changed(r#"{"named_limit":3,"named_users":["a","b","c"],"floating_limit":25}"#).unwrap();
    assert_eq!(
        (application.floating(None), application.floating(Some(10)), application.floating(Some(30))),
        (Some(25), Some(10), Some(25))
    );
    let named = application.named(Some(2), &[]);
    assert_eq!(["a", "b", "c"].map(|user| named.contains(user)), [true, true, false]);
    application.floating_limit = None;
    assert_eq!((application.floating(None), application.floating(Some(10))), (None, Some(10)));
}

#[test]
fn an_idle_timeout_is_the_users_own_or_the_applications() {
    let application = changed(
        r#"{"idle_timeout_seconds":60,"idle_timeout_users":[{"user":"Alice","seconds":5},{"user":"bob","seconds":0},
            {"user":"ALICE","seconds":7}],"idle_timeout_except":["Carol"]}"#,
    )
    .unwrap();
    let realms = ["CORP".to_owned()];
    let check = |user: &str, expected| assert_eq!(application.idle_timeout(user, &realms), expected, "{user}");
    check("alice", Some(7));
    check(r"corp\alice", Some(7));
    check("bob", None);
    check("carol", None);
    check("dave", Some(60));
}
