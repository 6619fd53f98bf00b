//! The way to the collector, for what does not wait for the next report.
//!
//! In: a method, a path and a body. Out: the first answer of a collector, tried in the uplink's order. It shares the uplink's
//! client and so its certificate; it does not try again and does not judge the answer.

use super::http::{Answer, Http, TransportError};
use reqwest::Method;
use std::sync::Arc;

/// The way as it is now.
#[derive(Debug, Clone)]
pub struct Link {
    /// The client.
    pub http: Arc<Http>,
    /// The collectors, the one that answered last first.
    pub collectors: Vec<String>,
}

impl Link {
    /// Asks one collector after the other until one answers.
    ///
    /// # Errors
    /// When none does: why the last one did not.
    pub async fn call(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Answer, TransportError> {
        let reason = "no collector is configured".to_owned();
        let mut last = TransportError::Unreachable { url: "-".to_owned(), reason };
        for url in &self.collectors {
            match self.http.call(method.clone(), url, path, body.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}
