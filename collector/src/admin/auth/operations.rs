//! Every operation of the admin listener with who may do it: the one table that is asked before a handler runs.
//!
//! A route that is not in the table cannot be reached, whatever the router says.

use crate::{admin::api::record_operations, store::records::Role};
use http::Method;
use std::sync::LazyLock;

/// Who may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody who reaches the listener.
    Open,
    /// This role and those above it.
    From(Role),
    /// An application, and this role and those above it.
    OrApplication(Role),
}

/// One operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// `subject.verb`, as in the audit log.
    pub name: &'static str,
    /// Its method; `HEAD` goes with `GET`.
    pub method: &'static str,
    /// Its path, with `{...}` for the variable part.
    pub path: &'static str,
    /// Who may do it.
    pub access: Access,
    /// Refused while the product is disabled (contract section 4).
    pub gated: bool,
    /// Its form may have a file.
    pub takes_file: bool,
    /// A page: a browser without login is sent to the login form.
    pub page: bool,
}

impl Operation {
    const fn get(name: &'static str, path: &'static str, access: Access) -> Self {
        Self { name, method: "GET", path, access, gated: false, takes_file: false, page: false }
    }

    const fn post(name: &'static str, path: &'static str, access: Access) -> Self {
        Self { method: "POST", ..Self::get(name, path, access) }
    }

    const fn put(name: &'static str, path: &'static str, access: Access) -> Self {
        Self { method: "PUT", ..Self::get(name, path, access) }
    }

    const fn patch(name: &'static str, path: &'static str, access: Access) -> Self {
        Self { method: "PATCH", ..Self::get(name, path, access) }
    }

    const fn delete(name: &'static str, path: &'static str, access: Access) -> Self {
        Self { method: "DELETE", ..Self::get(name, path, access) }
    }

    const fn gated(self) -> Self {
        Self { gated: true, ..self }
    }

    const fn with_file(self) -> Self {
        Self { takes_file: true, ..self }
    }

    const fn page(self) -> Self {
        Self { page: true, ..self }
    }

    /// Whether it belongs to the API document; pages and their forms do not.
    #[must_use]
    pub fn documented(&self) -> bool {
        self.path.starts_with("/api/") || ["/healthz", "/readyz", "/metrics", "/status", "/problems/{code}"].contains(&self.path)
    }
}

const OPEN: Access = Access::Open;
const VIEWER: Access = Access::From(Role::Viewer);
const OPERATOR: Access = Access::From(Role::Operator);
const LICENSE: Access = Access::From(Role::LicenseAdmin);
const OWNER: Access = Access::From(Role::Owner);
const APPLICATION: Access = Access::OrApplication(Role::Operator);
const APPLICATION_READS: Access = Access::OrApplication(Role::Viewer);

/// Every operation: those of the table below, and those of every kind of record.
pub static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| [TABLE, &record_operations()].concat());

