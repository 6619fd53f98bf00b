//! Bodies within their limits: size on the wire, size decoded, ratio, and the time they may take.

use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use muster_wire::{
    limits,
    problem::{Code, Problem},
};
use std::{io::Read as _, time::Duration};
use tokio::time::timeout;

const BODY: Duration = Duration::from_secs(30);

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// 413 beyond the limit, 400 when the peer stops or is too slow.
pub(super) async fn read(body: Incoming, headers: &HeaderMap, limit: usize) -> Result<Vec<u8>, Problem> {
    let too_large = || Problem::new(Code::TooLarge, format!("the body is larger than {limit} bytes"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    match timeout(BODY, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(Code::InvalidBody, "the body ended early")),
        Err(_) => Err(Problem::new(Code::InvalidBody, "the body took longer than 30 seconds")),
    }
}

/// Undoes `Content-Encoding` within the decoded limits of a report.
///
/// # Errors
/// 413 beyond a limit, 415 for an unknown encoding, 400 for a body that does not decode.
pub(super) fn decode(headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
    match headers.get(header::CONTENT_ENCODING).map(http::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(body),
        Some(b"zstd") => decode_zstd(&body),
        Some(_) => Err(Problem::new(Code::UnsupportedMedia, "the only content encoding spoken here is zstd")),
    }
}

fn decode_zstd(body: &[u8]) -> Result<Vec<u8>, Problem> {
    let bad = |_| Problem::new(Code::InvalidBody, "the body is not zstd");
    let limit = limits::REPORT_DECODED_BYTES.min(body.len().saturating_mul(limits::REPORT_RATIO));
    let mut decoder = zstd::stream::read::Decoder::new(body).map_err(bad)?;
    decoder.window_log_max(23).map_err(bad)?;
    let mut decoded = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(most).read_to_end(&mut decoded).map_err(bad)?;
    if decoded.len() > limit {
        return Err(Problem::new(
            Code::TooLarge,
            format!("the decoded body is larger than {limit} bytes (8 MiB, and 50 times its encoded size)"),
        ));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest as _;

    fn check(encoding: Option<&'static str>, body: &[u8], expected: Result<usize, Code>) {
        let mut headers = HeaderMap::new();
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, http::HeaderValue::from_static(encoding));
        }
        let outcome = decode(&headers, body.to_vec()).map(|decoded| decoded.len()).map_err(|problem| problem.code());
        assert_eq!(outcome, expected.map_err(Some), "{encoding:?}");
    }

    #[test]
    fn encodings_and_bombs() {
        let text: Vec<u8> = (0..2000_u32)
            .flat_map(|n| data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(n.to_be_bytes())).into_bytes())
            .collect();
        let good = zstd::encode_all(&text[..], 3).unwrap();
        let bomb = zstd::encode_all(&vec![0_u8; 4 * 1024 * 1024][..], 3).unwrap();
        check(None, &text, Ok(text.len()));
        check(Some("identity"), &text, Ok(text.len()));
        check(Some("zstd"), &good, Ok(text.len()));
        check(Some("zstd"), &bomb, Err(Code::TooLarge));
        check(Some("zstd"), b"not zstd", Err(Code::InvalidBody));
        check(Some("zstd"), &good[..good.len() / 2], Err(Code::InvalidBody));
        check(Some("gzip"), &text, Err(Code::UnsupportedMedia));
    }
}
