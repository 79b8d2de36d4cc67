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

/// Runs a batch as the administrator of a server; the rows of its first result.
pub async fn rows(record: &Value, ca: &Path, server: &str, database: &str, text: &str) -> tiberius::Result<Vec<Row>> {
    let found = record["servers"].as_array().unwrap().iter().find(|s| s["id"] == server).unwrap();
    let admin = found["logins"].as_array().unwrap().iter().find(|l| l["sysadmin"] == true).unwrap();
    let (host, port) = (found["address"]["host"].as_str().unwrap(), found["address"]["port"].as_u64().unwrap());
    let port = u16::try_from(port).unwrap();
    let mut config = Config::new();
    config.host(host);
    config.port(port);
    config.database(database);
    config.encryption(EncryptionLevel::Required);
    config.trust_cert_ca_bundle(std::fs::read(ca).unwrap());
    config.authentication(AuthMethod::sql_server(admin["name"].as_str().unwrap(), admin["password"].as_str().unwrap()));
    let stream = TcpStream::connect((host, port)).await?;
    let mut client = Client::connect(config, stream.compat_write()).await?;
    client.simple_query(text).await?.into_first_result().await
}

impl Lab {
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
