//! `sys.fn_dblog`: the records of a log. The lab keeps one block a commit; each shows as its begin and its end.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::world::log::LogBlock;
use crate::lab::world::lsn::Lsn;
use crate::lab::world::values;
use time::OffsetDateTime;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    if view != "sys.fn_dblog" {
        return None;
    }
    let edge = |at: usize| c.args.get(at).and_then(values::text).and_then(|t| place(&t));
    let (from, to) = (edge(0).unwrap_or_default(), edge(1).unwrap_or(Lsn::MAX));
    let blocks = c.db.log.iter().filter(|b| b.lsn >= from && b.lsn <= to);
    Some(blocks.flat_map(|b| records(c, b)).collect())
}

/// `0x00000025:00000158:0001`, or the same in decimals without the prefix.
fn place(text: &str) -> Option<Lsn> {
    let (digits, radix) = match text.trim().strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None => (text.trim(), 10),
    };
    let mut parts = digits.split(':').map(|p| u32::from_str_radix(p, radix).ok());
    let (file, block, slot) = (parts.next()??, parts.next()??, parts.next()??);
    Some(Lsn { file, block, slot: u16::try_from(slot).ok()? })
}

fn records(c: &Ctx<'_>, b: &LogBlock) -> Vec<ViewRow> {
    let last = Lsn { slot: u16::try_from(b.ops.len() + 2).unwrap_or(u16::MAX), ..b.lsn };
    if !b.user {
        let of = |lsn: Lsn, operation: &'static str| {
            row! {
                "Current LSN" => lsn.to_string(), "Operation" => operation, "Context" => "LCX_NULL",
                "Transaction ID" => "0000:00000000",
            }
        };
        return vec![of(b.lsn, "LOP_BEGIN_CKPT"), of(last, "LOP_END_CKPT")];
    }
    let transaction = format!("0000:{:08x}", b.lsn.block);
    let ended = OffsetDateTime::from_unix_timestamp_nanos(b.commit_time * 100).ok().map(|t| {
        let (date, time) = (t.date(), t.time());
        let (h, m, s, ms) = time.as_hms_milli();
        format!("{}/{:02}/{:02} {h:02}:{m:02}:{s:02}:{ms:03}", date.year(), u8::from(date.month()), date.day())
    });
    let sid = c.state.sessions.get(b.spid).map(|s| s.sid.clone());
    vec![
        row! {
            "Current LSN" => b.lsn.to_string(), "Operation" => "LOP_BEGIN_XACT", "Context" => "LCX_NULL",
            "Transaction ID" => &transaction, "Transaction Name" => "user_transaction",
            "SPID" => i16::try_from(b.spid).ok(), "Begin Time" => ended.clone(), "Transaction SID" => sid,
        },
        row! {
            "Current LSN" => last.to_string(), "Operation" => "LOP_COMMIT_XACT", "Context" => "LCX_NULL",
            "Transaction ID" => &transaction, "End Time" => ended,
        },
    ]
}
