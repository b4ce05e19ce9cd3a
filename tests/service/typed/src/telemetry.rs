//! Takes measurements and passes them on.

use acme_contracts::telemetry::v1::negotiate_request::Message;
use acme_contracts::telemetry::v1::{
    Batch, NegotiateRequest, NegotiateResponse, ReportRequest, ReportResponse, SubscribeRequest, SubscribeResponse,
    telemetry_service_server,
};
use futures_util::{StreamExt as _, stream};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tonic::{Request, Response, Status, Streaming};

use crate::{Answers, ROOM};

/// What comes in goes out to whoever listens.
pub struct Telemetry {
    batches: broadcast::Sender<Batch>,
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry { batches: broadcast::Sender::new(ROOM) }
    }
}

#[tonic::async_trait]
impl telemetry_service_server::TelemetryService for Telemetry {
    async fn report(
        &self,
        request: Request<Streaming<ReportRequest>>,
    ) -> Result<Response<ReportResponse>, Status> {
        let mut requests = request.into_inner();
        let mut response = ReportResponse::default();
        let mut index = 0;
        while let Some(request) = requests.message().await? {
            let batch = request.batch.unwrap_or_default();
            if batch.values.len() == batch.time_offsets.len() {
                response.accepted_points += batch.values.len() as u64;
                // Nobody may be listening.
                let _ = self.batches.send(batch);
            } else {
                response.rejected_batches.insert(index, batch.values.len() as u64);
            }
            index += 1;
        }
        Ok(Response::new(response))
    }

    type SubscribeStream = Answers<SubscribeResponse>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let prefixes = request.into_inner().name_prefixes;
        let wanted = move |batch: &Batch| {
            let name = batch.series.as_ref().map_or("", |s| &s.name);
            prefixes.is_empty() || prefixes.iter().any(|p| name.starts_with(p))
        };
        let batches = BroadcastStream::new(self.batches.subscribe()).filter_map(move |batch| {
            let answer = match batch {
                Ok(batch) => wanted(&batch).then(|| Ok(SubscribeResponse { batch: Some(batch) })),
                Err(_) => Some(Err(Status::data_loss("the reader is too slow"))),
            };
            std::future::ready(answer)
        });
        Ok(Response::new(Box::pin(batches)))
    }

    type NegotiateStream = Answers<NegotiateResponse>;

    async fn negotiate(
        &self,
        request: Request<Streaming<NegotiateRequest>>,
    ) -> Result<Response<Self::NegotiateStream>, Status> {
        let state = (request.into_inner(), NegotiateResponse { interval: None, max_points: 100 });
        let answers = stream::unfold(state, |(mut requests, mut terms)| async move {
            match requests.message().await {
                Ok(Some(NegotiateRequest { message })) => {
                    match message {
                        Some(Message::ShortestInterval(interval)) => terms.interval = Some(interval),
                        Some(Message::Batch(batch)) => terms.max_points = batch.values.len() as u32,
                        None => {}
                    }
                    Some((Ok(terms.clone()), (requests, terms)))
                }
                Ok(None) => None,
                Err(status) => Some((Err(status), (requests, terms))),
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}
