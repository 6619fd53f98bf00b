//! Every operator over one set of rows: a test for each row of the operator table.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::testing::{Cells, Fields, instant, rows, text};
use super::{Context, NullMode, QueryErrorKind, compile};

fn found(query: &str, context: &Context, mode: NullMode) -> String {
    let mut checked = compile(query, &Fields, context).unwrap_or_else(|error| panic!("{}", error.render(query)));
    for (_, row) in rows() {
        checked.observe(&row, mode);
    }
    rows().iter().filter(|(_, row)| checked.matches(row, mode)).map(|(name, _)| *name).collect()
}

/// Each query with the rows it finds, in both modes of empty values.
fn check(cases: &[(&str, &str)]) {
    for (query, expected) in cases {
        for mode in [NullMode::Sql, NullMode::Inclusive] {
            assert_eq!(found(query, &Context::for_tests(), mode), *expected, "{query} {mode:?}");
        }
    }
}

/// Each query with the rows it finds as in SQL, and with empty values included.
fn check_modes(cases: &[(&str, &str, &str)]) {
    for (query, sql, inclusive) in cases {
        assert_eq!(found(query, &Context::for_tests(), NullMode::Sql), *sql, "{query}");
        assert_eq!(found(query, &Context::for_tests(), NullMode::Inclusive), *inclusive, "{query}");
    }
}

fn check_in_zone(zone: &str, cases: &[(&str, &str)]) {
    let context = Context { zone: zone.parse().unwrap(), ..Context::for_tests() };
    for (query, expected) in cases {
        assert_eq!(found(query, &context, NullMode::Sql), *expected, "{query} {zone}");
    }
}

fn refused(cases: &[&str]) {
    for query in cases {
        let error = compile(query, &Fields, &Context::for_tests()).expect_err(query);
        use QueryErrorKind as K;
        assert!(matches!(error.kind, K::MalformedValue { .. } | K::NotApplicable { .. }), "{query}: {error}");
    }
}

#[test]
fn equals() {
    check(&[("state=1", "1"), ("name=lost LAPTOP", "1"), ("user=u_abel", "1"), ("state=In use", ""), ("cost=450.00", "1")]);
    check(&[("state=", "34"), ("state=NULL", "34"), ("flag=true", "1"), ("flag=false", "2"), ("made=2025-03-10 23:30:00", "1")]);
    check(&[("bought=javascript:gs.daysAgo(1)", "2"), ("user=javascript:gs.getUserID()", "1"), ("user=u_gone", "")]);
}

#[test]
fn not_equals() {
    check_modes(&[("state!=1", "2", "234"), ("user!=u_abel", "2", "234"), ("flag!=true", "234", "234")]);
    check(&[("state!=", "12"), ("state!=NULL", "12")]);
}

#[test]
fn in_list() {
    check(&[("stateIN1,6", "12"), ("stateIN6", "2"), ("nameINx,straße 7", "2"), ("userINu_beth,u_abel", "12"), ("stateIN", "")]);
    check(&[("userINu_x,javascript:gs.getUserID()", "1"), ("boughtINjavascript:gs.dateGenerate('2025-03-10','start')", "1")]);
}

#[test]
fn not_in_list() {
    check_modes(&[("stateNOT IN1,7", "2", "234"), ("nameNOT INx", "12", "1234")]);
}

#[test]
fn contains() {
    check(&[("nameLIKElap", "1"), ("name*LAP", "1"), ("nameCONTAINSß", "2"), ("userLIKEtuter", "1"), ("userLIKEu_abel", "")]);
    check(&[("stateLIKE6", "2"), ("madeLIKE2026-06", "2"), ("nameLIKE", "12")]);
}

#[test]
fn does_not_contain() {
    for spelling in ["NOT LIKE", "!*", "NOTLIKE", "DOES NOT CONTAIN", "DOESNOTCONTAIN"] {
        check(&[(&format!("name{spelling}lap"), "234"), (&format!("user{spelling}abel"), "234")]);
    }
}

