//! Agents of another make over real TLS: captured requests of GLPI and FusionInventory agents, and the real programs of Debian.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::files::put;
use muster_e2e::http::Http;
use muster_e2e::json::{find, list, text};
use muster_e2e::office::{Office, TERMS};
use muster_e2e::process;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

/// Requests as agents sent them.
const FUSION: &str = include_str!("../../collector/src/interop/inventory/testdata/fusion-inventory.xml");
const FUSION_PROLOG: &[u8] = include_bytes!("../../collector/src/interop/inventory/testdata/fusion-prolog.raw");
const GLPI: &str = include_str!("../../collector/src/interop/inventory/testdata/glpi-inventory.json");
const GLPI_PARTIAL: &str = include_str!("../../collector/src/interop/inventory/testdata/glpi-partial.json");
const GLPI_CONTACT: &[u8] = include_bytes!("../../collector/src/interop/inventory/testdata/glpi-contact.raw");
/// The MAC address and the device in them.
const MAC: &str = "02:fc:00:00:00:01";

/// A site with an interop listener, and a credential that lets so many devices in.
struct Place {
    office: Office,
    made: Value,
}

impl Place {
    async fn new(most: u32) -> Self {
        let office = Office::started(|launch| launch.arg("--interop-listen").arg("127.0.0.1:0")).await.unwrap();
        let wish = json!({"kind": "inventory", "group": "lab", "max_new_per_hour": most});
        let (status, made) = office.http().send(Method::POST, "/api/v1/interop-credentials", &wish).await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{made:#}");
        Self { office, made }
    }

    async fn licensed(most: u32) -> Self {
        let place = Self::new(most).await;
        place.office.site.license(place.office.http(), &TERMS).await.unwrap();
        place
    }

    fn http(&self, bearer: Option<&str>) -> Http {
        let ca = std::fs::read(self.office.site.path("collector/ca.pem")).unwrap();
        Http::new(self.office.collector.listen().interop.unwrap(), &ca, bearer).unwrap()
    }

    /// The lines that an administrator is told to put into an agent's file, for this machine.
    fn lines(&self, program: &str) -> Vec<(String, String)> {
        let lines = text(find(&self.made, "/configuration", "program", program).unwrap(), "/lines").unwrap();
        let here = |(key, value): (&str, &str)| {
            let ca = self.office.site.path("collector/ca.pem");
            let value =
                if value.ends_with("muster-ca.pem") { ca.display().to_string() } else { value.replace("COLLECTOR", "localhost") };
            (key.trim().to_owned(), value.trim().to_owned())
        };
        lines.lines().map(|line| here(line.split_once('=').unwrap())).collect()
    }

    /// Sends a body to any path as an agent does.
    async fn send(&self, path: &str, glpi: bool, body: impl Into<reqwest::Body>) -> Response {
        let (user, password) = (text(&self.made, "/user").unwrap(), text(&self.made, "/password").unwrap());
        let request = self.http(None).request(Method::POST, path).basic_auth(user, Some(password)).body(body);
        let request = if glpi { request.header("GLPI-Agent-ID", "6a8d6acb-0000-4000-8000-000000000001") } else { request };
        request.send().await.unwrap()
    }

    async fn agents(&self) -> Vec<Value> {
        list(&self.office.get("/api/v1/agents").await.unwrap(), "/items").unwrap().to_vec()
    }

    async fn agent(&self, device: &str) -> Value {
        find(&self.office.get("/api/v1/agents").await.unwrap(), "/items", "device_id", device).unwrap().clone()
    }

    async fn installs(&self, agent: &Value) -> usize {
        let path = format!("/api/v1/software/installs?asset={}", text(agent, "/asset").unwrap());
        list(&self.office.get(&path).await.unwrap(), "/items").unwrap().len()
    }
}

/// An inventory in XML of a machine of its own.
fn fusion(number: u8) -> String {
    let device = FUSION.split_once("<DEVICEID>").unwrap().1.split_once('<').unwrap().0;
    FUSION.replace(device, &format!("ws-{number}-2026-11-20-10-00-00")).replace(MAC, &format!("02:fc:00:00:01:{number:02x}"))
}

async fn told(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    (status, response.text().await.unwrap())
}

#[tokio::test]
async fn a_device_becomes_an_agent_with_an_asset_and_its_software() {
    let place = Place::licensed(20).await;
    // Agents log in when they are asked to, and the answer comes without the body.
    let http = place.http(None);
    let asked = http.request(Method::POST, "/front/inventory.php").body(FUSION).send().await.unwrap();
    assert_eq!((asked.status().as_u16(), asked.headers()["www-authenticate"].to_str().unwrap()), (401, "Basic realm=\"muster\""));
    assert_eq!(place.agents().await.len(), 0);

    let prolog = place.send("/plugins/fusioninventory/", false, FUSION_PROLOG).await;
    assert_eq!(prolog.headers()["content-type"], "application/x-compress-zlib");
    let (status, packed) = (prolog.status(), prolog.bytes().await.unwrap());
    assert_eq!((status.as_u16(), &packed[..2]), (200, &[0x78, 0x9c][..]));

    let (status, answer) = told(place.send("/", false, FUSION).await).await;
    assert_eq!((status, answer.contains("<RESPONSE>ACCOUNT_UPDATE</RESPONSE>")), (200, true), "{answer}");
    let agents = place.agents().await;
    let agent = &agents[0];
    for (field, expected) in [
        ("status", json!("active")),
        ("online", json!(true)),
        ("group", json!("lab")),
        ("program", json!("FusionInventory-Agent")),
        ("interop_credential", place.made["id"].clone()),
        ("certificate_until", Value::Null),
        ("key_sha256", Value::Null),
        ("join_token", Value::Null),
    ] {
        assert_eq!(agent[field], expected, "{field}: {agent:#}");
    }
    let asset = place.office.get(&format!("/api/v1/assets/{}", text(agent, "/asset").unwrap())).await.unwrap();
    assert_eq!((&asset["install_status"], &asset["sys_class_name"]), (&json!(1), &json!("alm_hardware")), "{asset:#}");
    assert_eq!(place.installs(agent).await, 8);
    assert_eq!(list(&place.office.get("/api/v1/sessions").await.unwrap(), "/items").unwrap().len(), 0, "sessions are not taken");

    // The next day it comes again: it is the same one.
    let (status, _) = told(place.send("/ocsinventory", false, FUSION).await).await;
    assert_eq!((status, place.agents().await.len()), (200, 1));
    let credentials = place.office.get("/api/v1/interop-credentials").await.unwrap();
    assert_eq!(credentials["items"][0]["devices"], 1);
    assert!(credentials["items"][0]["last_used_at"].is_string(), "{credentials:#}");
    let page = place.office.http().request(Method::GET, &format!("/agents/{}", text(agent, "/id").unwrap()));
    let page = page.header("accept", "text/html").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("FusionInventory-Agent") && !page.contains("Certificate until"), "{page}");
    assert!(!place.office.collector.log().contains(text(&place.made, "/password").unwrap()), "a secret is in the log");
}

