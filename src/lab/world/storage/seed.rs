//! Seeding: a database's content as a stream of bytes and back.

use super::apply::SchemaOp;
use super::data::Data;
use super::objects::PropertyKey;
use crate::lab::tsql::value::Value;
use crate::lab::world::database::SeedImage;
use crate::lab::world::log::Op;
use crate::lab::world::lsn::Lsn;
use crate::lab::world::options::DatabaseOptions;
use time::OffsetDateTime;

/// One record of the stream. Ballast stands for pages the lab does not keep.
#[derive(serde::Serialize, serde::Deserialize)]
enum Record {
    Head {
        lsn: Lsn,
        options: Box<DatabaseOptions>,
        size_bytes: u64,
        last_commit_lsn: Lsn,
        last_commit_time: Option<OffsetDateTime>,
        last_row: u64,
        last_object: u32,
    },
    Op(Op),
    Identity {
        table: u32,
        last: i64,
    },
    Property(PropertyKey, String, Value),
    Ballast(#[serde(with = "super::bytes")] Vec<u8>),
    End,
}

/// Length prefix of a record.
const PREFIX: usize = 4;
/// Ballast travels in pieces of this size.
const BALLAST: u64 = 64 * 1024;
/// A copy larger than this is modelled: beyond its content and a little ballast, bytes are counted and take their time on the
/// line, but are not sent.
const MODELLED_FROM: u64 = 4 << 30;
/// What of a modelled copy is sent for true.
const SENT: u64 = 8 << 20;
/// Into so many pieces the rest is counted.
const STEPS: u64 = 200;

/// A part of a copy on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub bytes: Vec<u8>,
    /// Bytes that it stands for besides those it holds.
    pub unsent: u64,
}

impl Piece {
    /// What it counts for.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64 + self.unsent
    }
}

impl SeedImage {
    /// True if most of it is counted instead of sent.
    pub fn is_modelled(&self) -> bool {
        self.size_bytes > MODELLED_FROM
    }

    /// Real bytes of the content, then ballast, until about `size_bytes` have been sent or counted. Lazy: memory stays small.
    pub fn to_chunks(&self, chunk_bytes: usize) -> impl Iterator<Item = Piece> + Send + use<> {
        let unsent = if self.is_modelled() { self.size_bytes - SENT } else { 0 };
        let step = unsent.div_ceil(STEPS).max(1);
        let mut left = unsent;
        let counted = std::iter::from_fn(move || {
            let now = left.min(step);
            left -= now;
            (now > 0).then_some(Piece { bytes: Vec::new(), unsent: now })
        });
        let sent = self.sent(chunk_bytes, self.size_bytes - unsent).map(|bytes| Piece { bytes, unsent: 0 });
        counted.chain(sent)
    }

    fn sent(&self, chunk_bytes: usize, size: u64) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
        let image = self.clone();
        let mut records = records(image);
        let (mut buffer, mut produced, mut done) = (Vec::new(), 0u64, false);
        let want = chunk_bytes.max(1);
        std::iter::from_fn(move || {
            while buffer.len() < want && !done {
                let record = match records.next() {
                    Some(r) => r,
                    None if produced < size => Record::Ballast(vec![0xA5; (size - produced).min(BALLAST) as usize]),
                    None => {
                        done = true;
                        Record::End
                    }
                };
                let bytes = postcard::to_stdvec(&record).unwrap_or_default();
                buffer.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
                buffer.extend_from_slice(&bytes);
                produced += (bytes.len() + PREFIX) as u64;
            }
            if buffer.is_empty() {
                return None;
            }
            let rest = buffer.split_off(want.min(buffer.len()));
            Some(std::mem::replace(&mut buffer, rest))
        })
    }
}

