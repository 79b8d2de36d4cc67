//! Driven by tiberius over loopback and TLS.

use super::stub;
use super::stub::Server;
use futures_util::StreamExt;
use tiberius::AuthMethod;
use tiberius::Client;
use tiberius::Config;
use tiberius::EncryptionLevel;
use tokio::net::TcpStream;
use tokio_util::compat::Compat;
use tokio_util::compat::TokioAsyncWriteCompatExt;

type Tiberius = Client<Compat<TcpStream>>;

fn config(server: &Server, encryption: EncryptionLevel) -> Config {
    let mut config = Config::new();
    config.host("localhost");
    config.port(server.address.port());
    config.authentication(AuthMethod::sql_server("sa", "Pässw0rd!"));
    config.encryption(encryption);
    config.trust_cert_ca_bundle(server.ca.clone());
    config
}

async fn connect(server: &Server, config: Config) -> tiberius::Result<Tiberius> {
    let stream = TcpStream::connect(server.address).await?;
    stream.set_nodelay(true)?;
    Box::pin(Client::connect(config, stream.compat_write())).await
}

async fn client(server: &Server) -> Tiberius {
    connect(server, config(server, EncryptionLevel::Required)).await.unwrap()
}

async fn outcome(client: &mut Tiberius, batch: &str) -> tiberius::Result<()> {
    client.simple_query(batch).await?.into_results().await.map(drop)
}

#[tokio::test]
async fn every_encryption_level_logs_in() {
    for (level, encrypted, forced) in [
        (EncryptionLevel::Required, true, false),
        (EncryptionLevel::On, true, false),
        (EncryptionLevel::Off, false, false),
        (EncryptionLevel::Off, true, true),
        (EncryptionLevel::NotSupported, false, false),
        (EncryptionLevel::Strict, true, false),
    ] {
        let server = stub::start(forced).await;
        let mut client = connect(&server, config(&server, level)).await.unwrap();
        let row = client.simple_query("rows 1").await.unwrap().into_row().await.unwrap().unwrap();
        assert_eq!(row.get::<i32, _>(0), Some(7), "{level:?}");
        let seen = server.log.lock().unwrap()[0].clone();
        assert!(seen.contains(&format!(" {encrypted} ")), "{level:?} {seen}");
    }
}

#[tokio::test]
async fn a_server_that_forces_encryption_loses_the_client_that_cannot() {
    let server = stub::start(true).await;
    let refused = connect(&server, config(&server, EncryptionLevel::NotSupported)).await;
    assert!(refused.is_err());
    assert!(server.log.lock().unwrap().is_empty());
}

