//! Machines by what people call them.
//!
//! In: an id or a host name from the command line. Out: the id that is meant; an error with the ids to choose from where the name is
//! that of several.

use super::{error::ClientError, http::Api};
use muster_wire::problem::{Code, Problem};
use serde_json::Value;
use uuid::Uuid;

/// The agent that is meant.
pub(super) async fn agent(given: &str, api: &Api) -> Result<String, ClientError> {
    if Uuid::try_parse(given).is_ok() {
        return Ok(given.to_owned());
    }
    one(given, "agent", "id", &called(given, api).await?)
}

/// The asset that is meant: that of the agent of a host.
pub(super) async fn asset(given: &str, api: &Api) -> Result<String, ClientError> {
    if Uuid::try_parse(given).is_ok() {
        return Ok(given.to_owned());
    }
    one(given, "asset", "asset", &called(given, api).await?)
}

async fn called(name: &str, api: &Api) -> Result<Vec<Value>, ClientError> {
    api.list("/api/v1/agents", &[("hostname", name)], usize::MAX).await
}

/// The only different id among these agents.
fn one(name: &str, what: &str, member: &str, agents: &[Value]) -> Result<String, ClientError> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for agent in agents {
        let text = |member: &str| agent.get(member).and_then(Value::as_str);
        if let Some(id) = text(member)
            && found.iter().all(|(known, _)| *known != id)
        {
            found.push((id, text("status").unwrap_or_default()));
        }
    }
    match found.as_slice() {
        [] => {
            let text = format!("there is no {what} with the id or host name {name}");
            Err(ClientError::Refused(Box::new(Problem::new(Code::NotFound, text))))
        }
        [(id, _)] => Ok((*id).to_owned()),
        several => {
            let listed: Vec<String> = several.iter().map(|(id, status)| format!("{id} (agent {status})")).collect();
            let (count, listed) = (several.len(), listed.join(", "));
            Err(ClientError::Usage(format!("{count} {what}s have the host name {name}; give the id: {listed}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_runtime::exit::Exit;
    use serde_json::json;

    #[test]
    fn a_host_name_stands_for_the_only_one_that_has_it() {
        let agent = |id: &str, asset: Option<&str>, status: &str| json!({"id": id, "asset": asset, "status": status});
        let two = [agent("1", None, "revoked"), agent("2", Some("a"), "active")];
        let shared = [agent("1", Some("a"), "revoked"), agent("2", Some("a"), "active")];
        for (agents, member, expected) in [
            (&two[1..], "id", Ok("2")),
            (&two[..], "asset", Ok("a")),
            (&shared[..], "asset", Ok("a")),
            (
                &two[..],
                "id",
                Err((Exit::Usage, "2 machines have the host name ws-1; give the id: 1 (agent revoked), 2 (agent active)")),
            ),
            (&two[..1], "asset", Err((Exit::NotFound, "there is no machine with the id or host name ws-1"))),
            (&[][..], "id", Err((Exit::NotFound, "there is no machine with the id or host name ws-1"))),
        ] {
            match (one("ws-1", "machine", member, agents), expected) {
                (Ok(id), Ok(expected)) => assert_eq!(id, expected),
                (Err(error), Err((exit, text))) => {
                    assert_eq!((error.exit() as u8, error.to_string().as_str()), (exit as u8, text));
                }
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }
}