#[test]
fn starts_with() {
    check(&[("nameSTARTSWITHlost", "1"), ("nameSTARTSWITHlaptop", ""), ("userSTARTSWITHbeth", "2")]);
}

#[test]
fn ends_with() {
    check(&[("nameENDSWITHTOP", "1"), ("name%7", "2"), ("user%tuter", "1")]);
}

#[test]
fn is_empty_and_is_not_empty() {
    check(&[("nameISEMPTY", "34"), ("nameISNOTEMPTY", "12"), ("userISEMPTY", "34"), ("user.nameISEMPTY", "34")]);
}

#[test]
fn empty_string() {
    check(&[("nameEMPTYSTRING", "4"), ("nameISEMPTYSTRING", "4"), ("stateEMPTYSTRING", "")]);
}

#[test]
fn anything() {
    check(&[("nameANYTHING", "1234"), ("state=1^nameANYTHING", "1")]);
}

#[test]
fn less_and_greater() {
    check(&[("cost<450", "2"), ("cost<=450", "12"), ("cost>90", "1"), ("cost>=90.0", "12"), ("state>5.5", "2"), ("state<x", "")]);
    check(&[("bought<2026-01-01", "1"), ("bought>=2026-06-16", "2"), ("made>2025-03-10 23:30:00", "2")]);
    check(&[("name<m", "1"), ("name<=s", "12"), ("name>lost", "12"), ("name>=straße 7", "2"), ("user<beth", "1")]);
    check(&[("made>=javascript:gs.hoursAgo(1)", "2"), ("made<javascript:gs.beginningOfToday()", "1")]);
    refused(&["flag>true", "flag<=1"]);
}

#[test]
fn between() {
    check(&[("costBETWEEN90@450", "12"), ("costBETWEEN90.01@450", "1"), ("costBETWEENx@450", ""), ("stateBETWEEN1@6", "12")]);
    check(&[("boughtBETWEEN2025-03-10@2025-03-10", "1"), ("nameBETWEENl@s", "12"), ("nameBETWEENlosu@s", "2")]);
    check(&[("madeBETWEENjavascript:gs.daysAgoStart(0)@javascript:gs.daysAgoEnd(0)", "2")]);
    refused(&["costBETWEEN5", "flagBETWEENtrue@false"]);
}

#[test]
fn same_as() {
    check(&[("costSAMEASrest", "2"), ("userSAMEASboss", "2"), ("nameSAMEASname", "12"), ("costSAMEASname", "")]);
    check(&[("boughtSAMEASmade@day", "1"), ("boughtSAMEASmade@week", "12"), ("boughtSAMEASends@quarter", "2")]);
    check_in_zone("Asia/Tokyo", &[("boughtSAMEASmade@day", ""), ("boughtSAMEASmade@month", "12")]);
    refused(&["costSAMEASrest@day", "boughtSAMEASmade@fortnight"]);
}

#[test]
fn not_same_as() {
    check(&[("costNSAMEASrest", "1"), ("userNSAMEASboss", "1"), ("boughtNSAMEASmade@day", "2")]);
}

#[test]
fn compared_with_a_field() {
    check(&[("costGT_FIELDrest", "1"), ("costLT_FIELDrest", ""), ("restLT_FIELDcost", "1")]);
    check(&[("costGT_OR_EQUALS_FIELDrest", "12"), ("restLT_OR_EQUALS_FIELDcost", "12"), ("boughtGT_FIELDends", "2")]);
    check(&[("costGT_FIELDstate", "12"), ("boughtLT_FIELDmade", "12"), ("costGT_FIELDname", "")]);
    refused(&["flagGT_FIELDcost"]);
}

