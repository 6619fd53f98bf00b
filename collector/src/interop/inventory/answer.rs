//! What is answered to an agent.
//!
//! In: an answer and the dialect to give it in. Out: its text. An agent that shows with the header `GLPI-Agent-ID` that it speaks JSON
//! gets the answer to its XML prolog in JSON; which of them do, the route knows.

use super::message::Dialect;
use serde_json::json;

/// What agents ask a server's name for: only this one is a server whose tasks they run.
const SERVER: &str = "glpi";
/// The version of that server whose protocol this is.
const SERVER_VERSION: &str = "10.0.16";
/// What agents shall not even collect: command lines and environments hold secrets.
const UNWANTED: &str = "process,environment";
/// Tasks that there is nothing to do for.
const DISABLED: [&str; 7] = ["collect", "deploy", "esx", "netdiscovery", "netinventory", "remoteinventory", "wakeonlan"];
/// Longest message that agents take, in characters.
const MESSAGE_CHARS: usize = 249;

/// An answer. `hours` says when the agent is to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// To a prolog or a contact: send an inventory.
    Send {
        /// Hours until the next one.
        hours: u32,
    },
    /// To an inventory: it is taken.
    Taken {
        /// Hours until the next one.
        hours: u32,
    },
    /// To anything in JSON: ask again for the answer (status 202, with the request's `GLPI-Request-ID`). XML has no word for it.
    Pending {
        /// Seconds until then.
        seconds: u32,
    },
    /// It is not taken, and why.
    Refused {
        /// For the agent's log; it is shown to whoever runs it.
        message: &'a str,
        /// Hours until the next one.
        hours: u32,
    },
}

impl Answer<'_> {
    /// The text of the answer.
    #[must_use]
    pub fn text(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Xml => format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REPLY>{}</REPLY>\n", self.xml()),
            Dialect::Json => self.json().to_string(),
        }
    }

    fn xml(&self) -> String {
        match self {
            Self::Send { hours } => format!("<PROLOG_FREQ>{hours}</PROLOG_FREQ><RESPONSE>SEND</RESPONSE>"),
            Self::Taken { .. } => "<RESPONSE>ACCOUNT_UPDATE</RESPONSE>".to_owned(),
            Self::Pending { .. } => "<RESPONSE>OTHER</RESPONSE>".to_owned(),
            Self::Refused { message, .. } => format!("<ERROR>{}</ERROR>", escaped(&short(message))),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            // An expiration of nothing would make the agent distrust the whole answer.
            Self::Send { hours } => json!({
                "status": "ok",
                "expiration": hours.max(&1),
                "tasks": { "inventory": { "server": SERVER, "version": SERVER_VERSION, "no-category": UNWANTED } },
                "disabled": DISABLED,
            }),
            Self::Taken { hours } => json!({ "status": "ok", "expiration": hours.max(&1) }),
            Self::Pending { seconds } => json!({ "status": "pending", "expiration": format!("{}s", seconds.max(&1)) }),
            Self::Refused { message, hours } => {
                json!({ "status": "error", "message": short(message), "expiration": hours.max(&1) })
            }
        }
    }
}

/// A message without what no agent can show, cut to what agents take.
fn short(message: &str) -> String {
    message.chars().filter(|c| !c.is_control() && !('\u{fffe}'..='\u{ffff}').contains(c)).take(MESSAGE_CHARS).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_what_agents_were_seen_to_accept() {
        let xml = |answer: Answer<'_>, expected: &str| {
            assert_eq!(
                answer.text(Dialect::Xml),
                format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REPLY>{expected}</REPLY>\n")
            );
        };
        xml(Answer::Send { hours: 24 }, "<PROLOG_FREQ>24</PROLOG_FREQ><RESPONSE>SEND</RESPONSE>");
        xml(Answer::Taken { hours: 24 }, "<RESPONSE>ACCOUNT_UPDATE</RESPONSE>");
        xml(Answer::Refused { message: "a < b & \"c\"\u{0}\n]]>", hours: 1 }, "<ERROR>a &lt; b &amp; \"c\"]]&gt;</ERROR>");

        let json = |answer: Answer<'_>, expected: serde_json::Value| {
            assert_eq!(serde_json::from_str::<serde_json::Value>(&answer.text(Dialect::Json)).unwrap(), expected);
        };
        json(
            Answer::Send { hours: 24 },
            json!({
                "status": "ok", "expiration": 24,
                "tasks": { "inventory": { "server": "glpi", "version": "10.0.16", "no-category": "process,environment" } },
                "disabled": ["collect", "deploy", "esx", "netdiscovery", "netinventory", "remoteinventory", "wakeonlan"],
            }),
        );
        json(Answer::Taken { hours: 0 }, json!({ "status": "ok", "expiration": 1 }));
        json(Answer::Pending { seconds: 2 }, json!({ "status": "pending", "expiration": "2s" }));
        json(
            Answer::Refused { message: &"é".repeat(300), hours: 24 },
            json!({ "status": "error", "expiration": 24, "message": "é".repeat(249) }),
        );
    }

    proptest! {
        #[test]
        fn a_message_arrives_as_it_was(message in any::<String>()) {
            let answer = Answer::Refused { message: &message, hours: 24 };
            let xml = answer.text(Dialect::Xml);
            let document = roxmltree::Document::parse(&xml).unwrap();
            let read = document.root_element().first_element_child().and_then(|error| error.text()).unwrap_or_default();
            let shown = short(&message);
            prop_assert_eq!(read, &shown);
            let json: serde_json::Value = serde_json::from_str(&answer.text(Dialect::Json)).unwrap();
            prop_assert_eq!(json["message"].as_str(), Some(shown.as_str()));
        }
    }
}