const TABLE: &[Operation] = &[
    Operation::get("health.live", "/healthz", OPEN),
    Operation::get("health.ready", "/readyz", OPEN),
    Operation::get("metrics.show", "/metrics", VIEWER),
    Operation::get("status.show", "/status", VIEWER).page(),
    Operation::get("problem.show", "/problems/{code}", OPEN),
    Operation::get("openapi.show", "/api/v1/openapi.json", OPEN),
    Operation::get("license.show", "/api/v1/license", VIEWER),
    Operation::put("license.apply", "/api/v1/license", LICENSE),
    Operation::get("license.request", "/api/v1/license/request", VIEWER),
    Operation::get("license.history", "/api/v1/license/history", VIEWER),
    Operation::get("license.trusted", "/api/v1/license/trust", VIEWER),
    Operation::post("license.trust", "/api/v1/license/trust", LICENSE),
    Operation::post("license.confirm_clock", "/api/v1/license/confirm-clock", LICENSE),
    Operation::get("compliance.show", "/api/v1/compliance", VIEWER),
    Operation::get("compliance.runs", "/api/v1/compliance/runs", VIEWER),
    Operation::post("compliance.run", "/api/v1/compliance/runs", LICENSE),
    Operation::get("compliance.run_show", "/api/v1/compliance/runs/{id}", VIEWER),
    Operation::get("compliance.forecast", "/api/v1/compliance/forecast", VIEWER),
    Operation::get("compliance.report", "/api/v1/compliance/report", LICENSE),
    Operation::get("explain.list", "/api/v1/explain", VIEWER),
    Operation::get("explain.show", "/api/v1/explain/{id}", VIEWER),
    Operation::get("asset.list", "/api/v1/assets", VIEWER),
    Operation::post("asset.create", "/api/v1/assets", OPERATOR),
    Operation::post("asset.import", "/api/v1/assets/import", OPERATOR),
    Operation::post("asset.change", "/api/v1/assets/change", OPERATOR),
    Operation::get("asset.query_complete", "/api/v1/assets/query/complete", VIEWER),
    Operation::get("asset.hardware", "/api/v1/assets/hardware", VIEWER),
    Operation::get("asset.hygiene", "/api/v1/assets/hygiene", VIEWER),
    Operation::post("asset.act", "/api/v1/assets/{id}/actions/{action}", OPERATOR),
    Operation::get("asset.history", "/api/v1/assets/{id}/history", VIEWER),
    Operation::get("asset.show", "/api/v1/assets/{id}", VIEWER),
    Operation::patch("asset.edit", "/api/v1/assets/{id}", OPERATOR),
    Operation::delete("asset.take_back", "/api/v1/assets/{id}/entered/{fields}", OPERATOR),
    Operation::get("reference.list", "/api/v1/references/{table}", VIEWER),
    Operation::post("reference.add", "/api/v1/references/{table}", OPERATOR),
    Operation::get("reference.show", "/api/v1/references/{table}/{id}", VIEWER),
    Operation::patch("reference.set", "/api/v1/references/{table}/{id}", OPERATOR),
    Operation::delete("reference.delete", "/api/v1/references/{table}/{id}", OPERATOR),
    Operation::get("agent.list", "/api/v1/agents", VIEWER),
    Operation::get("agent.show", "/api/v1/agents/{id}", VIEWER),
    Operation::post("agent.approve", "/api/v1/agents/{id}/approve", OPERATOR),
    Operation::post("agent.revoke", "/api/v1/agents/{id}/revoke", OPERATOR),
    Operation::post("agent.resolve", "/api/v1/agents/{id}/resolve", OPERATOR),
    Operation::get("join_token.list", "/api/v1/join-tokens", OPERATOR),
    Operation::post("join_token.create", "/api/v1/join-tokens", OPERATOR),
    Operation::delete("join_token.revoke", "/api/v1/join-tokens/{id}", OPERATOR),
    Operation::get("interop_credential.list", "/api/v1/interop-credentials", OPERATOR),
    Operation::post("interop_credential.create", "/api/v1/interop-credentials", OPERATOR),
    Operation::delete("interop_credential.revoke", "/api/v1/interop-credentials/{id}", OPERATOR),
    Operation::get("application.list", "/api/v1/applications", VIEWER),
    Operation::get("application.show", "/api/v1/applications/{name}", VIEWER),
    Operation::put("application.set", "/api/v1/applications/{name}", LICENSE),
    Operation::delete("application.delete", "/api/v1/applications/{name}", LICENSE),
    Operation::get("application.idle", "/api/v1/applications/{name}/idle", VIEWER),
    Operation::post("application.import", "/api/v1/application-sets/{set}", LICENSE),
    Operation::get("checkout.list", "/api/v1/checkouts", APPLICATION_READS),
    Operation::post("checkout.create", "/api/v1/checkouts", APPLICATION).gated(),
    Operation::get("checkout.show", "/api/v1/checkouts/{id}", APPLICATION),
    Operation::post("checkout.heartbeat", "/api/v1/checkouts/{id}/heartbeat", APPLICATION),
    Operation::delete("checkout.release", "/api/v1/checkouts/{id}", APPLICATION),
    Operation::get("group.list", "/api/v1/groups", VIEWER),
    Operation::post("group.set", "/api/v1/groups", LICENSE),
    Operation::delete("group.delete", "/api/v1/groups/{name}", LICENSE),
    Operation::get("offline_use.list", "/api/v1/offline-uses", VIEWER),
    Operation::delete("offline_use.dismiss", "/api/v1/offline-uses/{id}", LICENSE),
    Operation::get("session.list", "/api/v1/sessions", VIEWER),
    Operation::delete("session.end", "/api/v1/sessions/{id}", OPERATOR),
    Operation::get("software.list", "/api/v1/software", VIEWER).gated(),
    Operation::get("software.installs", "/api/v1/software/installs", VIEWER).gated(),
    Operation::get("reconciliation.list", "/api/v1/reconciliations", VIEWER).gated(),
    Operation::post("reconciliation.run", "/api/v1/reconciliations", LICENSE).gated(),
    Operation::get("reconciliation.history", "/api/v1/reconciliations/history", VIEWER).gated(),
    Operation::get("reconciliation.show", "/api/v1/reconciliations/{id}", VIEWER).gated(),
    Operation::get("position.list", "/api/v1/reconciliations/{id}/positions", VIEWER).gated(),
    Operation::get("position.show", "/api/v1/reconciliations/{id}/positions/{position}", VIEWER).gated(),
    Operation::get("position.members", "/api/v1/reconciliations/{id}/positions/{position}/members", VIEWER).gated(),
    Operation::get("remedy.list", "/api/v1/reconciliations/{id}/positions/{position}/remedies", VIEWER).gated(),
    Operation::patch("remedy.edit", "/api/v1/reconciliations/{id}/positions/{position}/remedies/{remedy}", LICENSE).gated(),
    Operation::get("removal_candidate.list", "/api/v1/removal-candidates", VIEWER).gated(),
    Operation::get("removal_candidate.show", "/api/v1/removal-candidates/{id}", VIEWER).gated(),
    Operation::patch("removal_candidate.edit", "/api/v1/removal-candidates/{id}", LICENSE).gated(),
    Operation::get("software.rules", "/api/v1/software/rules", VIEWER).gated(),
    Operation::post("software.test", "/api/v1/software/rules/test", OPERATOR).gated(),
    Operation::get("software.unrecognised", "/api/v1/software/unrecognised", VIEWER).gated(),
    Operation::get("software.products", "/api/v1/software/products", VIEWER).gated(),
    Operation::get("metric.list", "/api/v1/metrics", VIEWER).gated(),
    Operation::get("factor.list", "/api/v1/factors", VIEWER).gated(),
    Operation::get("factor.show", "/api/v1/factors/{table}", VIEWER).gated(),
    Operation::put("factor.set", "/api/v1/factors/{table}", LICENSE).gated(),
    Operation::delete("factor.reset", "/api/v1/factors/{table}", LICENSE).gated(),
    Operation::post("entitlements.publish", "/api/v1/entitlements/{id}/publish", LICENSE).gated(),
    Operation::get("record_kinds.list", "/api/v1/record-kinds", VIEWER).gated(),
    Operation::get("import.list", "/api/v1/imports", VIEWER).gated(),
    Operation::get("import.show", "/api/v1/imports/{id}", VIEWER).gated(),
    Operation::patch("import.set_line", "/api/v1/imports/{id}/lines/{line}", LICENSE).gated(),
    Operation::get("units.show", "/api/v1/units", VIEWER),
    Operation::get("units.categories", "/api/v1/units/categories", VIEWER),
    Operation::put("units.set", "/api/v1/units/categories/{name}", LICENSE),
    Operation::get("units.history", "/api/v1/units/history", VIEWER),
    Operation::get("usage.show", "/api/v1/usage", VIEWER).gated(),
    Operation::get("usage.denials", "/api/v1/usage/denials", VIEWER).gated(),
    Operation::get("usage.hours", "/api/v1/usage/hours", VIEWER).gated(),
    Operation::get("usage.now", "/api/v1/usage/now", VIEWER).gated(),
    Operation::get("usage.size", "/api/v1/usage/size", VIEWER).gated(),
    Operation::get("settings.list", "/api/v1/settings", VIEWER),
    Operation::patch("settings.set", "/api/v1/settings", LICENSE),
    Operation::get("notification.list", "/api/v1/notifications", VIEWER),
    Operation::post("notification.test", "/api/v1/notifications/test", LICENSE),
    Operation::post("delivery.retry", "/api/v1/notifications/deliveries/{id}/retry", LICENSE),
    Operation::get("webhook.list", "/api/v1/webhooks", LICENSE),
    Operation::post("webhook.create", "/api/v1/webhooks", LICENSE),
    Operation::patch("webhook.set", "/api/v1/webhooks/{id}", LICENSE),
    Operation::delete("webhook.delete", "/api/v1/webhooks/{id}", LICENSE),
    Operation::get("audit.list", "/api/v1/audit", VIEWER),
    Operation::get("audit.export", "/api/v1/audit/export", VIEWER),
    Operation::get("audit.verify", "/api/v1/audit/verify", VIEWER),
    Operation::get("backup.create", "/api/v1/backup", OWNER),
    Operation::get("user.list", "/api/v1/users", OWNER),
    Operation::post("user.create", "/api/v1/users", OWNER),
    Operation::get("user.show", "/api/v1/users/{name}", OWNER),
    Operation::patch("user.set", "/api/v1/users/{name}", OWNER),
    Operation::post("user.reset_password", "/api/v1/users/{name}/reset-password", OWNER),
    Operation::delete("user.delete", "/api/v1/users/{name}", OWNER),
    Operation::get("privacy.show", "/api/v1/privacy", OWNER),
    Operation::post("privacy.purge", "/api/v1/privacy/purge", OWNER),
    Operation::get("api_token.list", "/api/v1/api-tokens", OWNER),
    Operation::post("api_token.create", "/api/v1/api-tokens", OWNER),
    Operation::delete("api_token.revoke", "/api/v1/api-tokens/{id}", OWNER),
    Operation::get("console.home", "/", OPEN),
    Operation::get("console.style", "/assets-static/{file}", OPEN),
    Operation::get("console.login_form", "/login", OPEN),
    Operation::post("console.login", "/login", OPEN),
    Operation::get("console.login_through", "/login/oidc", OPEN),
    Operation::get("console.login_back", "/login/oidc/callback", OPEN),
    Operation::post("console.logout", "/logout", OPEN),
    Operation::get("console.password_form", "/password", VIEWER).page(),
    Operation::post("console.password", "/password", VIEWER).page(),
    Operation::get("console.license_page", "/console/license", VIEWER).page(),
    Operation::post("console.license", "/console/license", LICENSE).with_file().page(),
    Operation::post("console.trust_vendor", "/console/license/trust", LICENSE).with_file().page(),
    Operation::post("console.confirm_clock", "/console/license/clock", LICENSE).page(),
    Operation::get("console.agents", "/agents", VIEWER).page(),
    Operation::post("console.decide_agents", "/agents", OPERATOR).page(),
    Operation::get("console.agent", "/agents/{id}", VIEWER).page(),
    Operation::get("console.join_tokens", "/agents/tokens", OPERATOR).page(),
    Operation::post("console.change_join_tokens", "/agents/tokens", OPERATOR).page(),
    Operation::get("console.interop_credentials", "/agents/interop", OPERATOR).page(),
    Operation::post("console.change_interop_credentials", "/agents/interop", OPERATOR).page(),
    Operation::get("console.assets", "/assets", VIEWER).page(),
    Operation::get("console.assets_file", "/assets.csv", VIEWER).page(),
    Operation::get("console.change_form", "/assets/change", OPERATOR).page(),
    Operation::post("console.change_assets", "/assets/change", OPERATOR).page(),
    Operation::get("console.hygiene", "/assets/hygiene", VIEWER).page(),
    Operation::get("console.asset_import_form", "/assets/import", OPERATOR).page(),
    Operation::post("console.asset_import", "/assets/import", OPERATOR).with_file().page(),
    Operation::get("console.asset_new", "/assets/new", OPERATOR).page(),
    Operation::post("console.asset_make", "/assets/new", OPERATOR).page(),
    Operation::get("console.asset", "/assets/{id}", VIEWER).page(),
    Operation::get("console.asset_form", "/assets/{id}/edit", OPERATOR).page(),
    Operation::post("console.asset_change", "/assets/{id}/edit", OPERATOR).page(),
    Operation::get("console.compliance", "/compliance", VIEWER).page(),
    Operation::post("console.count_now", "/compliance", LICENSE).page(),
    Operation::get("console.compliance_run", "/compliance/runs/{id}", VIEWER).page(),
    Operation::get("console.sessions", "/sessions", VIEWER).page(),
    Operation::get("console.session", "/sessions/{id}", VIEWER).page(),
    Operation::post("console.end_session", "/sessions/{id}", OPERATOR).page(),
    Operation::get("console.explain_list", "/explain", VIEWER).page(),
    Operation::get("console.explain", "/explain/{id}", VIEWER).page(),
    Operation::get("console.checkout", "/checkouts/{id}", VIEWER).page(),
    Operation::post("console.end_checkout", "/checkouts/{id}", OPERATOR).page(),
    Operation::get("console.applications", "/applications", VIEWER).page(),
    Operation::get("console.application", "/applications/{name}", VIEWER).page(),
    Operation::get("console.application_form", "/applications/{name}/edit", LICENSE).page(),
    Operation::post("console.change_application", "/applications/{name}/edit", LICENSE).page(),
    Operation::get("console.confirm_deletion", "/applications/{name}/delete", LICENSE).page(),
    Operation::post("console.delete_application", "/applications/{name}/delete", LICENSE).page(),
    Operation::get("console.new_application", "/console/applications/new", LICENSE).page(),
    Operation::post("console.make_application", "/console/applications/new", LICENSE).page(),
    Operation::get("console.application_sets", "/console/applications/import", LICENSE).page(),
    Operation::post("console.import_applications", "/console/applications/import", LICENSE).page(),
    Operation::get("console.audit", "/audit", VIEWER).page(),
    Operation::get("console.audit_file", "/audit.csv", VIEWER).page(),
    Operation::get("console.api", "/api", VIEWER).page(),
    Operation::get("console.accounts", "/accounts", OWNER).page(),
    Operation::post("console.make_account", "/accounts", OWNER).page(),
    Operation::get("console.account", "/accounts/{name}", OWNER).page(),
    Operation::post("console.change_account", "/accounts/{name}", OWNER).page(),
    Operation::get("console.privacy", "/privacy", OWNER).page(),
    Operation::post("console.purge", "/privacy", OWNER).page(),
    Operation::get("console.api_tokens", "/api-tokens", OWNER).page(),
    Operation::post("console.change_api_tokens", "/api-tokens", OWNER).page(),
    Operation::get("console.settings", "/settings", VIEWER).page(),
    Operation::get("console.setting", "/settings/{name}", VIEWER).page(),
    Operation::post("console.change_setting", "/settings/{name}", LICENSE).page(),
    Operation::get("console.software_page", "/software", VIEWER).gated().page(),
    Operation::post("console.software", "/software", LICENSE).gated().page(),
    Operation::get("console.position_page", "/software/positions/{id}", VIEWER).gated().page(),
    Operation::post("console.move_remedy", "/software/positions/{id}/remedies", LICENSE).gated().page(),
    Operation::get("console.candidates", "/software/candidates", VIEWER).gated().page(),
    Operation::post("console.move_candidates", "/software/candidates", LICENSE).gated().page(),
    Operation::get("console.candidate", "/software/candidates/{id}", VIEWER).gated().page(),
    Operation::post("console.move_candidate", "/software/candidates/{id}", LICENSE).gated().page(),
    Operation::get("console.runs", "/software/runs", VIEWER).gated().page(),
    Operation::get("console.run", "/software/runs/{id}", VIEWER).gated().page(),
    Operation::get("console.installs", "/software/installs", VIEWER).gated().page(),
    Operation::get("console.products", "/software/products", VIEWER).gated().page(),
    Operation::get("console.unrecognised", "/software/unrecognised", VIEWER).gated().page(),
    Operation::get("console.rules", "/software/rules", VIEWER).gated().page(),
    Operation::post("console.switch_rule", "/software/rules", LICENSE).gated().page(),
    Operation::get("console.metrics", "/software/metrics", VIEWER).gated().page(),
    Operation::get("console.packs", "/software/packs", VIEWER).gated().page(),
    Operation::post("console.switch_pack", "/software/packs", LICENSE).gated().page(),
    Operation::get("console.factors", "/software/factors", VIEWER).gated().page(),
    Operation::get("console.factor", "/software/factors/{table}", VIEWER).gated().page(),
    Operation::post("console.set_factor", "/software/factors/{table}", LICENSE).gated().page(),
    Operation::get("console.notifications_page", "/notifications", VIEWER).page(),
    Operation::post("console.notifications", "/notifications", LICENSE).page(),
    Operation::post("console.change_webhooks", "/notifications/webhooks", LICENSE).page(),
    Operation::get("console.units_page", "/units", VIEWER).page(),
    Operation::post("console.units", "/units", LICENSE).page(),
    Operation::get("console.records", "/records", VIEWER).gated().page(),
    Operation::get("console.records_list", "/records/{kind}", VIEWER).gated().page(),
    Operation::get("console.record_new", "/records/{kind}/new", LICENSE).gated().page(),
    Operation::post("console.record_create", "/records/{kind}/new", LICENSE).gated().page(),
    Operation::get("console.imports", "/records/imports", VIEWER).gated().page(),
    Operation::get("console.import", "/records/imports/{id}", VIEWER).gated().page(),
    Operation::post("console.import_line", "/records/imports/{id}", LICENSE).gated().page(),
    Operation::get("console.import_form", "/records/{kind}/import", LICENSE).gated().page(),
    Operation::post("console.import_file", "/records/{kind}/import", LICENSE).gated().with_file().page(),
    Operation::get("console.record", "/records/{kind}/{id}", VIEWER).gated().page(),
    Operation::post("console.record_edit", "/records/{kind}/{id}", LICENSE).gated().page(),
    Operation::get("console.record_confirm", "/records/{kind}/{id}/delete", LICENSE).gated().page(),
    Operation::post("console.record_delete", "/records/{kind}/{id}/delete", LICENSE).gated().page(),
    Operation::post("console.record_publish", "/records/{kind}/{id}/publish", LICENSE).gated().page(),
];

