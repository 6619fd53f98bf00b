//! What ingest is compared with: nginx, one worker, TLS 1.3 with client certificates of the same authority, connections
//! that are kept, 204 to whatever is sent. In: the authority's certificate. Out: a running server in a directory of its
//! own, which ends when it is dropped.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rcgen::{CertificateParams, KeyPair};
use tokio::net::TcpStream;

use crate::files::put;
use crate::process::{Daemon, on_processor};

const POLL: Duration = Duration::from_millis(20);
const POLLS: u32 = 500;

/// A running nginx.
pub(super) struct Nginx {
    daemon: Daemon,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// What its clients have to trust, PEM.
    pub(super) certificate: String,
}

impl Nginx {
    /// Starts it with its files below `directory`, which must exist.
    ///
    /// # Errors
    /// It is not installed, or ends at once; its log is in the error.
    pub(super) async fn start(directory: &Path, authority: &Path, processor: Option<u32>) -> Result<Self> {
        let key = KeyPair::generate().context("a key for nginx")?;
        let certificate = CertificateParams::new([Ipv4Addr::LOCALHOST.to_string()]).and_then(|params| params.self_signed(&key));
        let certificate = certificate.context("a certificate for nginx")?;
        put(&directory.join("server.pem"), certificate.pem().as_bytes())?;
        put(&directory.join("server.key"), key.serialize_pem().as_bytes())?;
        let address = free_address()?;
        put(&directory.join("nginx.conf"), configuration(address, authority).as_bytes())?;
        fs::create_dir(directory.join("temp")).context("a directory for nginx")?;
        let mut command = on_processor(processor, Path::new("nginx"));
        command.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf")).arg("-e").arg(directory.join("error.log"));
        let mut daemon = Daemon::spawn(command, &directory.join("log")).context("nginx (package nginx-light)")?;
        for _ in 0..POLLS {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Self { daemon, address, certificate: certificate.pem() });
            }
            if let Some(status) = daemon.ended()? {
                let said = fs::read_to_string(directory.join("error.log")).unwrap_or_default();
                bail!("nginx ended ({status}):\n{}{said}", daemon.log());
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("nginx does not listen on {address}:\n{}", daemon.log())
    }

    /// Its process id.
    pub(super) fn pid(&self) -> Option<u32> {
        self.daemon.pid()
    }
}

/// A port that nobody uses now.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a free port")?;
    listener.local_addr().context("a free port")
}

fn configuration(address: SocketAddr, authority: &Path) -> String {
    format!(
        "daemon off;\nmaster_process off;\nworker_processes 1;\npid nginx.pid;\nerror_log error.log warn;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n  access_log off;\n  client_body_temp_path temp/body;\n  proxy_temp_path temp/proxy;\n  fastcgi_temp_path temp/fastcgi;\n\
         \x20 uwsgi_temp_path temp/uwsgi;\n  scgi_temp_path temp/scgi;\n\
         \x20 server {{\n    listen {address} ssl;\n    ssl_certificate server.pem;\n    ssl_certificate_key server.key;\n    ssl_protocols TLSv1.3;\n\
         \x20   ssl_client_certificate {authority};\n    ssl_verify_client on;\n    ssl_verify_depth 3;\n\
         \x20   keepalive_requests 1000000000;\n    keepalive_timeout 3600s;\n    client_max_body_size 2m;\n\
         \x20   location / {{ return 204; }}\n  }}\n}}\n",
        authority = authority.display()
    )
}
