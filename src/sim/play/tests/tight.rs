//! Writers that come back in a tight loop all night, past every kind of bar, and never learn that the database has moved. What
//! they were told was written counts as any commit: one that gets in after the fence is a lost one.

use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Result;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::lab::workload::alias::Address;
use crate::lab::workload::client;
use crate::lab::workload::client::Access;
use crate::lab::workload::ledger::Outcome;
use crate::lab::workload::ledger::Record;
use crate::sim::play::estate::Estate;
use crate::sim::play::estate::small;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Blows;
use crate::sim::play::faults::Place;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

const PASSWORD: &str = "Long#enough1";
/// A try every so often: tight, and still time passes.
const TRY_EVERY: Duration = Duration::from_millis(25);
/// Longest virtual time of a cutover under such a siege.
const CUTOVER_MAX: Duration = Duration::from_secs(60);

fn access(estate: &Estate, user: &str, password: &str) -> Access {
    let mut access = estate.lab.application().unwrap();
    user.clone_into(&mut access.user);
    password.clone_into(&mut access.password);
    access.program = "tight";
    access
}

fn place(estate: &Estate, server: &str) -> Address {
    estate.lab.record.addresses()[server].clone()
}

/// As the administrator of a server.
async fn admin(estate: &Estate, server: &str, database: &str, text: &str) {
    let record = estate.lab.record.server(server).unwrap();
    let login = record.logins.iter().find(|l| l.sysadmin).unwrap();
    let who = access(estate, &login.name, &login.password);
    let mut sql = client::connect(&who, &place(estate, server), database).await.unwrap();
    if let Err(e) = client::batch(&mut sql, who.timeout, text).await {
        panic!("{server}: {text}: {e}");
    }
}

/// One way to get in.
struct Way {
    writer: u32,
    who: Access,
    /// Where its session sits.
    database: &'static str,
    /// A session of its own for every try, or one as long as it lives.
    again: bool,
}

impl Way {
    /// Writes on the source for ever.
    async fn go(&self, estate: &Estate, done: &AtomicI64) {
        let (address, mut session, mut seq) = (place(estate, "sql-a"), None, 0_i64);
        loop {
            pause(TRY_EVERY).await;
            let mut sql = match session.take() {
                Some(open) => open,
                None => match client::connect(&self.who, &address, self.database).await {
                    Ok(sql) => sql,
                    Err(_) => continue,
                },
            };
            seq += 1;
            let insert = format!(
                "INSERT INTO ledger.dbo.entry (entry_id, writer, seq, amount, note) VALUES (NEWID(), {}, {seq}, 0, N'tight')",
                self.writer
            );
            if client::batch(&mut sql, self.who.timeout, &insert).await.is_ok() {
                done.fetch_add(1, Ordering::SeqCst);
                let record = Record {
                    writer: self.writer,
                    seq,
                    database: "ledger".to_owned(),
                    server: "sql-a".to_owned(),
                    listener: None,
                    outcome: Outcome::Acknowledged,
                    at_us: estate.lab.elapsed_us(),
                    wall: String::new(),
                };
                estate.lab.ledger.record(record).unwrap();
                if !self.again {
                    session = Some(sql);
                }
            }
        }
    }
}

struct Night {
    estate: Estate,
    operator: Operator,
    ways: Vec<Way>,
    /// Commits of each way.
    done: [AtomicI64; 4],
}

async fn evening(scenario: &str, clock: SharedClock) -> Result<Night> {
    let mut estate = Estate::up(small(scenario, 1)?, clock).await?;
    for server in ["sql-a", "mi-a"] {
        admin(&estate, server, "master", "EXEC sp_configure N'contained database authentication', 1; RECONFIGURE")
            .await;
    }
    admin(&estate, "sql-a", "master", "ALTER DATABASE ledger SET CONTAINMENT = PARTIAL WITH NO_WAIT").await;
    let user = format!("CREATE USER inside WITH PASSWORD = N'{PASSWORD}'");
    admin(&estate, "sql-a", "ledger", &user).await;
    admin(&estate, "sql-a", "ledger", "ALTER ROLE db_owner ADD MEMBER inside").await;
    // A login that has no user: guest is its way in.
    admin(&estate, "sql-a", "master", &format!("CREATE LOGIN passer_by WITH PASSWORD = N'{PASSWORD}'")).await;
    admin(&estate, "sql-a", "ledger", "GRANT CONNECT TO guest").await;
    admin(&estate, "sql-a", "ledger", "GRANT INSERT ON dbo.entry TO guest").await;
    let operator = Operator::new("laptop-a", &estate);
    estate.start_writers()?;
    operator.create(&estate).await?;
    let login = estate.lab.application().unwrap();
    let (app, inside) = (|| login.clone(), access(&estate, "inside", PASSWORD));
    let ways = vec![
        Way { writer: 9101, who: inside, database: "ledger", again: true },
        Way { writer: 9102, who: app(), database: "ledger", again: true },
        // As a linked server or a report does: its session is at rest in another database.
        Way { writer: 9103, who: app(), database: "master", again: false },
        Way { writer: 9104, who: access(&estate, "passer_by", PASSWORD), database: "master", again: false },
    ];
    Ok(Night { estate, operator, ways, done: Default::default() })
}

