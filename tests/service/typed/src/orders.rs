//! Takes orders.

use std::collections::BTreeMap;
use std::sync::Mutex;

use acme_contracts::order::v1::{
    CancelOrderRequest, CancelOrderResponse, GetOrderRequest, GetOrderResponse, Order, OrderStatus, PlaceOrderRequest,
    PlaceOrderResponse, WatchOrderRequest, WatchOrderResponse, order_service_server,
};
use futures_util::StreamExt as _;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tonic::{Request, Response, Status};

use crate::Answers;

/// Orders by id, each with its latest state.
#[derive(Default)]
pub struct Orders(Mutex<BTreeMap<String, watch::Sender<Order>>>);

impl Orders {
    fn with<T>(&self, id: &str, act: impl FnOnce(&watch::Sender<Order>) -> T) -> Result<T, Status> {
        let orders = self.0.lock().expect("nobody panics");
        orders.get(id).map(act).ok_or_else(|| Status::not_found(format!("no order `{id}`")))
    }
}

#[tonic::async_trait]
impl order_service_server::OrderService for Orders {
    async fn place_order(
        &self,
        request: Request<PlaceOrderRequest>,
    ) -> Result<Response<PlaceOrderResponse>, Status> {
        let PlaceOrderRequest { request_id, order } = request.into_inner();
        let mut order = order.ok_or_else(|| crate::missing("order"))?;
        if request_id.is_empty() {
            return Err(crate::missing("request_id"));
        }
        // The same request makes the same order.
        order.order_id = format!("order-{request_id}");
        order.set_status(OrderStatus::Placed);
        let mut orders = self.0.lock().expect("nobody panics");
        let kept = orders.entry(order.order_id.clone()).or_insert_with(|| watch::Sender::new(order));
        let order = kept.borrow().clone();
        Ok(Response::new(PlaceOrderResponse { order: Some(order) }))
    }

    async fn get_order(&self, request: Request<GetOrderRequest>) -> Result<Response<GetOrderResponse>, Status> {
        let order = self.with(&request.into_inner().order_id, |o| o.borrow().clone())?;
        Ok(Response::new(GetOrderResponse { order: Some(order) }))
    }

    type WatchOrderStream = Answers<WatchOrderResponse>;

    async fn watch_order(
        &self,
        request: Request<WatchOrderRequest>,
    ) -> Result<Response<Self::WatchOrderStream>, Status> {
        let receiver = self.with(&request.into_inner().order_id, watch::Sender::subscribe)?;
        let states = WatchStream::new(receiver)
            .map(|order| Ok(WatchOrderResponse { order_id: order.order_id, status: order.status }));
        Ok(Response::new(Box::pin(states)))
    }

    async fn cancel_order(
        &self,
        request: Request<CancelOrderRequest>,
    ) -> Result<Response<CancelOrderResponse>, Status> {
        let order = self.with(&request.into_inner().order_id, |kept| {
            kept.send_modify(|order| order.set_status(OrderStatus::Cancelled));
            kept.borrow().clone()
        })?;
        Ok(Response::new(CancelOrderResponse { order: Some(order) }))
    }
}