#[tokio::test]
async fn refused_logins_say_why() {
    let server = stub::start(false).await;
    let mut wrong = config(&server, EncryptionLevel::Required);
    wrong.authentication(AuthMethod::sql_server("sa", "other"));
    match connect(&server, wrong).await {
        Err(tiberius::error::Error::Server(e)) => assert_eq!((e.code(), e.class(), e.line()), (18456, 14, 1)),
        other => panic!("{other:?}"),
    }
    let mut missing = config(&server, EncryptionLevel::Required);
    missing.database("missing");
    match connect(&server, missing).await {
        Err(tiberius::error::Error::Server(e)) => assert!([4060, 18456].contains(&e.code())),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_access_token_logs_in() {
    let server = stub::start(false).await;
    for (token, good) in [("token", true), ("stale", false)] {
        let mut config = config(&server, EncryptionLevel::Required);
        config.authentication(AuthMethod::aad_token(token));
        assert_eq!(connect(&server, config).await.is_ok(), good);
    }
}

#[tokio::test]
async fn every_type_arrives() {
    let server = stub::start(false).await;
    let mut client = client(&server).await;
    let row = client.simple_query("types").await.unwrap().into_row().await.unwrap().unwrap();
    let rendered: Vec<String> = row
        .cells()
        .take(row.len() / 2)
        .map(|(column, data)| format!("{}={:.48}", column.name(), format!("{data:?}")).trim_end().to_owned())
        .collect();
    insta::assert_snapshot!(rendered.join("\n"), @r#"
    bit=Bit(Some(true))
    tinyint=U8(Some(200))
    smallint=I16(Some(-2))
    int=I32(Some(-3))
    bigint=I64(Some(-9223372036854775808))
    numeric=Numeric(Some(1234567890123456789012345.0))
    decimal=Numeric(Some(-12.345))
    money=F64(Some(-1.2345))
    smallmoney=F64(Some(1.0))
    real=F32(Some(1.5))
    float=F64(Some(-2.25))
    date=Date(Some(Date(738000)))
    time=Time(Some(Time { increments: 431234567890, scale
    smalldatetime=SmallDateTime(Some(SmallDateTime { days: 44405,
    datetime=DateTime(Some(DateTime { days: 44405, seconds_fr
    datetime2=DateTime2(Some(DateTime2 { date: Date(738000), t
    datetimeoffset=DateTimeOffset(Some(DateTimeOffset { datetime2:
    char=String(Some("ab  "))
    varchar=String(Some("€ née"))
    varchar_max=String(Some("ééééééééééééééééééééééééééééééééééé
    nchar=String(Some("x  "))
    nvarchar=String(Some("naïve 漢字 🙂"))
    nvarchar_max=String(Some("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn
    empty_max=String(Some(""))
    binary=Binary(Some([1, 2, 0, 0]))
    varbinary=Binary(Some([3, 4, 5]))
    varbinary_max=Binary(Some([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    guid=Guid(Some(00112233-4455-6677-8899-aabbccddeeff))
    xml=Xml(Some(XmlData { data: "<a/>", schema: None })
    v_int=I32(Some(5))
    v_text=String(Some("vt"))
    v_when=DateTime(Some(DateTime { days: 44405, seconds_fr
    v_guid=Guid(Some(00112233-4455-6677-8899-aabbccddeeff))
    "#);
    for (column, data) in row.cells().skip(row.len() / 2) {
        assert!(format!("{data:?}").ends_with("(None)"), "{} {data:?}", column.name());
    }
    assert_eq!(row.get::<&str, _>("nvarchar_max").map(str::len), Some(9000));
    assert_eq!(row.get::<&[u8], _>("varbinary_max").map(<[u8]>::len), Some(10_000));
    let row = client.simple_query("fixed").await.unwrap().into_row().await.unwrap().unwrap();
    let rendered: Vec<String> =
        row.cells().map(|(column, data)| format!("{:?}={data:?}", column.column_type())).collect();
    insta::assert_snapshot!(rendered.join("\n"), @r#"
    Bit=Bit(Some(true))
    Int1=U8(Some(1))
    Int2=I16(Some(2))
    Int4=I32(Some(3))
    Int8=I64(Some(4))
    Float4=F32(Some(5.0))
    Float8=F64(Some(6.0))
    Money=F64(Some(7.0))
    Money4=F64(Some(8.0))
    Datetime=DateTime(Some(DateTime { days: 44405, seconds_fragments: 12960000 }))
    Datetime4=SmallDateTime(Some(SmallDateTime { days: 44405, seconds_fragments: 720 }))
    "#);
}

#[tokio::test]
async fn parameters_come_back_as_sent() {
    let server = stub::start(false).await;
    let mut client = client(&server).await;
    let long = "ü".repeat(6000);
    let nothing: Option<i32> = None;
    let bytes: &[u8] = &[1, 2, 3];
    let row = client
        .query("echo", &[&1_u8, &2_i16, &3_i32, &4_i64, &true, &1.5_f64, &"text", &long.as_str(), &bytes, &nothing])
        .await
        .unwrap()
        .into_row()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<u8, _>(0), Some(1));
    assert_eq!(row.get::<i16, _>(1), Some(2));
    assert_eq!(row.get::<i32, _>(2), Some(3));
    assert_eq!(row.get::<i64, _>(3), Some(4));
    assert_eq!(row.get::<bool, _>(4), Some(true));
    assert_eq!(row.get::<f64, _>(5), Some(1.5));
    assert_eq!(row.get::<&str, _>(6), Some("text"));
    assert_eq!(row.get::<&str, _>(7), Some(long.as_str()));
    assert_eq!(row.get::<&[u8], _>(8), Some(bytes));
    assert_eq!(row.get::<i32, _>(9), None);
}

#[tokio::test]
async fn several_result_sets_and_an_error_in_the_middle() {
    let server = stub::start(false).await;
    let mut client = client(&server).await;
    let sets = client.simple_query("rows 2; nothing; print hello; rows 3").await.unwrap().into_results().await.unwrap();
    let sizes: Vec<usize> = sets.iter().map(Vec::len).filter(|n| *n > 0).collect();
    assert_eq!(sizes, [2, 3]);
    let failed =
        client.simple_query("rows 1; fail Invalid object name 'x'.; rows 1").await.unwrap().into_results().await;
    assert_eq!(failed.unwrap_err().code(), Some(208));
    // The connection goes on, after an error of the engine itself too.
    let crooked = client.simple_query("crooked").await.unwrap().into_results().await;
    assert_eq!(crooked.unwrap_err().code(), Some(8630));
    assert!(client.simple_query("rows 1").await.unwrap().into_row().await.unwrap().is_some());
}

#[tokio::test]
async fn transactions_by_request() {
    let server = stub::start(false).await;
    let mut client = client(&server).await;
    client.begin_transaction().await.unwrap();
    client.save_transaction("point").await.unwrap();
    client.commit_transaction().await.unwrap();
    client.begin_transaction().await.unwrap();
    client.rollback_transaction().await.unwrap();
    let seen = server.log.lock().unwrap().clone();
    assert_eq!(seen.iter().filter(|l| l.starts_with("transaction")).count(), 5, "{seen:?}");
    assert!(seen.iter().any(|l| l.contains("point")), "{seen:?}");
}

#[tokio::test]
async fn a_large_answer_arrives_whole() {
    let server = stub::start(false).await;
    let mut config = config(&server, EncryptionLevel::Required);
    config.packet_size(16_384);
    let mut client = connect(&server, config).await.unwrap();
    let stream = client.simple_query("rows 20000").await.unwrap().into_row_stream();
    assert_eq!(stream.map(|row| assert_eq!(row.unwrap().get(0), Some(7_i32))).count().await, 20_000);
    assert!(server.log.lock().unwrap()[0].ends_with("16384"));
}

#[tokio::test]
async fn a_killed_session_says_why_and_ends() {
    let server = stub::start(false).await;
    let mut client = client(&server).await;
    assert_eq!(outcome(&mut client, "die").await.unwrap_err().code(), Some(596));
    assert!(outcome(&mut client, "rows 1").await.is_err());
}
