//! What an agent wants: one message, whichever dialect it came in.
//!
//! In: the text of a body. Out: who sent it and what it is. What is odd costs its row; only what is no message at all is an error.

use super::{
    content::{Content, kept},
    json, xml,
};

/// Longest id of a device, in bytes: it is a host's name and a time.
const DEVICE_BYTES: usize = 255;
/// Longest name of a query, of a program and of its version that is kept, in characters.
const WORD_CHARS: usize = 64;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The name that the agent gave itself at its first run; not secret, and not proven.
    pub device_id: String,
    /// What it wants.
    pub kind: Kind,
    /// What it speaks.
    pub dialect: Dialect,
    /// What program it is, if the message says so; agents of OCS say so only in the header `User-Agent`.
    pub agent: Option<Program>,
    /// A word by which administrators group machines.
    pub tag: Option<String>,
}

/// What an agent wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// To know whether to send an inventory, in XML. With the header `GLPI-Agent-ID` it understands an answer in JSON, too.
    Prolog,
    /// The same in JSON.
    Contact,
    /// To hand in an inventory.
    Inventory {
        /// What it found.
        content: Content,
        /// Sections that are left out are as they were.
        partial: bool,
    },
    /// Something else, by its name in lower case: a scan of the network, an inventory of a printer.
    Other(String),
}

/// The format of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OCS, FusionInventory, and GLPI at its first contact.
    Xml,
    /// GLPI since 10.
    Json,
}

/// An agent's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its name (`GLPI-Agent`).
    pub name: String,
    /// Its version (`1.12`).
    pub version: Option<String>,
}

/// Why a text is no message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Neither `<` nor `{` at its beginning.
    #[error("the body is neither XML nor JSON")]
    Neither,
    /// Not well-formed.
    #[error("the XML cannot be read: {0}")]
    Xml(#[from] roxmltree::Error),
    /// Well-formed perhaps, but of a shape that no agent writes and that is expensive to read.
    #[error("the XML has too many {0}")]
    Shape(&'static str),
    /// Not well-formed.
    #[error("the JSON cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// XML of something else.
    #[error("the root of the XML is not REQUEST")]
    Root,
    /// A message of nobody.
    #[error("the device id is missing, too long or not printable")]
    Device,
    /// An inventory of nothing.
    #[error("the inventory has no content")]
    NoContent,
}

/// What a dialect reads of a message before it is judged.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) device_id: Option<String>,
    pub(super) query: Option<String>,
    pub(super) item_type: Option<String>,
    pub(super) partial: bool,
    pub(super) content: Option<Content>,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) tag: Option<String>,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// When it is not well-formed, of nobody, or an inventory without content.
    pub fn decode(text: &str) -> Result<Self, MessageError> {
        match text.trim_start().chars().next() {
            Some('<') => judge(Dialect::Xml, xml::read(text)?),
            Some('{') => judge(Dialect::Json, json::read(text)?),
            _ => Err(MessageError::Neither),
        }
    }
}

impl Program {
    /// Reads `GLPI-Agent_v1.12-dev`, as agents write themselves into inventories and the header `User-Agent`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.split_whitespace().next()?;
        let (name, version) = text.rsplit_once("_v").or_else(|| text.split_once('/')).unwrap_or((text, ""));
        Some(Self { name: word(name)?, version: word(version) })
    }
}

fn judge(dialect: Dialect, parts: Parts) -> Result<Message, MessageError> {
    let Parts { device_id, query, item_type, partial, content, name, version, tag } = parts;
    let said = content.as_ref().and_then(|content| Program::read(content.text("versionclient")?));
    let named = name.and_then(|name| Some(Program { name: word(&name)?, version: version.and_then(|version| word(&version)) }));
    let tag = tag.or_else(|| tag_of(content.as_ref()?));
    let query = query.map_or_else(|| "inventory".to_owned(), |query| query.to_ascii_lowercase());
    let kind = match query.as_str() {
        "prolog" => Kind::Prolog,
        "contact" => Kind::Contact,
        "inventory" => match item_type.filter(|kind| !kind.eq_ignore_ascii_case("computer")) {
            Some(other) => Kind::Other(format!("inventory of {}", word(&other).unwrap_or_default().to_ascii_lowercase())),
            None => Kind::Inventory { content: content.ok_or(MessageError::NoContent)?, partial },
        },
        other => Kind::Other(word(other).unwrap_or_default()),
    };
    let device_id =
        device_id.filter(|id| id.len() <= DEVICE_BYTES && !id.contains(char::is_control)).ok_or(MessageError::Device)?;
    Ok(Message { device_id, kind, dialect, agent: said.or(named), tag })
}

/// Where the XML dialect keeps the tag.
fn tag_of(content: &Content) -> Option<String> {
    let mut rows = content.rows("accountinfo").iter();
    let row = rows.find(|row| row.get("keyname").is_some_and(|name| name.eq_ignore_ascii_case("tag")))?;
    row.get("keyvalue").map(str::to_owned)
}

fn word(text: &str) -> Option<String> {
    kept(&text.chars().filter(|c| !c.is_control()).take(WORD_CHARS).collect::<String>())
}