#[tokio::test]
async fn what_a_partial_inventory_leaves_out_stays() {
    let place = Place::licensed(20).await;
    let contact = place.send("/", true, GLPI_CONTACT).await;
    assert_eq!(contact.headers()["content-type"], "application/x-compress-zlib");
    let say = async |body: &str| -> Value {
        let (status, answer) = told(place.send("/", true, body.to_owned()).await).await;
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    };
    assert_eq!(say(GLPI).await, json!({"status": "ok", "expiration": 24}));
    let agent = place.agent("vm-2026-11-21-20-31-55").await;
    let hardware = async || place.office.get("/api/v1/assets/hardware").await.unwrap()["items"].clone();
    let (before, installs) = (hardware().await, place.installs(&agent).await);
    assert!(installs > 0);
    assert_eq!(say(GLPI_PARTIAL).await["status"], "ok");
    assert_eq!((hardware().await, place.installs(&agent).await), (before, installs));
    // A whole one without software is a machine without software.
    let mut bare: Value = serde_json::from_str(GLPI).unwrap();
    bare["content"]["softwares"] = json!([]);
    say(&bare.to_string()).await;
    assert_eq!(place.installs(&agent).await, 0);
    assert_eq!(place.agents().await.len(), 1);
}

#[tokio::test]
async fn who_may_come_and_who_waits() {
    let place = Place::new(1).await;
    let post = async |number: u8| told(place.send("/", false, fusion(number)).await).await;
    let refused = |(status, answer): (u16, String), expected: u16, word: &str| {
        assert_eq!(status, expected, "{answer}");
        assert!(answer.contains("<REPLY><ERROR>") && answer.contains(word), "{answer}");
    };
    refused(post(1).await, 403, "disabled");
    assert_eq!(place.agents().await.len(), 0);
    place.office.site.license(place.office.http(), &TERMS).await.unwrap();
    assert_eq!(post(1).await.0, 200);
    // One in an hour: the next ones wait, and are not counted.
    for number in [2, 3] {
        refused(post(number).await, 403, "waits");
    }
    let assets = async || list(&place.office.get("/api/v1/assets").await.unwrap(), "/items").unwrap().len();
    assert_eq!((place.agents().await.len(), assets().await), (3, 1));
    let id = |agent: &Value| text(agent, "/id").unwrap().to_owned();
    let second = place.agent("ws-2-2026-11-20-10-00-00").await;
    assert_eq!(second["status"], "pending");
    place.office.post(&format!("/api/v1/agents/{}/approve", id(&second))).await.unwrap();
    assert_eq!((post(2).await.0, assets().await), (200, 2));
    let first = place.agent("ws-1-2026-11-20-10-00-00").await;
    place.office.post(&format!("/api/v1/agents/{}/revoke", id(&first))).await.unwrap();
    refused(post(1).await, 403, "revoked");

    // Another credential does not speak for a device whose own is in force.
    let wish = json!({"kind": "inventory"});
    let (_, other) = place.office.http().send(Method::POST, "/api/v1/interop-credentials", &wish).await.unwrap();
    let others = place.http(Some(text(&other, "/bearer").unwrap()));
    let by_other = async || told(others.request(Method::POST, "/").body(fusion(2)).send().await.unwrap()).await;
    refused(by_other().await, 403, "another credential");
    let path = format!("/api/v1/interop-credentials/{}", text(&place.made, "/id").unwrap());
    let taken_back = place.office.http().request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(taken_back.status(), 204);
    assert_eq!(post(2).await.0, 401, "it was taken back");
    assert_eq!(by_other().await.0, 200, "the machine goes on with a new one");
    // What came with the stolen one goes; what the site approved of it, too.
    let undone = place.office.http().request(Method::DELETE, &format!("{path}?with_assets=true")).send().await.unwrap();
    let undone: Value = undone.json().await.unwrap();
    assert_eq!(undone, json!({"agents_revoked": 2, "assets_retired": 2, "assets_kept": 0}));
    refused(by_other().await, 403, "revoked");
}

