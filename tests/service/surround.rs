//! What surrounds the calls: reflection, health, metrics, traces, the log, the end.

use bytes::Bytes;
use prost::Message as _;
use protopact::service::{Ended, LogFormat, Options, Running};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse};

use crate::drive::{
    Client, ITEM, PATIENCE, Plain, bytes, client, compiled, framed, head, line, logged, options, start,
};

const REFLECTION: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Asks several things in one stream; the two versions of the service have the same messages.
async fn ask(client: &Client, path: &str, questions: Vec<MessageRequest>) -> Vec<MessageResponse> {
    let requests: Vec<Bytes> = questions
        .into_iter()
        .map(|q| ServerReflectionRequest { host: "here".to_owned(), message_request: Some(q) })
        .map(|r| r.encode_to_vec().into())
        .collect();
    let mut stream =
        client.stream_at(path, Request::new(tokio_stream::iter(requests))).await.unwrap().into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = stream.message().await.unwrap() {
        let answer = ServerReflectionResponse::decode(answer).unwrap();
        assert_eq!(answer.valid_host, "here");
        answers.push(answer.message_response.unwrap());
    }
    answers
}

fn files(response: &MessageResponse) -> Vec<Bytes> {
    match response {
        MessageResponse::FileDescriptorResponse(files) => {
            files.file_descriptor_proto.iter().map(|f| f.clone().into()).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn reflection_hands_out_every_file_as_it_was_compiled() {
    let running = start(options()).await;
    let client = client(&running).await;
    let compiled = compiled();
    for path in REFLECTION {
        for file in &compiled.files {
            let answers =
                ask(&client, path, vec![MessageRequest::FileByFilename(file.name.to_string())]).await;
            let files = files(&answers[0]);
            assert_eq!(files[0], file.descriptor, "{}", file.name);
            assert!(
                file.name.ends_with("shop.proto") == (files.len() == 3),
                "{}: {}",
                file.name,
                files.len()
            );
        }
    }
}

#[tokio::test]
async fn reflection_finds_every_kind_of_symbol() {
    let running = start(options()).await;
    let client = client(&running).await;
    let compiled = compiled();
    let file = |name: &str| compiled.files.iter().find(|f| &*f.name == name).unwrap().descriptor.clone();
    let (shop, old) = (file("shop/v1/shop.proto"), file("shop/v1/old.proto"));
    let symbols = [
        ("shop.v1.Item", &shop),
        (".shop.v1.Item", &shop),
        ("shop.v1.Item.name", &shop),
        ("shop.v1.Item.CountsEntry", &shop),
        ("shop.v1.Shop", &shop),
        ("shop.v1.Shop.Talk", &shop),
        ("shop.v1.Old.Inner", &old),
        ("shop.v1.Old.Level", &old),
        ("shop.v1.Old.LOW", &old),
        ("shop.v1.parent", &old),
    ];
    let questions = symbols.iter().map(|(name, _)| MessageRequest::FileContainingSymbol(name.to_string()));
    // Each in a stream of its own, so that nothing is left out because it was given before.
    for (question, (name, file)) in questions.zip(&symbols) {
        let answers = ask(&client, REFLECTION[0], vec![question]).await;
        assert_eq!(&files(&answers[0])[0], *file, "{name}");
    }
    let extension = |number| {
        let containing_type = "shop.v1.Old".to_owned();
        MessageRequest::FileContainingExtension(ExtensionRequest {
            containing_type,
            extension_number: number,
        })
    };
    let answers = ask(
        &client,
        REFLECTION[1],
        vec![
            MessageRequest::ListServices(String::new()),
            extension(101),
            MessageRequest::AllExtensionNumbersOfType("shop.v1.Old".to_owned()),
            MessageRequest::AllExtensionNumbersOfType("shop.v1.Item".to_owned()),
            extension(150),
            MessageRequest::FileContainingSymbol("shop.v1.Nobody".to_owned()),
            MessageRequest::FileByFilename("../shop.proto".to_owned()),
            MessageRequest::AllExtensionNumbersOfType("shop.v1.Nobody".to_owned()),
            MessageRequest::FileContainingSymbol("grpc.health.v1.Health".to_owned()),
        ],
    )
    .await;
    let MessageResponse::ListServicesResponse(services) = &answers[0] else { panic!("{answers:?}") };
    let services: Vec<&str> = services.service.iter().map(|s| &*s.name).collect();
    assert_eq!(
        services,
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "shop.v1.Archive",
            "shop.v1.Shop"
        ]
    );
    assert_eq!(files(&answers[1]), [old]);
    for (answer, numbers) in [(&answers[2], &[100, 101][..]), (&answers[3], &[])] {
        let MessageResponse::AllExtensionNumbersResponse(found) = answer else { panic!("{answer:?}") };
        assert_eq!(found.extension_number, numbers);
    }
    for answer in &answers[4..8] {
        let MessageResponse::ErrorResponse(error) = answer else { panic!("{answer:?}") };
        assert_eq!(error.error_code, Code::NotFound as i32);
    }
    assert_eq!(files(&answers[8]).len(), 1);
}

fn health_of(service: &str) -> Bytes {
    HealthCheckRequest { service: service.to_owned() }.encode_to_vec().into()
}

fn status_of(answer: &[u8]) -> ServingStatus {
    HealthCheckResponse::decode(answer).unwrap().status()
}

#[tokio::test]
async fn health_is_told_for_the_server_and_each_service() {
    let running = start(options()).await;
    let client = client(&running).await;
    let check = |service: &'static str| {
        let client = client.clone();
        async move { client.unary_with("/grpc.health.v1.Health/Check", Request::new(health_of(service))).await }
    };
    for service in ["", "shop.v1.Shop", "shop.v1.Archive"] {
        assert_eq!(status_of(&check(service).await.unwrap().into_inner()), ServingStatus::Serving);
    }
    assert_eq!(check("shop.v9.Shop").await.unwrap_err().code(), Code::NotFound);
    // A watcher hears of the end, and does not hold it up.
    let watch = Request::new(tokio_stream::iter([health_of("shop.v1.Shop")]));
    let mut watch = client.stream_at("/grpc.health.v1.Health/Watch", watch).await.unwrap().into_inner();
    assert_eq!(status_of(&watch.message().await.unwrap().unwrap()), ServingStatus::Serving);
    assert_eq!(running.shutdown().await, Ended::Finished);
    assert_eq!(status_of(&watch.message().await.unwrap().unwrap()), ServingStatus::NotServing);
    assert_eq!(watch.message().await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn the_end_waits_for_calls_in_flight_and_takes_no_new_ones() {
    let running = start(options()).await;
    let address = running.address;
    let client = client(&running).await;
    let (send, receive) = mpsc::channel(1);
    let call = client.stream("Talk", Request::new(ReceiverStream::new(receive))).await;
    let mut answers = call.unwrap().into_inner();
    send.send(bytes(ITEM)).await.unwrap();
    answers.message().await.unwrap().unwrap();
    let end = tokio::spawn(running.shutdown());
    // Once nobody listens any more, the server is ending.
    let gone = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, gone).await.expect("it still listens");
    send.send(bytes(ITEM)).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap(), ITEM, "the call goes on");
    assert!(!end.is_finished());
    drop(send);
    assert_eq!(answers.message().await.unwrap(), None);
    assert_eq!(end.await.unwrap(), Ended::Finished);
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let running = start(Options { grace: std::time::Duration::from_millis(50), ..options() }).await;
    let client = client(&running).await;
    let (send, receive) = mpsc::channel(1);
    let call = client.stream("Talk", Request::new(ReceiverStream::new(receive))).await;
    let mut answers = call.unwrap().into_inner();
    send.send(bytes(ITEM)).await.unwrap();
    answers.message().await.unwrap().unwrap();
    assert_eq!(running.shutdown().await, Ended::Cut(1));
    assert!(answers.message().await.is_err());
}

/// The metrics as Prometheus gets them, as lines.
async fn scrape(running: &Running) -> Vec<String> {
    let mut stream = tokio::net::TcpStream::connect(running.metrics.unwrap()).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn metrics_have_the_names_that_dashboards_know() {
    let (options, mut lines) = logged(LogFormat::Human);
    let running = start(Options { metrics: Some(([127, 0, 0, 1], 0).into()), ..options }).await;
    let client = client(&running).await;
    client.unary("Same", ITEM).await.unwrap();
    client.unary("Same", b"\x0a").await.unwrap_err();
    client.all("Talk", &[ITEM, ITEM]).await.1.unwrap();
    client.unary("Gone", ITEM).await.unwrap_err();
    for _ in 0..4 {
        line(&mut lines).await;
    }
    let text = scrape(&running).await;
    let same = r#"grpc_type="unary",grpc_service="shop.v1.Shop",grpc_method="Same""#;
    let talk = r#"grpc_type="bidi_stream",grpc_service="shop.v1.Shop",grpc_method="Talk""#;
    let nobody = r#"grpc_type="unary",grpc_service="unknown",grpc_method="unknown""#;
    let expected = [
        format!("grpc_server_started_total{{{same}}} 2"),
        format!("grpc_server_handled_total{{{same},grpc_code=\"OK\"}} 1"),
        format!("grpc_server_handled_total{{{same},grpc_code=\"Internal\"}} 1"),
        format!("grpc_server_msg_received_total{{{same}}} 2"),
        format!("grpc_server_msg_sent_total{{{same}}} 1"),
        format!("grpc_server_handling_seconds_count{{{same}}} 2"),
        format!("grpc_server_msg_received_total{{{talk}}} 2"),
        format!("grpc_server_msg_sent_total{{{talk}}} 2"),
        format!("grpc_server_handled_total{{{nobody},grpc_code=\"Unimplemented\"}} 1"),
        "protopact_connections 1".to_owned(),
    ];
    for expected in &expected {
        assert!(text.contains(expected), "no {expected} in\n{}", text.join("\n"));
    }
    assert!(
        text.iter()
            .any(|l| l.starts_with(&format!("grpc_server_handling_seconds_bucket{{le=\"+Inf\",{same}")))
    );
    assert!(!text.iter().any(|l| l.contains("Gone")), "names from the wire are kept");
}

#[tokio::test]
async fn traces_come_back_and_show_in_the_log() {
    let (options, mut lines) = logged(LogFormat::Json);
    let running = start(options).await;
    let mut client = Plain::new(&running).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    for method in ["Same", "Gone"] {
        let request = head(method, &[("traceparent", &parent), ("tracestate", "vendor=x")]);
        let reply = client.call(request, framed(ITEM), true).await.unwrap();
        let given = reply.headers["traceparent"].to_str().unwrap();
        let span = given.strip_prefix(&format!("00-{trace}-")).unwrap().strip_suffix("-01").unwrap();
        assert_ne!(span, "00f067aa0ba902b7");
        assert_eq!(reply.headers["tracestate"], "vendor=x");
        let line: serde_json::Value = serde_json::from_str(&line(&mut lines).await).unwrap();
        assert_eq!((line["trace_id"].as_str(), line["span_id"].as_str()), (Some(trace), Some(span)));
        assert_eq!(line["parent_id"], "00f067aa0ba902b7");
    }
}

#[tokio::test]
async fn the_log_has_messages_in_clear() {
    let (options, mut lines) = logged(LogFormat::Json);
    let running = start(options).await;
    let client = client(&running).await;
    let said = "no \"tea\" today: 100 %";
    // A stream's status is in the trailers, that of a call without an answer in the headers.
    for method in ["Same", "Watch"] {
        let mut request = Request::new(tokio_stream::iter([bytes(ITEM)]));
        for (key, value) in [("protopact-status", "9"), ("protopact-message", said)] {
            request.metadata_mut().insert(key, value.parse().unwrap());
        }
        client.all_of(method, request).await.1.unwrap_err();
        let line: serde_json::Value = serde_json::from_str(&line(&mut lines).await).unwrap();
        assert_eq!(line["message"], said, "{method}");
    }
}

#[tokio::test]
async fn each_call_is_one_line_of_the_log() {
    let (options, mut lines) = logged(LogFormat::Json);
    let running = start(options).await;
    let client = client(&running).await;
    let mut next = async |method: &str, code: &str, received: u64, sent: u64| {
        let line: serde_json::Value = serde_json::from_str(&line(&mut lines).await).unwrap();
        assert_eq!(line["method"], format!("/shop.v1.Shop/{method}"));
        assert_eq!(line["code"], code);
        assert_eq!(
            (line["received"].as_u64(), line["sent"].as_u64()),
            (Some(received), Some(sent)),
            "{method}"
        );
        assert!(line["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
        assert!(line["duration_ms"].as_f64().unwrap() >= 0.0);
    };
    client.unary("Same", ITEM).await.unwrap();
    next("Same", "OK", 1, 1).await;
    client.all("Watch", &[ITEM]).await.1.unwrap();
    next("Watch", "OK", 1, 3).await;
    client.unary("Gone", ITEM).await.unwrap_err();
    next("Gone", "Unimplemented", 0, 0).await;
    // A client that goes away in the middle of its call.
    let (send, receive) = mpsc::channel(1);
    let call = client.stream("Talk", Request::new(ReceiverStream::new(receive))).await;
    let mut answers = call.unwrap().into_inner();
    send.send(bytes(ITEM)).await.unwrap();
    answers.message().await.unwrap().unwrap();
    drop(answers);
    drop(send);
    next("Talk", "Canceled", 1, 1).await;
}
