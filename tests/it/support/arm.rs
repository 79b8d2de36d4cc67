//! Azure's side of a running lab, changed from outside as any other tool would.

use super::lab::Lab;
use milink::arm::HttpTransport;
use milink::arm::Transport;
use milink::arm::transport::HttpOptions;
use milink::arm::transport::Method;
use milink::arm::transport::Request;
use serde_json::Value;

/// `path` is what follows `…/providers/` in the lab's resource group, with its api-version; an empty body is none.
pub fn send(lab: &Lab, method: Method, path: &str, body: &str) -> Result<Value, String> {
    let group = lab.record()["arm"]["resource_group"].as_str().unwrap().to_owned();
    send_in(lab, &group, method, path, body)
}

/// The same in another resource group.
pub fn send_in(lab: &Lab, group: &str, method: Method, path: &str, body: &str) -> Result<Value, String> {
    let record = lab.record();
    let word = |key: &str| record["arm"][key].as_str().unwrap().to_owned();
    let url = format!(
        "{}/subscriptions/{}/resourceGroups/{}/providers/{path}",
        word("endpoint"),
        word("subscription"),
        group
    );
    let options = HttpOptions { roots: vec![lab.path("ca.pem")], ..HttpOptions::default() };
    let request = Request {
        method,
        url,
        headers: vec![("content-type", "application/json".to_owned())],
        bearer: Some(milink::base::redact::secret(word("token"))),
        body: (!body.is_empty()).then(|| serde_json::from_str(body).unwrap()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let transport = HttpTransport::new(&options).map_err(|e| e.to_string())?;
    let answer = runtime.block_on(transport.send(request)).map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.is_success() {
        return Ok(serde_json::from_str(&text).unwrap_or(Value::Null));
    }
    Err(format!("{method} {path}: {} {text}", answer.status))
}
