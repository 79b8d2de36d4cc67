//! A client of the lab's servers that nobody here wrote.

use super::lab::Lab;
use serde_json::Value;
use std::path::Path;
use tiberius::AuthMethod;
use tiberius::Client;
use tiberius::Config;
use tiberius::EncryptionLevel;
use tiberius::Row;
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncWriteCompatExt;

type Connection = Client<tokio_util::compat::Compat<TcpStream>>;

async fn connect(record: &Value, ca: &Path, server: &str, database: &str) -> tiberius::Result<Connection> {
    connect_as(record, ca, server, database, None).await
}

/// `program`: what the session calls itself, if not what the client library does.
async fn connect_as(
    record: &Value,
    ca: &Path,
    server: &str,
    database: &str,
    program: Option<&str>,
) -> tiberius::Result<Connection> {
    let found = record["servers"].as_array().unwrap().iter().find(|s| s["id"] == server).unwrap();
    let admin = found["logins"].as_array().unwrap().iter().find(|l| l["sysadmin"] == true).unwrap();
    let (host, port) = (found["address"]["host"].as_str().unwrap(), found["address"]["port"].as_u64().unwrap());
    let port = u16::try_from(port).unwrap();
    let mut config = Config::new();
    config.host(host);
    config.port(port);
    config.database(database);
    if let Some(program) = program {
        config.application_name(program);
    }
    config.encryption(EncryptionLevel::Required);
    config.trust_cert_ca_bundle(std::fs::read(ca).unwrap());
    config.authentication(AuthMethod::sql_server(admin["name"].as_str().unwrap(), admin["password"].as_str().unwrap()));
    let stream = TcpStream::connect((host, port)).await?;
    Client::connect(config, stream.compat_write()).await
}

/// Runs a batch as the administrator of a server; the rows of its first result.
pub async fn rows(record: &Value, ca: &Path, server: &str, database: &str, text: &str) -> tiberius::Result<Vec<Row>> {
    connect(record, ca, server, database).await?.simple_query(text).await?.into_first_result().await
}

/// A session that stays open between its batches.
pub struct Open {
    runtime: tokio::runtime::Runtime,
    client: Connection,
}

impl Open {
    /// Refused or not.
    pub fn attempt(&mut self, text: &str) {
        let batch = async { self.client.simple_query(text).await?.into_results().await };
        // What came of it is looked at by somebody else.
        let _ = self.runtime.block_on(batch);
    }

    #[track_caller]
    pub fn run(&mut self, text: &str) {
        let batch = async { self.client.simple_query(text).await?.into_results().await };
        self.runtime.block_on(batch).unwrap();
    }
}

impl Lab {
    /// A session as the linked server of another instance opens it.
    #[track_caller]
    pub fn caller(&self, server: &str) -> Open {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (record, ca) = (self.record(), self.path("ca.pem"));
        let client =
            runtime.block_on(connect_as(&record, &ca, server, "master", Some("Microsoft SQL Server"))).unwrap();
        Open { runtime, client }
    }

    /// A session as the administrator.
    #[track_caller]
    pub fn session(&self, server: &str, database: &str) -> Open {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(connect(&self.record(), &self.path("ca.pem"), server, database)).unwrap();
        Open { runtime, client }
    }

    /// One whole number.
    #[track_caller]
    pub fn number(&self, server: &str, database: &str, text: &str) -> i64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(rows(&self.record(), &self.path("ca.pem"), server, database, text)).unwrap();
        found[0].get::<i64, _>(0).unwrap()
    }

    /// Rows of the application's table.
    #[track_caller]
    pub fn entries(&self, server: &str) -> i64 {
        self.number(server, "ledger", "SELECT COUNT_BIG(*) FROM dbo.entry")
    }
}
