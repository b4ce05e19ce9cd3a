//! The SDK's clients against the typed server and, where `SERVED` names one, against `protopact serve` of the same
//! contract: its samples have to be messages to everybody.

use acme_contracts::chat::v1::chat_message::Content;
use acme_contracts::chat::v1::chat_service_client::ChatServiceClient;
use acme_contracts::chat::v1::converse_request::Action;
use acme_contracts::chat::v1::converse_response::Update;
use acme_contracts::chat::v1::send_file_request::{Header, Part};
use acme_contracts::chat::v1::{ConverseRequest, OpenRoomRequest, ReadRoomRequest, SendFileRequest};
use acme_contracts::greeter::v1::SayHelloRequest;
use acme_contracts::greeter::v1::greeter_client::GreeterClient;
use acme_contracts::order::v1::order_service_client::OrderServiceClient;
use acme_contracts::order::v1::{
    CancelOrderRequest, Order, OrderStatus, PlaceOrderRequest, WatchOrderRequest,
};
use acme_contracts::telemetry::v1::telemetry_service_client::TelemetryServiceClient;
use acme_contracts::telemetry::v1::{
    Batch, NegotiateRequest, ReportRequest, Series, SubscribeRequest, negotiate_request::Message,
};
use acme_contracts::user::v1::user_service_client::UserServiceClient;
use acme_contracts::user::v1::{GetUserRequest, UpdateUserRequest, UserInfo};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

async fn server() -> Channel {
    let (address, serving) = typed::serve(std::future::pending()).await.unwrap();
    tokio::spawn(serving);
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

#[tokio::test]
async fn greetings() {
    let mut client = GreeterClient::new(server().await);
    let hello = client.say_hello(SayHelloRequest { name: "Ada".to_owned() }).await.unwrap().into_inner();
    assert_eq!(hello.message, "Hello, Ada!");
    let status = client.say_hello(SayHelloRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn users() {
    let mut client = UserServiceClient::new(server().await);
    let get = GetUserRequest { user_id: "u1".to_owned() };
    assert_eq!(client.get_user(get.clone()).await.unwrap_err().code(), Code::NotFound);
    let user = UserInfo { user_id: "u1".to_owned(), name: "Ada".to_owned(), age: 36, ..UserInfo::default() };
    client.update_user(UpdateUserRequest { user: Some(user.clone()), update_mask: None }).await.unwrap();
    assert_eq!(client.get_user(get).await.unwrap().into_inner().user, Some(user));
}

#[tokio::test]
async fn orders() {
    let mut client = OrderServiceClient::new(server().await);
    let place = PlaceOrderRequest { request_id: "7".to_owned(), order: Some(Order::default()) };
    let order_id = client.place_order(place).await.unwrap().into_inner().order.unwrap().order_id;
    let watch = WatchOrderRequest { order_id: order_id.clone() };
    let mut states = client.watch_order(watch).await.unwrap().into_inner();
    assert_eq!(states.message().await.unwrap().unwrap().status(), OrderStatus::Placed);
    client.cancel_order(CancelOrderRequest { order_id, reason: None }).await.unwrap();
    assert_eq!(states.message().await.unwrap().unwrap().status(), OrderStatus::Cancelled);
}

#[tokio::test]
async fn rooms() {
    let mut client = ChatServiceClient::new(server().await);
    let open = OpenRoomRequest { title: "tea".to_owned(), ..OpenRoomRequest::default() };
    let room_id = client.open_room(open).await.unwrap().into_inner().room_id;
    let parts = [
        Part::Header(Header { room_id: room_id.clone(), name: "leaf.png".to_owned() }),
        Part::Chunk(vec![0; 1000]),
        Part::Chunk(vec![0; 24]),
    ];
    let parts = tokio_stream::iter(parts.map(|part| SendFileRequest { part: Some(part) }));
    assert_eq!(client.send_file(parts).await.unwrap().into_inner().file.unwrap().size, 1024);

    let (send, receive) = mpsc::channel(4);
    let act = |action| ConverseRequest { action: Some(action) };
    send.send(act(Action::JoinRoomId(room_id.clone()))).await.unwrap();
    let mut heard = client.converse(ReceiverStream::new(receive)).await.unwrap().into_inner();
    for text in ["one", "two"] {
        send.send(act(Action::Say(text.to_owned()))).await.unwrap();
        let Some(Update::Message(message)) = heard.message().await.unwrap().unwrap().update else { panic!() };
        assert_eq!(message.content, Some(Content::Text(text.to_owned())));
    }
    drop(send);
    assert!(heard.message().await.unwrap().is_none());

    let read = ReadRoomRequest { room_id, from_sequence: Some(2) };
    let mut written = client.read_room(read).await.unwrap().into_inner();
    for (sequence, text) in [(2, "one"), (3, "two")] {
        let message = written.message().await.unwrap().unwrap().message.unwrap();
        assert_eq!((message.sequence, message.content), (sequence, Some(Content::Text(text.to_owned()))));
    }
}

#[tokio::test]
async fn measurements() {
    let mut client = TelemetryServiceClient::new(server().await);
    let mut listener = client.subscribe(SubscribeRequest::default()).await.unwrap().into_inner();
    let batch = |name: &str, offsets: &[i64]| ReportRequest {
        batch: Some(Batch {
            series: Some(Series { name: name.to_owned(), ..Series::default() }),
            time_offsets: offsets.to_vec(),
            values: vec![0.5, f64::INFINITY],
            ..Batch::default()
        }),
        ..ReportRequest::default()
    };
    let requests = tokio_stream::iter([batch("heat", &[-1, 1]), batch("cold", &[1])]);
    let said = client.report(requests).await.unwrap().into_inner();
    assert_eq!((said.accepted_points, said.rejected_batches[&1]), (2, 2));
    let heard = listener.message().await.unwrap().unwrap().batch.unwrap();
    assert_eq!((&*heard.series.unwrap().name, heard.values[1]), ("heat", f64::INFINITY));
    let offer = NegotiateRequest { message: Some(Message::Batch(batch("heat", &[]).batch.unwrap())) };
    let mut terms = client.negotiate(tokio_stream::iter([offer])).await.unwrap().into_inner();
    assert_eq!(terms.message().await.unwrap().unwrap().max_points, 2);
    assert!(terms.message().await.unwrap().is_none());
}

#[tokio::test]
async fn samples_are_messages_to_the_sdk() {
    let Ok(address) = std::env::var("SERVED") else { return };
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    GreeterClient::new(channel.clone()).say_hello(SayHelloRequest::default()).await.unwrap();
    UserServiceClient::new(channel.clone()).get_user(GetUserRequest::default()).await.unwrap();
    let mut chat = ChatServiceClient::new(channel.clone());
    let mut read = chat.read_room(ReadRoomRequest::default()).await.unwrap().into_inner();
    let mut count = 0;
    while read.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3);
    chat.send_file(tokio_stream::iter([SendFileRequest::default(); 0])).await.unwrap();
    let both = [ConverseRequest::default(), ConverseRequest::default()];
    let mut answers = chat.converse(tokio_stream::iter(both)).await.unwrap().into_inner();
    for _ in 0..2 {
        answers.message().await.unwrap().unwrap();
    }
    assert!(answers.message().await.unwrap().is_none());
}