/// The operation of a method on a route.
#[must_use]
pub fn find(method: &Method, path: &str) -> Option<&'static Operation> {
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    OPERATIONS.iter().find(|operation| operation.path == path && operation.method == method)
}

/// The methods of a route, for `Allow`.
#[must_use]
pub fn methods(path: &str) -> String {
    let known: Vec<&str> =
        OPERATIONS.iter().filter(|operation| operation.path == path).map(|operation| operation.method).collect();
    known.join(", ")
}

impl Access {
    /// Whether a role has it.
    #[must_use]
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Open => true,
            Self::From(least) => role >= least,
            Self::OrApplication(least) => role == Role::Application || role >= least,
        }
    }
}

/// A role as people write it.
#[must_use]
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Application => "application",
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::LicenseAdmin => "license_admin",
        Role::Owner => "owner",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The routes of pages, which the tests with a browser read. After a wanted change: `MUSTER_RENEW=1 cargo test -p muster-collector pages`.
    const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/pages.txt");

    #[test]
    fn the_list_of_pages_is_whole() {
        // Files and the ways of redirects are no pages.
        let is_page = |operation: &&Operation| {
            let path = operation.path;
            operation.method == "GET"
                && (operation.name.starts_with("console.") || path == "/status" || path == "/problems/{code}")
                && !path.ends_with(".csv")
                && !["/", "/assets-static/{file}", "/login/oidc", "/login/oidc/callback"].contains(&path)
        };
        let now: String = OPERATIONS.iter().filter(is_page).map(|operation| format!("{}\n", operation.path)).collect();
        if std::env::var_os("MUSTER_RENEW").is_some() {
            muster_runtime::durable::write(PAGES.as_ref(), now.as_bytes(), 0o644).unwrap();
        }
        let kept = std::fs::read_to_string(PAGES).unwrap_or_default();
        assert!(kept == now, "there are other pages now; renew the list: MUSTER_RENEW=1 cargo test -p muster-collector pages");
    }

    #[test]
    fn names_and_routes_are_unique_and_changes_need_more_than_a_viewer() {
        for (index, operation) in OPERATIONS.iter().enumerate() {
            for other in &OPERATIONS[index + 1..] {
                assert_ne!(operation.name, other.name);
                assert!(operation.path != other.path || operation.method != other.method, "{}", operation.name);
            }
            if operation.method != "GET" && operation.path.starts_with("/api/") {
                assert!(!operation.access.admits(Role::Viewer), "{} changes something", operation.name);
            }
            assert!(operation.access.admits(Role::Owner));
            let applications = operation.access == Access::Open || operation.path.starts_with("/api/v1/checkouts");
            assert_eq!(operation.access.admits(Role::Application), applications, "{}", operation.name);
            assert_eq!(find(&operation.method.parse().unwrap(), operation.path).map(|found| found.name), Some(operation.name));
        }
        assert!(find(&Method::HEAD, "/healthz").is_some());
        assert!(find(&Method::DELETE, "/healthz").is_none());
        assert_eq!(methods("/api/v1/license"), "GET, PUT");
    }
}
