//! The driver's ear: hands on what other terminals order.

use super::desk::Desk;
use super::desk::Orders;
use crate::base::clock::pause;
use crate::engine::steering::Steering;
use std::convert::Infallible;
use std::time::Duration;

/// How soon an order is heard.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Hands on the orders that stand now; gives them back.
pub fn hear(desk: &Desk, steering: &Steering) -> Option<Orders> {
    // A folder that cannot be read now is looked at again: it must not stop a run.
    let orders = desk.orders().ok()?;
    match &orders.hold {
        Some(by) => steering.hold.ask(by),
        None => steering.hold.release(),
    }
    if orders.abort.is_some() {
        steering.cancel.request();
    }
    Some(orders)
}

/// Hands on orders until it is dropped.
pub async fn listen(desk: &Desk, steering: &Steering) -> Infallible {
    loop {
        pause(LOOK_EVERY).await;
        hear(desk, steering);
    }
}
