//! The XML dialect, of OCS, FusionInventory and the first contact of GLPI.
//!
//! In: text. Out: the parts of a message. Names are read whatever their case, elements in any order. A document type is refused, and
//! so are shapes that no agent writes: they are there to make reading expensive.

use super::{
    content::{Content, FIELDS, Row, kept},
    mend,
    message::{MessageError, Parts},
};
use roxmltree::{Document, Error, Node, ParsingOptions};
use std::borrow::Cow;

/// Most `<` in a message: 20,000 packages of a dozen fields, and everything else.
const MARKS: usize = 600_000;
/// Most `=` in a message, wherever they stand.
const EQUAL_SIGNS: usize = 1_000_000;
/// Most `&` in a message that is mended: each may grow.
const REFERENCES: usize = 500_000;
/// Most nodes: each element brings a text, and the blanks around it another.
const NODES: u32 = 900_000;
/// Most attributes of an element. Agents write none, and each one is compared with all others.
const ATTRIBUTES: usize = 32;
/// Most declarations of name spaces. Agents write none, and each one is copied to all elements within.
const NAME_SPACES: usize = 16;

/// Reads a message.
pub(super) fn read(text: &str) -> Result<Parts, MessageError> {
    let text = mend::characters(text);
    let text = text.trim_start();
    refuse_expensive(text)?;
    let mended;
    let document = match parse(text) {
        Err(Error::MalformedEntityReference(_) | Error::UnknownEntityReference(..))
            if text.matches('&').count() <= REFERENCES =>
        {
            mended = mend::references(text);
            parse(&mended)?
        }
        parsed => parsed?,
    };
    let root = document.root_element();
    if !is(root, "request") {
        return Err(MessageError::Root);
    }
    let mut parts = Parts::default();
    for element in root.children().filter(Node::is_element) {
        match element.tag_name().name().to_ascii_lowercase().as_str() {
            "deviceid" => parts.device_id = parts.device_id.or_else(|| kept(&own_text(element))),
            "query" => parts.query = parts.query.or_else(|| kept(&own_text(element))),
            "content" => sections(element, parts.content.get_or_insert_default()),
            _ => {}
        }
    }
    Ok(parts)
}

fn parse(text: &str) -> Result<Document<'_>, Error> {
    Document::parse_with_options(text, ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() })
}

fn sections(element: Node<'_, '_>, content: &mut Content) {
    for section in element.children().filter(Node::is_element) {
        let name = section.tag_name().name();
        if !content.open(name) {
            continue;
        }
        if section.children().any(|child| child.is_element()) {
            content.add(name, Some(row(section)));
        } else {
            content.say(name, &own_text(section));
        }
    }
}

fn row(element: Node<'_, '_>) -> Row {
    let mut row = Row::default();
    for field in element.children().filter(Node::is_element).take(FIELDS) {
        let name = field.tag_name().name();
        row.put(None, name, &own_text(field));
        for inner in field.children().filter(Node::is_element).take(FIELDS) {
            row.put(Some(name), inner.tag_name().name(), &own_text(inner));
        }
    }
    row
}

fn is(element: Node<'_, '_>, name: &str) -> bool {
    element.tag_name().name().eq_ignore_ascii_case(name)
}

/// The text right in an element, whatever stands between its pieces.
fn own_text<'a>(element: Node<'a, '_>) -> Cow<'a, str> {
    let mut pieces = element.children().filter_map(|child| if child.is_text() { child.text() } else { None });
    let first = pieces.next().unwrap_or_default();
    pieces.fold(Cow::Borrowed(first), |text, piece| text + piece)
}

/// Looks at the text before it is parsed: the parser takes memory by the number of its marks, and time by the square of what is
/// counted here.
fn refuse_expensive(text: &str) -> Result<(), MessageError> {
    if text.matches('<').count() > MARKS {
        return Err(MessageError::Shape("elements"));
    }
    if text.matches('=').count() > EQUAL_SIGNS {
        return Err(MessageError::Shape("equal signs"));
    }
    if text.matches("xmlns").nth(NAME_SPACES).is_some() {
        return Err(MessageError::Shape("name spaces"));
    }
    // What follows a `<` ends with the next one at the latest, and no attribute contains one.
    let crowded = text.split('<').skip(1).any(|tag| tag.starts_with(|c: char| c.is_alphabetic()) && attributes(tag) > ATTRIBUTES);
    if crowded { Err(MessageError::Shape("attributes")) } else { Ok(()) }
}

/// How many `=` a tag has outside of quotation marks.
fn attributes(tag: &str) -> usize {
    let (mut quote, mut count) = (None, 0);
    for byte in tag.bytes() {
        match (quote, byte) {
            (None, b'>') => break,
            (None, b'=') => count += 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    count
}
