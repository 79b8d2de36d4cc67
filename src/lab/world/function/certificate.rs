//! CERT_ID, CERTENCODED, CERTPROPERTY, CERTPRIVATEKEY.

use super::Call;
use super::identifier_parts;
use crate::lab::tsql::value::Value;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::values::IntoValue;
use crate::lab::world::values::datetime;
use crate::lab::world::values::variant;
use crate::lab::world::values::variant_text;

pub(super) fn value(c: &Call<'_>, s: &mut InstanceState, f: &str) -> Option<Value> {
    if !f.starts_with("cert") {
        return None;
    }
    let data = s.view(c.cx.spid, &c.cx.database)?;
    let by_id = |at| c.int(at).and_then(|id| data.certificates.get(&id).cloned());
    Some(match f {
        "cert_id" => {
            let name = c.text(0).map(|t| identifier_parts(&t).pop().unwrap_or_default());
            name.and_then(|n| data.certificate(&n).map(|x| x.id)).v()
        }
        "certencoded" => by_id(0).map(|x| x.der.clone()).v(),
        // The lab does not write the PVK format: as without access to the key.
        "certprivatekey" => Value::Null,
        "certproperty" => {
            let Some(x) = by_id(0) else { return Some(Value::Null) };
            match c.text(1).unwrap_or_default().to_lowercase().as_str() {
                "expiry_date" => variant(datetime(x.expiry)),
                "start_date" => variant(datetime(x.start)),
                "issuer_name" => variant_text(&x.issuer),
                "subject" => variant_text(&x.subject),
                "cert_serial_number" => {
                    let hex: Vec<String> = x.serial.iter().map(|b| format!("{b:02x}")).collect();
                    variant_text(hex.join(" "))
                }
                "sid" => {
                    let mut sid = vec![1, 6, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0];
                    sid.extend_from_slice(&x.thumbprint);
                    variant(sid.v())
                }
                _ => Value::Null,
            }
        }
        _ => return None,
    })
}
