//! Events in, tokens out: DONE flavours, MORE bits, order.

use super::stub::COLLATION;
use crate::lab::tds::backend::Event;
use crate::lab::tds::backend::RpcCall;
use crate::lab::tds::backend::RpcName;
use crate::lab::tds::backend::RpcParam;
use crate::lab::tds::response::Answer;
use crate::lab::tds::response::Dialect;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use bytes::BytesMut;

fn dialect() -> Dialect {
    Dialect { server: "S".to_owned(), collation: COLLATION }
}

fn done(count: Option<u64>, error: bool) -> Event {
    Event::Done { count, command: 0xC3, error }
}

fn call(params: &[(&str, bool)]) -> RpcCall {
    let params = params.iter().map(|(name, output)| RpcParam {
        name: (*name).to_owned(),
        output: *output,
        default: false,
        ty: Some(SqlType::Int),
        value: Value::Null,
    });
    RpcCall { procedure: RpcName::Id(10), params: params.collect() }
}

/// The DONE family, RETURNSTATUS, RETURNVALUE (by ordinal), ERROR and ENVCHANGE of an answer, readably.
fn tokens(mut answer: Answer, events: Vec<Event>, more: bool) -> Vec<String> {
    let mut out = BytesMut::new();
    for event in events {
        answer.put(&mut out, event, &dialect());
    }
    answer.finish(&mut out, more, &dialect());
    read(&out)
}

fn read(mut rest: &[u8]) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(token) = rest.first() {
        let length = match token {
            0xFD..=0xFF => 13,
            0x79 => 5,
            // Ordinal, name, status, user type, flags, INTN(4), value of 4 bytes.
            0xAC => 4 + usize::from(rest[3]) * 2 + 1 + 6 + 2 + 5,
            _ => 3 + usize::from(u16::from_le_bytes([rest[1], rest[2]])),
        };
        let (token, tail) = rest.split_at(length);
        seen.push(match token[0] {
            0xFD => format!("done {:02x}", token[1]),
            0xFE => format!("proc {:02x}", token[1]),
            0xFF => format!("inproc {:02x}", token[1]),
            0x79 => format!("status {}", token[1]),
            0xAC => format!("value {}", token[1]),
            0xE3 => format!("env {}", token[3]),
            0xAA => "error".to_owned(),
            0xAB => "info".to_owned(),
            other => format!("{other:02x}"),
        });
        rest = tail;
    }
    seen
}

#[test]
fn all_but_the_last_done_of_a_batch_say_more() {
    let events = vec![done(Some(3), false), done(None, false), done(Some(0), false)];
    assert_eq!(tokens(Answer::to_batch(), events, false), ["done 11", "done 01", "done 10"]);
    assert_eq!(tokens(Answer::to_batch(), vec![], false), ["done 00"]);
}

#[test]
fn an_error_marks_the_done_that_follows_even_where_the_engine_forgot() {
    let error = || Event::Message(SqlError::new(208, 16, "x"));
    let events = vec![error(), done(None, false), done(None, false)];
    assert_eq!(tokens(Answer::to_batch(), events, false), ["error", "done 03", "done 00"]);
    let events = vec![done(None, false), error()];
    assert_eq!(tokens(Answer::to_batch(), events, false), ["done 01", "error", "done 02"]);
    let info = Event::Message(SqlError::new(0, 0, "hello"));
    assert_eq!(tokens(Answer::to_batch(), vec![info, done(None, false)], false), ["info", "done 00"]);
}

#[test]
fn a_procedure_in_a_batch_ends_in_doneproc() {
    let events = vec![Event::ReturnStatus(0), done(None, false), done(None, false)];
    assert_eq!(tokens(Answer::to_batch(), events, false), ["status 0", "proc 01", "done 00"]);
    assert_eq!(tokens(Answer::to_batch(), vec![Event::ReturnStatus(4)], false), ["status 4", "proc 00"]);
}

#[test]
fn a_call_ends_in_status_values_and_doneproc_whatever_the_order_of_events() {
    let value = |name: &str| Event::ReturnValue { name: name.to_owned(), ty: SqlType::Int, value: Value::Int(1) };
    let events = vec![value("@B"), value("handle"), Event::ReturnStatus(9), done(Some(1), false)];
    let answer = Answer::to_call(&call(&[("@handle", true), ("stmt", false), ("@b", true)]));
    assert_eq!(tokens(answer, events, true), ["inproc 11", "status 9", "value 2", "value 0", "proc 01"]);
    let unnamed = Answer::to_call(&call(&[("", false), ("", true)]));
    assert_eq!(tokens(unnamed, vec![value("")], false), ["status 0", "value 1", "proc 00"]);
}

#[test]
fn a_cut_answer_still_tells_what_changed() {
    let mut answer = Answer::to_batch();
    let mut out = BytesMut::new();
    answer.put(&mut out, done(None, false), &dialect());
    let rest = vec![done(None, false), Event::TransactionBegun(5), Event::Message(SqlError::new(1, 16, "x"))];
    answer.cut(&mut out, rest.into_iter(), &dialect());
    assert_eq!(read(&out), ["done 01", "env 8", "done 00"]);
}

#[test]
fn transaction_changes_carry_the_descriptor_as_new_or_old_value() {
    let mut answer = Answer::to_batch();
    let mut out = BytesMut::new();
    answer.put(&mut out, Event::TransactionBegun(5), &dialect());
    answer.put(&mut out, Event::TransactionRolledBack(5), &dialect());
    let id = 5_u64.to_le_bytes();
    let begun = [&[0xE3, 11, 0, 8, 8][..], &id, &[0]].concat();
    let back = [&[0xE3, 11, 0, 10, 0, 8][..], &id].concat();
    assert_eq!(out[..], [begun, back].concat());
}