#[test]
fn in_field() {
    let mut row = rows().into_iter().next().unwrap().1;
    row.0.insert("name", text("6, U_ABEL ,x"));
    let holds = |query: &str| compile(query, &Fields, &Context::for_tests()).unwrap().matches(&row, NullMode::Sql);
    assert!(holds("userIN_FIELDname"));
    assert!(!holds("bossIN_FIELDname"));
    assert!(!holds("stateIN_FIELDname"));
    assert!(!holds("userIN_FIELDuser.name"));
}

#[test]
fn on() {
    let day = "javascript:gs.dateGenerate('2025-03-10','start')@javascript:gs.dateGenerate('2025-03-10','end')";
    check(&[(&format!("boughtON2025-03-10@{day}"), "1"), (&format!("madeON2025-03-10@{day}"), "1")]);
    check(&[("boughtON2025-03-10", "1"), ("madeON2025-03-10", "1"), ("madeON2025-03-11", "")]);
    check(&[("madeONThis year@javascript:gs.beginningOfThisYear()@javascript:gs.endOfThisYear()", "2")]);
    check_in_zone("Asia/Tokyo", &[("madeON2025-03-11", "1"), ("boughtON2025-03-10", "1"), ("boughtON2025-03-11", "")]);
    refused(&["boughtONToday", "boughtON2025-03-10@x", "costON2025-03-10"]);
}

#[test]
fn not_on() {
    check(&[("boughtNOTON2025-03-10", "2"), ("boughtNOTON2025-03-10^ORbought=NULL", "234"), ("madeNOTON2025-03-10", "2")]);
}

#[test]
fn relative() {
    check(&[("madeRELATIVEGT@hour@ago@1", "2"), ("madeRELATIVELT@hour@ago@1", "1"), ("madeRELATIVEGE@minute@ago@30", "2")]);
    check(&[
        ("madeRELATIVELE@minute@ago@30", "12"),
        ("boughtRELATIVEEE@dayofweek@ago@1", "2"),
        ("madeRELATIVEEE@hour@ago@1", "2"),
    ]);
    check(&[
        ("boughtRELATIVEGT@year@ago@1", "2"),
        ("endsRELATIVELT@month@ahead@3", "12"),
        ("endsRELATIVEGT@quarter@ago@1", "12"),
    ]);
    refused(&["madeRELATIVEGT@hour@ago", "madeRELATIVEGThour@ago@1", "madeRELATIVEGT@eon@ago@1", "madeRELATIVEGT@hour@past@1"]);
    refused(&["madeRELATIVEGT@hour@ago@-1", "madeRELATIVEGT@hour@ago@99999999999", "costRELATIVEGT@hour@ago@1"]);
}

#[test]
fn a_relative_day_begins_at_midnight_where_the_site_wants_it() {
    let found = |zone: &str, midnight: bool, made: &'static str, query: &str| {
        let zone = zone.parse().unwrap();
        let context = Context { relative_from_midnight: midnight, zone, ..Context::for_tests() };
        let row = Cells(BTreeMap::from([("made", instant(made))]));
        compile(query, &Fields, &context).unwrap().matches(&row, NullMode::Sql)
    };
    let yesterday = "madeRELATIVEGT@dayofweek@ago@1";
    for (zone, made, at_this_time, from_midnight) in [
        ("UTC", "2026-06-16T12:00:01Z", true, true),
        ("UTC", "2026-06-16T06:00:00Z", false, true),
        ("UTC", "2026-06-15T23:00:00Z", false, false),
        ("Europe/Berlin", "2026-06-15T23:00:00Z", false, true),
        ("Europe/Berlin", "2026-06-15T21:59:00Z", false, false),
    ] {
        assert_eq!(found(zone, false, made, yesterday), at_this_time, "{zone} {made}");
        assert_eq!(found(zone, true, made, yesterday), from_midnight, "{zone} {made}");
    }
    let hour = "madeRELATIVEGT@hour@ago@1";
    assert!(!found("UTC", true, "2026-06-17T10:59:00Z", hour) && found("UTC", true, "2026-06-17T11:01:00Z", hour));
}

