use crate::lab::mirror::managed;
use crate::lab::mirror::testing::*;
use crate::lab::tsql::value::Value;
use std::time::Duration;

fn number(e: &Estate) -> String {
    let v = managed::link_view(&e.mi, "DAG_Ledger").unwrap();
    assert_eq!(v.databases[0].replica_state.as_deref(), Some("LinkInitError"));
    v.databases[0].most_recent_link_error.clone().unwrap()
}

fn remote_error(e: &Estate) -> (i32, String) {
    let row = view(&e.sql, "dm_hadr_availability_replica_states")
        .into_iter()
        .find(|r| r["is_local"] == Value::Bit(false))
        .unwrap();
    match &row["last_connect_error_number"] {
        Value::Int(n) => (*n, text(&row, "last_connect_error_description")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_under_another_name_is_not_found() {
    let (e, pki) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_sql();
    e.trust_mi(&pki, "mi-a");
    e.endpoint().await;
    e.groups().await;
    let error = e.link().await.unwrap_err();
    assert_eq!(error.code, "ManagedInstanceLinkCertificateNotFoundOnSqlServer");
    assert_eq!(number(&e), "41974");
    let (number, text) = remote_error(&e);
    assert_eq!(number, 28035, "{text}");
    assert!(e.sql.with(|s| log_text(s)).contains("Error: 28048, Severity: 16"));
}

#[tokio::test(start_paused = true)]
async fn without_the_roots_the_chain_leads_nowhere() {
    let (e, _) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_sql();
    add_certificate(&e.sql, FQDN, managed::endpoint_certificate(&e.mi).unwrap(), None, &[]);
    e.endpoint().await;
    e.groups().await;
    assert!(e.link().await.is_err());
    assert_eq!(number(&e), "41974");
}

#[tokio::test(start_paused = true)]
async fn a_root_marked_for_another_pattern_does_not_vouch() {
    let (e, pki) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_sql();
    add_certificate(&e.sql, FQDN, managed::endpoint_certificate(&e.mi).unwrap(), None, &[]);
    add_certificate(&e.sql, "DigiCertPKI", pki.root_der.clone(), None, &["*.database.usgovcloudapi.net"]);
    e.endpoint().await;
    e.groups().await;
    assert!(e.link().await.is_err());
    assert_eq!(number(&e), "41974");
}

#[tokio::test(start_paused = true)]
async fn a_managed_instance_lets_only_trusted_certificates_in() {
    let (e, pki) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_mi(&pki, FQDN);
    e.endpoint().await;
    e.groups().await;
    let error = e.link().await.unwrap_err();
    assert_eq!(error.code, "ManagedInstanceLinkCertificateNotFoundOnManagedInstance");
    assert_eq!(number(&e), "41973");
}

#[tokio::test(start_paused = true)]
async fn a_missing_certificate_may_arrive_in_time() {
    let (e, pki) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_mi(&pki, FQDN);
    e.endpoint().await;
    e.groups().await;
    let spec = e.spec();
    let mi = e.mi.clone();
    let creation = tokio::spawn(async move { managed::create_link(&mi, spec).await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(
        managed::link_view(&e.mi, "DAG_Ledger").unwrap().databases[0].most_recent_link_error.as_deref(),
        Some("41973")
    );
    e.trust_sql();
    creation.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_partner_is_told_as_such() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    e.net.cut(SQL_HOST, FQDN);
    let error = e.link().await.unwrap_err();
    assert_eq!(error.code, "ManagedInstanceLinkConnectivityIsNotEstablished");
    assert_eq!(number(&e), "41986");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_server_in_the_url_leads_nowhere() {
    let (e, pki) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_sql();
    e.trust_mi(&pki, FQDN);
    e.endpoint().await;
    e.groups_to(&format!("tcp://{FQDN}:5022;Server=[other]")).await;
    assert!(e.link().await.is_err());
    assert_eq!(number(&e), "41976");
    assert_eq!(remote_error(&e).0, 33320);
}

#[tokio::test(start_paused = true)]
async fn wrong_group_names_do_not_answer() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    let spec = managed::LinkSpec { partner_availability_group: "AG_Other".to_owned(), ..e.spec() };
    assert!(managed::create_link(&e.mi, spec).await.is_err());
    assert_eq!(number(&e), "41976");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_encryption_is_refused_by_a_link() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    run(&e.sql, "ALTER ENDPOINT [ep] FOR DATABASE_MIRRORING (ENCRYPTION = DISABLED)").await.unwrap();
    assert!(e.link().await.is_err());
    assert_eq!(number(&e), "41998");
}

#[tokio::test(start_paused = true)]
async fn two_way_needs_the_same_format_on_both_sides() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    let spec = managed::LinkSpec { failover_mode: "Manual".to_owned(), ..e.spec() };
    assert!(managed::create_link(&e.mi, spec).await.is_err());
    let v = managed::link_view(&e.mi, "DAG_Ledger").unwrap();
    assert_eq!(v.databases[0].most_recent_link_error.as_deref(), Some("41988"));
}