#[tokio::test]
async fn a_machine_that_is_here_already_waits() {
    let place = Place::licensed(20).await;
    let mut smart: Value = serde_json::from_str(GLPI).unwrap();
    smart["content"]["bios"] = json!({"ssn": "PF3KXYZ1", "smanufacturer": "LENOVO", "smodel": "20UES0V100"});
    smart["content"]["hardware"]["uuid"] = json!("4c4c4544-0042-4710-8052-b4c04f4d3132");
    let (status, answer) = told(place.send("/", true, smart.to_string()).await).await;
    assert_eq!(status, 200, "{answer}");
    smart["deviceid"] = json!("again-2026-11-22-08-00-00");
    let (status, answer) = told(place.send("/", true, smart.to_string()).await).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &answer["status"], &answer["expiration"]), (403, &json!("error"), &json!(24)), "{answer:#}");
    assert_eq!(place.agent("again-2026-11-22-08-00-00").await["status"], "pending");
}

#[tokio::test]
async fn many_agents_of_one_machine_at_once_are_one_asset() {
    let place = Place::licensed(20).await;
    let mut machine: Value = serde_json::from_str(GLPI).unwrap();
    machine["content"]["bios"] = json!({"ssn": "PF3KXYZ1", "smanufacturer": "LENOVO", "smodel": "20UES0V100"});
    machine["content"]["hardware"]["uuid"] = json!("4c4c4544-0042-4710-8052-b4c04f4d3132");
    let bodies: Vec<String> = (0..4)
        .map(|number| {
            machine["deviceid"] = json!(format!("agent-{number}-2026-11-22-08-00-00"));
            machine.to_string()
        })
        .collect();
    let [a, b, c, d] = [0, 1, 2, 3].map(|number| place.send("/", true, bodies[number].clone()));
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    let mut statuses = [a, b, c, d].map(|answer| answer.status().as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403, 403, 403]);
    assert_eq!(list(&place.office.get("/api/v1/assets").await.unwrap(), "/items").unwrap().len(), 1);
    // The one that waits is let in beside the one that speaks: somebody says that these are two machines, and none is revoked for it.
    let agents = place.agents().await;
    let waiting = agents.iter().find(|agent| agent["status"] == "pending").unwrap();
    place.office.post(&format!("/api/v1/agents/{}/approve", text(waiting, "/id").unwrap())).await.unwrap();
    let active = place.agents().await.iter().filter(|agent| agent["status"] == "active").count();
    assert_eq!((active, list(&place.office.get("/api/v1/assets").await.unwrap(), "/items").unwrap().len()), (2, 2));
}