impl Night {
    fn written(&self) -> Vec<i64> {
        self.done.iter().map(|n| n.load(Ordering::SeqCst)).collect()
    }

    /// Every way gets commits in.
    async fn all_write(&self) {
        let before = self.written();
        for _ in 0..2_000 {
            if self.written().iter().zip(&before).all(|(now, then)| now > then) {
                return;
            }
            pause(Duration::from_millis(20)).await;
        }
        panic!("not all write: {before:?}, then {:?}", self.written());
    }

    /// Does `work` while all of them write.
    async fn beset<T>(&self, work: impl Future<Output = T>) -> T {
        let ways = async {
            let loops = self.ways.iter().zip(&self.done).map(|(way, done)| way.go(&self.estate, done));
            futures_util::future::join_all(loops).await
        };
        tokio::select! {
            biased;
            done = work => done,
            _ = ways => unreachable!("they never end"),
        }
    }
}

async fn moves(scenario: &str, clock: SharedClock) -> Result<()> {
    let mut night = evening(scenario, clock).await?;
    night
        .beset(async {
            night.all_write().await;
            let calm = Blows::none() as Arc<dyn Mortal>;
            let gate = Gate::default();
            let run = night.operator.cutover(&night.estate, &calm, &gate, Cancel::new());
            let Some(fate) = within(CUTOVER_MAX, run).await else {
                panic!("it does not end\n{}", night.estate.trace.lines().join("\n"));
            };
            assert!(matches!(fate, Fate::Committed), "{}\n{}", fate.word(), night.estate.trace.lines().join("\n"));
            let end = night.written();
            pause(Duration::from_secs(20)).await;
            assert_eq!(night.written(), end, "somebody still writes on the old copy");
        })
        .await;
    // On the target they are let in as they were on the source.
    let insert = "INSERT INTO dbo.entry (entry_id, writer, seq, amount, note) VALUES (NEWID(), 9201, 1, 0, N'home')";
    let inside = access(&night.estate, "inside", PASSWORD);
    let mut sql = client::connect(&inside, &place(&night.estate, "mi-a"), "ledger").await.unwrap();
    client::batch(&mut sql, inside.timeout, insert).await.unwrap();
    night.estate.until_written(4).await?;
    night.estate.lab.stop_writers().await;
    let report = night.estate.judge().await?;
    assert!(report.ok, "{:#?}", report.reasons);
    assert_eq!((report.lost, report.max_writable_copies), (Some(0), 1));
    Ok(())
}

async fn goes_back(scenario: &str, clock: SharedClock) -> Result<()> {
    let mut night = evening(scenario, clock).await?;
    night
        .beset(async {
            night.all_write().await;
            let place = Place { step: "cutover.switch/ledger".to_owned(), point: Point::BeforeIntent, nth: 0 };
            let blow = Blows::new(vec![(place, Blow::Fail)]) as Arc<dyn Mortal>;
            let gate = Gate::default();
            let run = night.operator.cutover(&night.estate, &blow, &gate, Cancel::new());
            let Some(fate) = within(CUTOVER_MAX, run).await else {
                panic!("it does not end\n{}", night.estate.trace.lines().join("\n"));
            };
            assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
            night.all_write().await;
        })
        .await;
    night.estate.lab.stop_writers().await;
    let report = night.estate.judge().await?;
    assert!(report.ok, "{:#?}", report.reasons);
    Ok(())
}

#[test]
fn get_no_commit_in_behind_a_one_way_fence() {
    play(31, |clock| moves("migrate-2019", clock)).unwrap();
}

#[test]
fn get_no_commit_in_behind_a_two_way_fence() {
    play(32, |clock| moves("two-way-2022", clock)).unwrap();
}

#[test]
fn write_again_when_the_run_goes_back() {
    play(33, |clock| goes_back("migrate-2019", clock)).unwrap();
}
