//! Fixed keys, claims and facts that the tests of this crate share.

use chrono::NaiveDate;

use crate::{
    claims::{Application, Claims, Environment, Reinstate, UserLimitMode},
    machine::MachineKey,
    request::{ApplicationPeaks, DisabledPeriod, Facts, GracePeriod, MonthCount, MonthPeak},
    vendor::VendorKey,
};

pub(crate) fn machine() -> MachineKey {
    MachineKey::from_secrets(&[0x11; 32], &[0x22; 32])
}

pub(crate) fn vendor() -> VendorKey {
    VendorKey::from_secret(&[0x33; 32])
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn claims() -> Claims {
    Claims {
        v: 1,
        lic_id: "6f2a0e5e-2a0c-4d6e-8f7b-0a1b2c3d4e5f".parse().unwrap(),
        serial: 3,
        customer: "Muster & Söhne GmbH".into(),
        mkid: machine().id(),
        issued_at: "2026-11-21T20:00:00Z".parse().unwrap(),
        not_before: Some(date("2026-11-01")),
        expires: date("2027-12-01"),
        assets: 500,
        users: Some(50),
        user_limit_mode: UserLimitMode::Enforce,
        table: "alm_hardware".into(),
        query: "install_statusNOT IN2,7,10".into(),
        add_filters: vec!["company=Acme".into()],
        grace_days: 60,
        grace_until: Some(date("2027-02-01")),
        applications: vec![Application { name: "Incident Management".into(), named: Some(10), floating: Some(25) }],
        ham_license_version: Some("5.0".into()),
        entitlements: vec!["ham_computer_license".into()],
        units: Some(150),
        environment: Environment::NonProduction,
        offline_days: 30,
        reinstate: Reinstate::Count,
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        collector_id: "0193a1b2-0000-7000-8000-000000000001".parse().unwrap(),
        created_at: "2026-11-20T08:30:00Z".parse().unwrap(),
        version: "0.1.0".into(),
        license_in_force: Some("6f2a0e5e-2a0c-4d6e-8f7b-0a1b2c3d4e5f".parse().unwrap()),
        serial_in_force: Some(2),
        query_in_force: Some("install_statusNOT IN2,7,10".into()),
        table: Some("alm_hardware".into()),
        count_in_force: Some(499),
        wished_query: Some("install_statusNOT IN2,7,10^company=Acme".into()),
        wished_count: Some(431),
        counts: vec![MonthCount {
            month: "2026-10".into(),
            peak: 507,
            peak_on: Some(date("2026-10-05")),
            last: 499,
            last_on: Some(date("2026-10-31")),
            days_in_grace: 6,
            days_disabled: 1,
        }],
        grace_periods: vec![GracePeriod { started: date("2026-10-03"), ended: Some(date("2026-10-09")), peak_over_by: 7 }],
        disabled_periods: vec![DisabledPeriod {
            started: date("2026-10-30"),
            ended: Some(date("2026-10-31")),
            reason: "expired".into(),
        }],
        application_peaks: vec![ApplicationPeaks {
            application: "Incident Management".into(),
            months: vec![MonthPeak { month: "2026-10".into(), total: 31, on: Some(date("2026-10-12")), named: 9, floating: 25 }],
        }],
        applications_left_out: 0,
        pending_devices: 4,
    }
}