#[tokio::test]
async fn copies_of_one_installation_are_machines_of_their_own() {
    let place = Place::licensed(20).await;
    let mut machine: Value = serde_json::from_str(GLPI).unwrap();
    for day in 0..2 {
        for number in 1..=2_u8 {
            machine["content"]["hardware"]["uuid"] = json!(format!("4c4c4544-0042-471{number}-8052-b4c04f4d3132"));
            machine["content"]["bios"]["ssn"] = json!(format!("PF3KXYZ{number}"));
            let (status, answer) = told(place.send("/", true, machine.to_string()).await).await;
            assert_eq!(status, 200, "{day} {number} {answer}");
        }
    }
    let assets: Vec<Value> = place.agents().await.iter().map(|agent| agent["asset"].clone()).collect();
    assert!(assets.len() == 2 && assets[0].is_string() && assets[0] != assets[1], "{assets:?}");
}

#[tokio::test]
async fn what_is_no_inventory_is_told_so() {
    let place = Place::licensed(20).await;
    let config = place.http(None).request(Method::GET, "/x?action=getConfig&machineid=1").send().await.unwrap();
    assert_eq!(told(config).await, (200, "{}".to_owned()));
    let bomb = format!("<REQUEST><DEVICEID>x</DEVICEID><CONTENT>{}", " ".repeat(900_000));
    for (body, status) in [
        (b"".to_vec(), 400),
        (b"hello".to_vec(), 400),
        (b"<REQUEST><DEVICEID></DEVICEID></REQUEST>".to_vec(), 400),
        (b"\x78\x9cbroken".to_vec(), 400),
        (b"<REQUEST><DEVICEID>x</DEVICEID><QUERY>SNMP</QUERY></REQUEST>".to_vec(), 501),
        (bomb.into_bytes(), 400),
        (vec![b' '; 1_100_000], 413),
    ] {
        let answer = place.send("/", false, body.clone()).await;
        assert_eq!(answer.status().as_u16(), status, "{} bytes", body.len());
    }
    for (method, path) in [(Method::GET, "/"), (Method::PUT, "/"), (Method::POST, "/api/v1/assets")] {
        let answer = place.http(None).request(method.clone(), path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{method} {path}");
    }
    assert_eq!(place.agents().await.len(), 0);
}

#[tokio::test]
async fn the_agent_of_fusioninventory_hands_its_inventory_in() {
    let place = Place::licensed(20).await;
    // Its own state must not become the machine's: a module of the program names the directory.
    let script =
        std::fs::read_to_string("/usr/bin/fusioninventory-agent").expect("fusioninventory-agent; cargo xtask test installs it");
    let state = place.office.site.path("fusion");
    std::fs::create_dir(&state).unwrap();
    let module = std::fs::read_to_string("/usr/share/fusioninventory/lib/setup.pm").unwrap();
    put(&state.join("setup.pm"), module.replace("/var/lib/fusioninventory-agent", state.to_str().unwrap()).as_bytes()).unwrap();
    let script = script.replace("use setup;", &format!("use lib \"{}\";\nuse setup;", state.display()));
    let program = place.office.site.path("fusion.pl");
    put(&program, script.as_bytes()).unwrap();
    let config = place.office.site.path("fusion.cfg");
    let lines: String = place.lines("FusionInventory agent").iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    put(&config, lines.as_bytes()).unwrap();
    let mut agent = Command::new("perl");
    agent.arg(&program).arg("--conf-file").arg(&config).args(["--tasks=inventory", "--logger=stderr", "--no-httpd", "--wait=0"]);
    let ran = process::run(agent, b"").await.unwrap();
    arrived(&place, "FusionInventory-Agent", &ran.stderr).await;
}

#[tokio::test]
async fn the_agent_of_ocs_hands_its_inventory_in() {
    let place = Place::licensed(20).await;
    let state = place.office.site.path("ocs");
    std::fs::create_dir(&state).unwrap();
    let mut agent = Command::new("ocsinventory-agent");
    agent.args(place.lines("OCS agent").iter().map(|(key, value)| format!("--{key}={value}")));
    agent.arg(format!("--basevardir={}", state.display())).arg("--debug");
    let ran = process::run(agent, b"").await.expect("ocsinventory-agent; cargo xtask test installs it");
    arrived(&place, "OCS-NG_unified_unix_agent", &ran.stderr).await;
}

/// The one agent there is reports for an asset with the packages of this machine.
async fn arrived(place: &Place, program: &str, log: &str) {
    let agents = place.agents().await;
    assert_eq!(agents.len(), 1, "{log}");
    assert_eq!((&agents[0]["program"], &agents[0]["status"]), (&json!(program), &json!("active")), "{:#}\n{log}", agents[0]);
    assert!(place.installs(&agents[0]).await > 50, "{log}");
}