fn records(image: SeedImage) -> impl Iterator<Item = Record> + Send {
    let head = Record::Head {
        lsn: image.lsn,
        options: Box::new(image.options.clone()),
        size_bytes: image.size_bytes,
        last_commit_lsn: image.last_commit_lsn,
        last_commit_time: image.last_commit_time,
        last_row: image.data.last_row,
        last_object: image.data.last_object,
    };
    let objects = objects(&image.data);
    let tables: Vec<_> = image.data.tables.values().cloned().collect();
    let rows = tables.into_iter().flat_map(|t| {
        let (def, last) = ((*t.def).clone(), t.last_identity);
        let id = def.id;
        std::iter::once(Record::Op(SchemaOp::PutTable(def).to_op()))
            .chain(
                t.rows
                    .into_iter()
                    .map(move |(row, values)| Record::Op(Op::Insert { table: id, row, values: values.to_vec() })),
            )
            .chain(last.map(|last| Record::Identity { table: id, last }))
    });
    std::iter::once(head).chain(objects).chain(rows)
}

fn objects(data: &Data) -> Vec<Record> {
    let mut ops: Vec<SchemaOp> = Vec::new();
    ops.extend(data.schemas.values().cloned().map(SchemaOp::PutSchema));
    ops.extend(data.principals.values().map(|p| SchemaOp::PutPrincipal((**p).clone())));
    ops.extend(data.role_members.iter().map(|(r, m)| SchemaOp::RoleMember { role: *r, member: *m, add: true }));
    ops.extend(data.grants.iter().cloned().map(SchemaOp::Grant));
    ops.extend(data.certificates.values().map(|c| SchemaOp::PutCertificate(Box::new((**c).clone()))));
    ops.extend(data.master_key.as_ref().map(|k| SchemaOp::MasterKey(Some((**k).clone()))));
    let properties = data.properties.iter().map(|(k, (n, v))| Record::Property(k.clone(), n.clone(), v.clone()));
    ops.iter().map(|o| Record::Op(o.to_op())).chain(properties).collect()
}

/// Puts an image together again from its chunks.
#[derive(Default)]
pub struct SeedAssembler {
    buffer: Vec<u8>,
    at: usize,
    image: Option<SeedImage>,
    complete: bool,
    error: Option<String>,
}

impl SeedAssembler {
    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
        while let Some(prefix) = self.buffer.get(self.at..self.at + PREFIX) {
            let len = prefix.iter().fold(0usize, |n, b| n << 8 | usize::from(*b));
            let start = self.at + PREFIX;
            let Some(bytes) = self.buffer.get(start..start + len) else { break };
            match postcard::from_bytes(bytes) {
                Ok(r) => self.take(r),
                Err(e) => self.error = Some(format!("record of {len} bytes: {e}")),
            }
            self.at = start + len;
        }
        self.buffer.drain(..self.at);
        self.at = 0;
    }
    /// The image, if the stream was whole.
    pub fn finish(self) -> Result<SeedImage, String> {
        match (self.error, self.complete, self.image) {
            (Some(e), _, _) => Err(e),
            (None, true, Some(image)) => Ok(image),
            _ => Err("the stream ended early".to_owned()),
        }
    }
    fn take(&mut self, record: Record) {
        if let Record::Head { lsn, options, size_bytes, last_commit_lsn, last_commit_time, last_row, last_object } =
            record
        {
            let data = Data { last_row, last_object, ..Data::default() };
            self.image =
                Some(SeedImage { lsn, data, options: *options, size_bytes, last_commit_lsn, last_commit_time });
            return;
        }
        let Some(image) = &mut self.image else {
            self.error = Some("the stream does not begin with a header".to_owned());
            return;
        };
        match record {
            Record::Op(op) => image.data.apply(&op),
            Record::Identity { table, last } => {
                if let Some(t) = image.data.tables.get_mut(&table) {
                    t.last_identity = Some(last);
                }
            }
            Record::Property(key, name, value) => {
                image.data.properties.insert(key, (name, value));
            }
            Record::End => self.complete = true,
            Record::Ballast(_) | Record::Head { .. } => {}
        }
    }
}
