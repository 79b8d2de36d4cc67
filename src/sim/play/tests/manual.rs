//! A cutover whose statements somebody else runs, as they are shown and nothing else.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::hand::Asked;
use crate::effects::hand::Hand;
use crate::journal::record::Record;
use crate::lab::workload::alias::Address;
use crate::lab::workload::client;
use crate::lab::workload::client::Access;
use crate::sim::play::case::settle;
use crate::sim::play::catalogue;
use crate::sim::play::estate::Estate;
use crate::sim::play::estate::small;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

/// Somebody with a tool of their own.
struct Dba {
    who: BTreeMap<String, (Access, Address)>,
    asked: Mutex<Vec<Asked>>,
    /// Says that the first request of this step is done, and has not done it.
    forgets: Mutex<Option<&'static str>>,
    /// Walks away when it is asked for such a statement.
    leaves_at: Option<&'static str>,
}

#[async_trait]
impl Hand for Dba {
    async fn please(&self, asked: &Asked) -> Result<()> {
        self.asked.lock().unwrap().push(asked.clone());
        if self.leaves_at.is_some_and(|word| asked.statements.iter().any(|s| s.contains(word))) {
            return Err(Error::new(Kind::Interrupted, "gone home"));
        }
        if self.forgets.lock().unwrap().take_if(|step| *step == asked.step.kind()).is_some() {
            return Ok(());
        }
        let (who, place) = &self.who[asked.site.as_str()];
        let mut sql = client::connect(who, place, "master").await.map_err(|e| Error::bug(e.to_string()))?;
        for statement in &asked.statements {
            client::batch(&mut sql, who.timeout, statement)
                .await
                .map_err(|e| Error::bug(format!("{statement}: {e}")))?;
        }
        Ok(())
    }
}

fn dba(estate: &Estate, forgets: Option<&'static str>, leaves_at: Option<&'static str>) -> Arc<Dba> {
    let mut who = BTreeMap::new();
    for server in &estate.lab.record.servers {
        let admin = server.logins.iter().find(|l| l.sysadmin).unwrap();
        let mut access = estate.lab.application().unwrap();
        access.user.clone_from(&admin.name);
        access.password.clone_from(&admin.password);
        access.program = "SQLCMD";
        who.insert(server.id.clone(), (access, estate.lab.record.addresses()[&server.id].clone()));
    }
    Arc::new(Dba { who, asked: Mutex::default(), forgets: Mutex::new(forgets), leaves_at })
}

async fn evening(clock: crate::base::clock::SharedClock) -> Result<(Estate, Operator)> {
    let mut estate = Estate::up(small("two-way-2022", 1)?, clock).await?;
    let operator = Operator::new("laptop-a", &estate);
    estate.start_writers()?;
    operator.create(&estate).await?;
    estate.until_written(3).await?;
    Ok((estate, operator))
}

/// Everything that was changed by milink itself, by the kind of its statement.
fn own_changes(operator: &Operator) -> Vec<String> {
    let run = operator.journal.runs().unwrap().into_iter().find(|r| r.as_str().starts_with("cutover")).unwrap();
    let records = operator.journal.records(&run).unwrap();
    let by_hand: Vec<_> = records
        .iter()
        .filter_map(|r| match &r.record {
            Record::Evidence { name, value, .. } if name == "by_hand" => value.as_array().cloned(),
            _ => None,
        })
        .flatten()
        .map(|v| v.as_str().unwrap_or_default().to_owned())
        .collect();
    let intents = records.iter().filter_map(|r| match &r.record {
        Record::Intent { step, script, shown, .. } if step.kind() != "cutover.canary" => {
            Some((script.clone(), shown.clone()))
        }
        _ => None,
    });
    let mine = intents.filter(|(_, shown)| !by_hand.iter().any(|hand| shown.contains(hand.as_str())));
    mine.map(|(script, _)| script).collect()
}

#[test]
fn the_statements_as_shown_move_a_database() {
    play(51, |clock| async move {
        let (mut estate, operator) = evening(clock).await?;
        let dba = dba(&estate, None, None);
        let fate = operator.cutover_by_hand(&estate, dba.clone()).await;
        assert!(matches!(fate, Fate::Committed), "{}", fate.word());
        let steps: Vec<String> = dba.asked.lock().unwrap().iter().map(|a| a.step.kind().to_owned()).collect();
        for wanted in ["cutover.fence", "cutover.switch", "cutover.open", "cutover.release_source"] {
            assert!(steps.iter().any(|s| s == wanted), "{wanted} was not asked for: {steps:?}");
        }
        let own = own_changes(&operator);
        let allowed = |s: &String| ["lease.", "fence.", "claim."].iter().any(|own| s.starts_with(own));
        assert!(own.iter().all(allowed), "{own:?}");
        assert!(settle(&mut estate, &operator, &fate).await?);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_was_said_to_be_done_and_was_not_is_asked_for_again() {
    for step in ["cutover.fence", "cutover.open"] {
        play(52, |clock| async move {
            let (mut estate, operator) = evening(clock).await?;
            let dba = dba(&estate, Some(step), None);
            let fate = operator.cutover_by_hand(&estate, dba.clone()).await;
            assert!(matches!(fate, Fate::Committed), "{step}: {}", fate.word());
            let asked = dba.asked.lock().unwrap().iter().filter(|a| a.step.kind() == step).cloned().collect::<Vec<_>>();
            let first = asked[0].statements.clone();
            assert!(asked[1..].iter().any(|again| again.statements == first), "{step}: {asked:?}");
            assert!(settle(&mut estate, &operator, &fate).await?);
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn no_go_before_the_switch_takes_everything_back() {
    play(54, |clock| async move {
        let (estate, operator) = evening(clock).await?;
        let before = catalogue::picture(&estate);
        let dba = dba(&estate, None, Some("-- go or no-go"));
        let fate = operator.cutover_by_hand(&estate, dba.clone()).await;
        assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
        assert!(!dba.asked.lock().unwrap().iter().any(|a| a.statements[0].contains("FAILOVER")), "it was asked for");
        catalogue::as_before(&estate, &before).await?;
        estate.until_written(3).await
    })
    .unwrap();
}

#[test]
fn going_back_is_by_hand_too_and_compared() {
    play(53, |clock| async move {
        let (estate, operator) = evening(clock).await?;
        let before = catalogue::picture(&estate);
        // The logins are shut by then; sessions are left.
        let dba = dba(&estate, None, Some("KILL"));
        let fate = operator.cutover_by_hand(&estate, dba.clone()).await;
        assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
        let asked = dba.asked.lock().unwrap().clone();
        let said: Vec<_> = asked.iter().flat_map(|a| a.statements.clone()).collect();
        for wanted in ["DISABLE", "KILL", "ENABLE"] {
            assert!(said.iter().any(|s| s.contains(wanted)), "{wanted}: {said:?}");
        }
        catalogue::as_before(&estate, &before).await?;
        estate.until_written(3).await
    })
    .unwrap();
}