#[test]
fn date_part() {
    let part = |part: &str, value: &str, relation: &str| {
        format!("madeDATEPARTx@javascript:gs.datePart('{part}','{value}','{relation}')")
    };
    check(&[(&part("month", "mar", "EE"), "1"), (&part("year", "2026", "LT"), "1"), (&part("quarter", "2", "GE"), "2")]);
    check(&[
        (&part("dayofweek", "monday", "EE"), "1"),
        (&part("dayofweek", "monday", "GT"), "2"),
        (&part("hour", "11", "LE"), "2"),
    ]);
    check(&[(&part("week", "10", "EE"), "1"), ("boughtDATEPARTx@javascript:gs.datePart(\"month\",\"june\",\"EE\")", "2")]);
    check_in_zone("Asia/Tokyo", &[(&part("dayofweek", "tuesday", "EE"), "1"), (&part("hour", "8", "EE"), "1")]);
    refused(&[
        &part("month", "13", "EE"),
        &part("eon", "1", "EE"),
        &part("month", "mar", "XX"),
        "madeDATEPARTx",
        "madeDATEPARTx@y",
    ]);
}

#[test]
fn more_and_less_than_a_distance() {
    check(&[
        ("boughtMORETHANends@day@before@400", "1"),
        ("boughtMORETHANends@day@after@1", "2"),
        ("boughtMORETHANends@day@after@2", ""),
    ]);
    check(&[("boughtMORETHANends@day@before or after@1", "12"), ("boughtMORETHANends@month@before@14", "1")]);
    check(&[
        ("boughtLESSTHANends@day@after@2", "2"),
        ("boughtLESSTHANends@day@after@1", ""),
        ("boughtLESSTHANends@week@before or after@1", "2"),
    ]);
    check(&[("boughtLESSTHANends@year@before@2", "1"), ("boughtMORETHANmade@hour@before@23", "2")]);
    refused(&[
        "boughtMORETHANends@day@before",
        "boughtMORETHANends@eon@before@1",
        "boughtMORETHANends@day@near@1",
        "costLESSTHANends@day@after@1",
    ]);
}

#[test]
fn instance_of() {
    check(&[("classINSTANCEOFasset", "12"), ("classINSTANCEOFmachine", "1"), ("classINSTANCEOFgone", "")]);
    refused(&["stateINSTANCEOFasset"]);
}

#[test]
fn dynamic() {
    check(&[("userDYNAMIC90d1921e5f510100a9ad2572f2b477fe", "1"), ("userDYNAMIC54635e965f510100a9ad2572f2b4774c", "1")]);
    let nobody = Context { user_id: None, ..Context::for_tests() };
    assert_eq!(found("userDYNAMIC90d1921e5f510100a9ad2572f2b477fe", &nobody, NullMode::Sql), "");
    let unknown = compile("userDYNAMICx", &Fields, &nobody).unwrap_err();
    assert_eq!((unknown.kind, unknown.position), (QueryErrorKind::UnknownDynamic("x".into()), 11));
}

#[test]
fn text_search() {
    check(&[("123TEXTQUERY321=laptop", "1"), ("123TEXTQUERY321=LAPTOP lost", "1"), ("123TEXTQUERY321=lap", "")]);
    check(&[("state=6^123TEXTQUERY321=straße", "2"), ("123TEXTQUERY321=lost 7", "")]);
}

