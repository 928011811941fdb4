//! PostgreSQL: for a server that outgrew one machine. Any number of server processes share one
//! database, and one database may hold many conventions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Builder;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::LedgerError;
use crate::setting;

mod migrations {
    refinery::embed_migrations!("migrations/postgres");
}

/// Number of the lock under which tables are made, the first letters of the product's name.
const MIGRATION_LOCK: i64 = 0x7969_6e67_6269_6e00;

/// Where a database is, `postgres://user@host:port/name`.
#[derive(Clone, PartialEq)]
pub struct Address {
    text: String,
    config: Box<Config>,
}

/// A text that is no address of a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; an address looks like postgres://user:password@host:5432/database")]
pub struct BadAddress(String);

impl Address {
    /// Returns the address as it was written, with its password.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether every host of it is on this machine.
    fn is_here(&self) -> bool {
        self.config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => {
                name == "localhost"
                    || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
            }
        })
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Address, BadAddress> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(BadAddress("this is no address of a database".to_owned()));
        }
        let config = Config::from_str(text).map_err(|error| BadAddress(error.to_string()))?;
        if config.get_hosts().is_empty() {
            return Err(BadAddress("this names no host".to_owned()));
        }
        Ok(Address { text: text.to_owned(), config: Box::new(config) })
    }
}

/// Without the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        let hosts: Vec<String> = hosts.collect();
        write!(f, "{} at {}", self.config.get_dbname().unwrap_or("postgres"), hosts.join(","))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// Connects; what the connection has to do goes on beside whoever asks, on the same event loop.
///
/// A database on another machine is asked through TLS, whether the address says so or not.
pub(crate) async fn connect(address: &Address) -> Result<Client, LedgerError> {
    let mut config = address.config.clone();
    config.application_name("yingbin-server");
    if address.is_here() && config.get_ssl_mode() != SslMode::Require {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        return Ok(client);
    }
    config.ssl_mode(SslMode::Require);
    let (client, connection) = config.connect(tls()?).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Believes whom this machine believes.
fn tls() -> Result<MakeRustlsConnect, LedgerError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LedgerError::Away(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Brings the tables up to date; of several processes that start at once, one does it.
pub(crate) async fn migrate(address: &Address) -> Result<(), LedgerError> {
    let mut client = connect(address).await?;
    client.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
    let done = migrations::migrations::runner().run_async(&mut client).await;
    done.map_err(|error| LedgerError::Schema(error.to_string()))?;
    Ok(())
}

/// Tells whether a database holds a convention; nothing is made in it.
///
/// Blocks: not from an event loop.
pub(crate) fn holds(address: &Address, convention: [u8; 16]) -> Result<bool, LedgerError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| LedgerError::Disk(error.to_string()))?;
    runtime.block_on(async {
        let client = connect(address).await?;
        let table = "SELECT to_regclass('setting') IS NOT NULL";
        if !client.query_one(table, &[]).await?.try_get(0)? {
            return Ok(false);
        }
        let row = "SELECT 1 FROM setting WHERE convention = $1 AND name = $2";
        let found = client.query_opt(row, &[&convention.as_slice(), &setting::POLICY]).await?;
        Ok(found.is_some())
    })
}

/// The channel on which changes of a convention are told.
pub(crate) fn channel(convention: [u8; 16]) -> String {
    format!("yingbin_{}", HEXLOWER.encode(&convention))
}

/// Calls `each` whenever some process changed something of a convention, until the connection ends.
pub(crate) async fn listen(
    address: &Address,
    convention: [u8; 16],
    mut each: impl FnMut(),
) -> Result<(), LedgerError> {
    let listen = format!("LISTEN {}", channel(convention));
    let config = &address.config;
    if address.is_here() && config.get_ssl_mode() != SslMode::Require {
        let (client, mut connection) = config.connect(NoTls).await?;
        let messages = poll_fn(move |context| connection.poll_message(context));
        return follow(client, messages, &listen, &mut each).await;
    }
    let mut config = config.clone();
    config.ssl_mode(SslMode::Require);
    let (client, mut connection) = config.connect(tls()?).await?;
    let messages = poll_fn(move |context| connection.poll_message(context));
    follow(client, messages, &listen, &mut each).await
}

async fn follow(
    client: Client,
    mut messages: impl futures_util::Stream<Item = Result<AsyncMessage, tokio_postgres::Error>> + Unpin,
    listen: &str,
    each: &mut impl FnMut(),
) -> Result<(), LedgerError> {
    let mut asked = std::pin::pin!(client.batch_execute(listen));
    let mut listening = false;
    loop {
        tokio::select! {
            done = &mut asked, if !listening => {
                done?;
                listening = true;
                // Whatever happened before is looked for too.
                each();
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(_))) => each(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(LedgerError::Away("the connection ended".to_owned())),
            }
        }
    }
}
