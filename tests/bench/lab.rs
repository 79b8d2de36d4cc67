//! `estate-500` on sockets in this process: how soon it stands, how long its views take, and what one look costs.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a measurement reads the wall clock and prints")]
#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use super::measure::processor_ms;
use super::measure::resident_mib;
use milink::lab::scenario;
use milink::lab::scenario::Options;
use milink::lab::up::start;
use milink::lab::up::start::UpOptions;
use milink::lab::up::start::Wire;
use milink::lab::workload::client;
use milink::lab::workload::client::Access;
use milink::lab::workload::client::Tls;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

/// Every link with its replica, its database and its state: six views.
const JOIN: &str = "SELECT g.name, r.replica_server_name, s.role_desc, s.connected_state_desc, d.name, \
    b.synchronization_state_desc, b.secondary_lag_seconds, b.log_send_queue_size \
    FROM sys.availability_groups AS g \
    JOIN sys.availability_replicas AS r ON r.group_id = g.group_id \
    JOIN sys.dm_hadr_availability_replica_states AS s ON s.replica_id = r.replica_id AND s.group_id = g.group_id \
    LEFT JOIN sys.dm_hadr_database_replica_states AS b ON b.replica_id = r.replica_id AND b.group_id = g.group_id \
    LEFT JOIN sys.databases AS d ON d.database_id = b.database_id \
    WHERE g.is_distributed = 1";

const SWEEP: &str = include_str!("../../sql/monitor/sweep.sql");

pub(crate) fn all() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(work());
}

async fn work() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = scenario::load("estate-500", &Options::default()).unwrap();
    let options = UpOptions {
        dir: dir.path().to_owned(),
        milink: PathBuf::from("milink"),
        now: milink::base::clock::TokioClock::system().now(),
        wire: Wire::Sockets,
    };
    let began = Instant::now();
    let lab = start::up(scenario, options).await.unwrap();
    println!("estate-500 up, 500 links connected: {:.2} s, {:.0} MiB", began.elapsed().as_secs_f64(), resident_mib());
    let (before, wall) = (processor_ms(), Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = (processor_ms() - before) as f64 / wall.elapsed().as_millis() as f64 * 100.0;
    println!("idle: {idle:.1} % of a core");
    for id in ["mi-a", "sql-a"] {
        let server = lab.record.server(id).unwrap();
        let admin = server.logins.iter().find(|l| l.sysadmin).unwrap();
        let access = Access {
            dialer: lab.dialer("bench"),
            tls: Tls::Unverified,
            user: admin.name.clone(),
            password: admin.password.clone(),
            program: "bench",
            timeout: Duration::from_secs(60),
        };
        let mut sql = client::connect(&access, &server.address, "master").await.unwrap();
        for (name, text) in [("DMV join", JOIN), ("sweep", SWEEP)] {
            let mut took = Vec::new();
            for _ in 0..20 {
                let began = Instant::now();
                client::batch(&mut sql, access.timeout, text).await.unwrap();
                took.push(began.elapsed());
            }
            took.sort_unstable();
            let ms = |at: usize| took[at].as_secs_f64() * 1000.0;
            println!("{name} on {id}: median {:.1} ms, worst {:.1} ms", ms(10), ms(19));
        }
        for set in SWEEP.split(";\n").filter(|p| p.contains("SELECT")) {
            let began = Instant::now();
            client::batch(&mut sql, access.timeout, set).await.unwrap();
            let from = set.split("FROM").nth(1).unwrap_or("clock").split_whitespace().next().unwrap_or_default();
            println!("    from {from}: {:.1} ms", began.elapsed().as_secs_f64() * 1000.0);
        }
    }
}