#[test]
fn related() {
    check(&[
        ("RLQUERYasset.boss,>=1^ENDRLQUERY", "1"),
        ("RLQUERYasset.boss,=0^ENDRLQUERY", "234"),
        ("RLQUERYasset.boss,<1^ENDRLQUERY", "234"),
    ]);
    check(&[("RLQUERYasset.boss,>0,nameISEMPTY^ENDRLQUERY", "1"), ("RLQUERYasset.boss,>0,m2m^nameISEMPTY^ENDRLQUERY", "1")]);
    check(&[("RLQUERYasset.boss,>=1,state=1^ENDRLQUERY", ""), ("RLQUERYasset.boss,>=1,nameISEMPTY^state=1^ENDRLQUERY", "")]);
    check(&[
        ("RLQUERYmachine.boss,>=1^ENDRLQUERY", ""),
        ("RLQUERYasset.boss,BETWEEN1@2^ENDRLQUERY^state=1", "1"),
        ("RLQUERYasset.boss,<=1^ENDRLQUERY", "1234"),
    ]);
    refused(&[
        "RLQUERYasset.boss^ENDRLQUERY",
        "RLQUERYasset.boss,~1^ENDRLQUERY",
        "RLQUERYasset,>=1^ENDRLQUERY",
        "RLQUERYasset.boss,>=x^ENDRLQUERY",
    ]);
    let check = |query: &str, kind: QueryErrorKind, position: usize| {
        let error = compile(query, &Fields, &Context::for_tests()).unwrap_err();
        assert_eq!((error.kind, error.position), (kind, position), "{query}");
    };
    check("RLQUERYgone.boss,>=1^ENDRLQUERY", QueryErrorKind::UnknownTable("gone".into()), 7);
    check("RLQUERYasset.gone,>=1^ENDRLQUERY", QueryErrorKind::UnknownField("gone".into()), 13);
    check("RLQUERYasset.boss,>=1,gone=1^ENDRLQUERY", QueryErrorKind::UnknownField("gone".into()), 22);
    check("RLQUERYasset.boss,>=1,state=1^gone=1^ENDRLQUERY", QueryErrorKind::UnknownField("gone".into()), 30);
    check("RLQUERYasset.boss,>=1^gone=1^ENDRLQUERY", QueryErrorKind::UnknownField("gone".into()), 22);
}

#[test]
fn ordered_by_what_is_shown() {
    let order = |query: &str| {
        let checked = compile(query, &Fields, &Context::for_tests()).unwrap();
        let mut rows = rows();
        rows.sort_by(|(_, a), (_, b)| checked.order(a, b));
        rows.map(|(name, _)| name).iter().collect::<String>()
    };
    assert_eq!(order("ORDERBYDESCuser"), "2134");
    assert_eq!(order("ORDERBYuser"), "3412");
    assert_eq!(order("ORDERBYflag^ORDERBYDESCsys_id"), "4321");
}

proptest! {
    /// Whatever stands there is compiled or refused at a character; what is compiled can be asked in every zone and time.
    #[test]
    fn no_text_panics(
        terms in prop::collection::vec(("(name|state|cost|flag|bought|made|user|class|gone)", 0..55_usize, "(@|-?[0-9]{1,6}|day|hour|year|ago|ahead|before|sys_id|made|user|'end'|2026-0[0-9]-3[0-9]|javascript:gs\\.(daysAgo|monthsAgoEnd|endOfThisWeek|hoursAgoStart)\\(-?[0-9]{0,6}\\)|[ ,ß^]){0,5}"), 0..6),
        now in -70_000_000_000_i64..260_000_000_000,
        zone in prop::sample::select(vec!["UTC", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"]),
    ) {
        let operators = super::operator::SPELLINGS;
        let text: Vec<String> = terms.iter().map(|(field, operator, value)| format!("{field}{}{value}", operators[operator % operators.len()].0)).collect();
        let text = text.join("^");
        let now = chrono::DateTime::from_timestamp(now, 0).unwrap();
        let context = Context { now, zone: zone.parse().unwrap(), ..Context::for_tests() };
        match compile(&text, &Fields, &context) {
            Ok(checked) => {
                for (_, row) in rows() {
                    checked.matches(&row, NullMode::Sql);
                }
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.position) && error.position <= text.len(), "{}", error),
        }
    }
}
