//! The four kinds of calls, what comes back, and what is recorded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost_reflect::{DescriptorPool, DynamicMessage};
use protopact::compile::output::{SetOptions, descriptor_set};
use protopact::service::{Gzip, Options};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Request};

use crate::drive::{ITEM, PATIENCE, Plain, bytes, client, compiled, framed, head, options, start};

fn item(name: &str) -> Vec<u8> {
    let mut out = vec![0x0a, name.len() as u8];
    out.extend(name.as_bytes());
    out
}

#[tokio::test]
async fn each_kind_of_call_gives_back_what_it_got() {
    let running = start(Options { stream_messages: 4, ..options() }).await;
    let client = client(&running).await;
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
    assert_eq!(client.unary("Nothing", b"").await.unwrap(), "");

    let (answers, end) = client.all("Watch", &[ITEM]).await;
    end.unwrap();
    assert_eq!(answers, vec![bytes(ITEM); 4]);

    let (a, b, c) = (item("a"), item("b"), item("c"));
    let (answers, end) = client.all("Upload", &[&a, &b, &c]).await;
    end.unwrap();
    assert_eq!(answers, [bytes(&c)]);

    let (answers, end) = client.all("Talk", &[&a, &b, &c]).await;
    end.unwrap();
    assert_eq!(answers, [bytes(&a), bytes(&b), bytes(&c)]);

    let (answers, end) = client.all("Count", &[&a, &b]).await;
    end.unwrap();
    assert_eq!(answers.len(), 2, "an answer for each message");
    assert!(!answers[0].is_empty() && answers[0] == answers[1], "{answers:?}");
    running.shutdown().await;
}

#[tokio::test]
async fn unknown_fields_come_back_as_they_are() {
    let running = start(options()).await;
    let message = b"\x0a\x03tea\xf8\x07\x01\x0a\x00\x93\x3e\x08\x01\x94\x3e";
    assert_eq!(client(&running).await.unary("Same", message).await.unwrap(), &message[..]);
}

#[tokio::test]
async fn a_bidirectional_stream_answers_each_message_as_it_comes() {
    let running = start(options()).await;
    let (send, receive) = mpsc::channel(1);
    let call = client(&running).await.stream("Talk", Request::new(ReceiverStream::new(receive))).await;
    let mut answers = call.unwrap().into_inner();
    for name in ["one", "two", "three"] {
        send.send(bytes(&item(name))).await.unwrap();
        let answer = tokio::time::timeout(PATIENCE, answers.message()).await.expect("it waits for more");
        assert_eq!(answer.unwrap().unwrap(), item(name));
    }
    drop(send);
    assert_eq!(answers.message().await.unwrap(), None);
}

#[tokio::test]
async fn answers_that_are_no_echo_are_valid_messages() {
    let set = descriptor_set(&compiled(), SetOptions { include_imports: true, include_source_info: false });
    let pool = DescriptorPool::decode(&*set).unwrap();
    let old = pool.get_message_by_name("shop.v1.Old").unwrap();
    let running = start(options()).await;
    let client = client(&running).await;
    let hard = client.unary_with("/shop.v1.Shop/Older", sample("7", ITEM)).await.unwrap().into_inner();
    let _ = DynamicMessage::decode(old.clone(), hard).unwrap();
    let answer = client.unary("Older", ITEM).await.unwrap();
    let message = DynamicMessage::decode(old.clone(), answer.clone()).unwrap();
    for field in old.fields().filter(|f| f.cardinality() == prost_reflect::Cardinality::Required) {
        assert!(message.has_field(&field), "{} is missing", field.name());
    }
    // The server itself takes it, required fields and all.
    let request = || Request::new(answer.clone());
    assert_eq!(client.unary_with("/shop.v1.Archive/Keep", request()).await.unwrap().into_inner(), answer);
    let less = Request::new(answer.slice(..answer.len() - 4));
    assert_eq!(client.unary_with("/shop.v1.Archive/Keep", less).await.unwrap_err().code(), Code::Internal);
}

fn sample(number: &str, message: &[u8]) -> Request<Bytes> {
    let mut request = Request::new(bytes(message));
    request.metadata_mut().insert("protopact-sample", number.parse().unwrap());
    request
}

#[tokio::test]
async fn answers_are_small_and_have_something_in_every_field() {
    let text = "syntax = \"proto3\";\npackage t.v1;\nenum Kind { KIND_UNSET = 0; KIND_ONE = 1; }\n\
                message Ask { string page_token = 1; }\n\
                message Thing { string id = 1; Kind kind = 2; map<string, int64> counts = 3; repeated int32 many = 4; }\n\
                message Page { repeated Thing things = 1; string next_page_token = 2; int64 total = 3; }\n\
                service S { rpc List(Ask) returns (Page); rpc Watch(Ask) returns (stream Page); }\n";
    let compiled = crate::files::compiled(&crate::files::input("", &[("t.proto", text)]));
    let contract = Arc::new(protopact::service::Contract::new(&compiled).unwrap());
    let running = start(Options { contract, ..options() }).await;
    let client = client(&running).await;
    let set = descriptor_set(&compiled, SetOptions { include_imports: true, include_source_info: false });
    let page = DescriptorPool::decode(&*set).unwrap().get_message_by_name("t.v1.Page").unwrap();
    let read = |bytes: Bytes| DynamicMessage::decode(page.clone(), bytes).unwrap();
    let answer = client.unary_with("/t.v1.S/List", Request::new(Bytes::new())).await.unwrap().into_inner();
    assert!(answer.len() < 64, "{answer:?}");
    let answer = read(answer);
    assert_eq!(answer.get_field_by_name("next_page_token").unwrap().as_str(), Some(""));
    assert_eq!(answer.get_field_by_name("total").unwrap().as_i64(), Some(1));
    let things = answer.get_field_by_name("things").unwrap();
    let [thing] = things.as_list().unwrap() else { panic!("one of them: {things:?}") };
    let thing = thing.as_message().unwrap();
    assert_eq!(thing.get_field_by_name("kind").unwrap().as_enum_number(), Some(1));
    assert_eq!(thing.get_field_by_name("counts").unwrap().as_map().unwrap().len(), 1);
    assert_eq!(thing.get_field_by_name("many").unwrap().as_list().unwrap().len(), 1);

    // The hard ones are asked for by their number, and are the same every time.
    let mut hard = Vec::new();
    for number in ["0", "1", "1", "900"] {
        hard.push(client.unary_with("/t.v1.S/List", sample(number, b"")).await.unwrap().into_inner());
        let _ = read(hard[hard.len() - 1].clone());
    }
    assert!(hard[0] != hard[1] && hard[1] == hard[2] && hard[2] != hard[3], "{hard:?}");
    let refused = client.unary_with("/t.v1.S/List", sample("hard", b"")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn samples_are_asked_for_by_type_and_index() {
    let contract = options().contract;
    let order = contract.schema.message_by_name("shop.v1.Order").unwrap();
    let answers = Arc::new(move |message, index: u64| {
        assert_eq!(message, order);
        Bytes::from(vec![0x08, index as u8])
    });
    let running = start(Options { answers: Some(answers), ..options() }).await;
    let (answers, end) = client(&running).await.all("Count", &[ITEM, ITEM, ITEM]).await;
    end.unwrap();
    assert_eq!(answers, [&[0x08, 0][..], &[0x08, 1], &[0x08, 2]].map(bytes));
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused() {
    let running = start(options()).await;
    let client = client(&running).await;
    let deep = (0..200).fold(Vec::new(), |inner: Vec<u8>, _| {
        let mut out = vec![0x12];
        prost::encoding::encode_varint(inner.len() as u64, &mut out);
        out.extend(inner);
        out
    });
    let cases: [(&str, &[u8]); 11] = [
        ("a tag without a value", b"\x0a"),
        ("a length behind the end", b"\x0a\x05tea"),
        ("a varint of eleven bytes", b"\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        ("field number zero", b"\x00\x00"),
        ("a wire type that does not exist", b"\x0e\x00"),
        ("a group that does not end", b"\x2b\x08\x01"),
        ("a group that did not begin", b"\x2c"),
        ("a group that ends as another", b"\x2b\x34"),
        ("no message within", b"\x12\x02\x0a\x05"),
        ("a string that is no text", b"\x0a\x02\xc3\x28"),
        ("too deep", &deep),
    ];
    for (what, message) in cases {
        let status = client.unary("Same", message).await.expect_err(what);
        assert_eq!(status.code(), Code::Internal, "{what}: {status}");
        let (answers, end) = client.all("Talk", &[ITEM, message, ITEM]).await;
        assert_eq!(answers, [bytes(ITEM)], "{what}");
        assert_eq!(end.expect_err(what).code(), Code::Internal, "{what}");
    }
    // A wire type that the field does not have is an unknown field to every parser, and bytes need not be text.
    for message in [&b"\x08\x01"[..], b"\x22\x02\xc3\x28"] {
        client.unary("Same", message).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_with_one_request_takes_exactly_one() {
    let running = start(options()).await;
    let client = client(&running).await;
    for messages in [&[][..], &[ITEM, ITEM]] {
        for method in ["Same", "Watch"] {
            let (answers, end) = client.all(method, messages).await;
            assert!(answers.is_empty());
            assert_eq!(end.unwrap_err().code(), Code::Internal, "{method} {}", messages.len());
        }
    }
    // A client stream of nothing is a call like any other.
    let (answers, end) = client.all("Upload", &[]).await;
    end.unwrap();
    assert_eq!(answers.len(), 1);
    // What answers when it is no echo is arbitrary, and the same every time.
    assert_eq!(client.all("Upload", &[]).await.0, answers);
}

#[tokio::test]
async fn methods_that_are_not_there_are_unimplemented() {
    let running = start(options()).await;
    let client = client(&running).await;
    let paths = ["/shop.v1.Shop/Gone", "/shop.v2.Shop/Same", "/", "/shop.v1.Shop", "/shop.v1.Shop/Same/x"];
    for path in paths {
        let status = client.unary_with(path, Request::new(bytes(ITEM))).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status}");
    }
    let status = client.unary("Gone", ITEM).await.unwrap_err();
    assert!(status.message().contains("`shop.v1.Shop` has no method `Gone`"), "{status}");
}

#[tokio::test]
async fn what_arrives_is_recorded_in_order() {
    let (send, mut receive) = mpsc::channel(64);
    let running = start(Options { record: Some(send), ..options() }).await;
    let client = client(&running).await;
    client.unary("Same", ITEM).await.unwrap();
    let (a, b) = (item("a"), item("b"));
    client.all("Talk", &[&a, &b]).await.1.unwrap();
    client.unary("Same", b"\x0a").await.unwrap_err();
    running.shutdown().await;
    let mut seen = Vec::new();
    while let Some(r) = receive.recv().await {
        seen.push((r.method.to_string(), r.call, r.index, r.bytes));
    }
    let at = |method: &str, call, index, message: &[u8]| {
        (format!("/shop.v1.Shop/{method}"), call, index, bytes(message))
    };
    assert_eq!(seen, [at("Same", 0, 0, ITEM), at("Talk", 1, 0, &a), at("Talk", 1, 1, &b)]);
}

#[tokio::test]
async fn compression_follows_the_client_or_the_options() {
    let long = {
        let mut message = vec![0x22, 0x90, 0x4e];
        message.extend([7; 10_000]);
        message
    };
    // (option, client compresses, client accepts) to what the answer is encoded as.
    let cases = [
        (Gzip::Mirror, false, true, None),
        (Gzip::Mirror, true, true, Some("gzip")),
        (Gzip::Mirror, true, false, None),
        (Gzip::Always, false, true, Some("gzip")),
        (Gzip::Always, false, false, None),
        (Gzip::Never, false, true, None),
    ];
    for (gzip, sends, accepts, expected) in cases {
        let running = start(Options { gzip, ..options() }).await;
        let mut client = client(&running).await;
        if sends {
            client.0 = client.0.send_compressed(CompressionEncoding::Gzip);
        }
        if accepts {
            client.0 = client.0.accept_compressed(CompressionEncoding::Gzip);
        }
        let path = "/shop.v1.Shop/Same";
        let answer = client.unary_with(path, Request::new(bytes(&long))).await.unwrap();
        let encoding = answer.metadata().get("grpc-encoding").map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(encoding.as_deref(), expected, "{gzip:?} {sends} {accepts}");
        assert_eq!(answer.into_inner(), long);
    }
    let running = start(Options { gzip: Gzip::Never, ..options() }).await;
    let mut client = client(&running).await;
    client.0 = client.0.send_compressed(CompressionEncoding::Gzip);
    assert_eq!(client.unary("Same", &long).await.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_client_may_ask_for_a_status_a_delay_and_its_metadata() {
    let running = start(options()).await;
    let client = client(&running).await;
    let path = "/shop.v1.Shop/Same";
    let mut request = Request::new(bytes(ITEM));
    request.metadata_mut().insert("protopact-echo", "hello".parse().unwrap());
    request
        .metadata_mut()
        .insert_bin("protopact-echo-bin", tonic::metadata::MetadataValue::from_bytes(&[0, 255]));
    request.metadata_mut().insert("protopact-delay-ms", "20".parse().unwrap());
    let answer = client.unary_with(path, request).await.unwrap();
    assert_eq!(answer.metadata().get("protopact-echo").unwrap(), "hello");
    let end = answer.metadata().get_bin("protopact-echo-bin").unwrap();
    assert_eq!(end.to_bytes().unwrap(), &[0, 255][..]);

    for (method, kept) in [("Same", 0), ("Upload", 0), ("Watch", 5), ("Talk", 1)] {
        let mut request = Request::new(tokio_stream::iter([bytes(ITEM)]));
        for (key, value) in [("status", "9"), ("message", "not today"), ("answers", "5")] {
            let key = format!("protopact-{key}").parse::<tonic::metadata::MetadataKey<_>>().unwrap();
            request.metadata_mut().insert(key, value.parse().unwrap());
        }
        let (answers, end) = client.all_of(method, request).await;
        let status = end.unwrap_err();
        assert_eq!(
            (answers.len(), status.code(), status.message()),
            (kept, Code::FailedPrecondition, "not today")
        );
    }
    let mut request = Request::new(bytes(ITEM));
    request.metadata_mut().insert("protopact-delay-ms", "soon".parse().unwrap());
    assert_eq!(client.unary_with(path, request).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn deadlines_end_calls_of_every_kind() {
    let running = start(options()).await;
    // tonic's client has a timer of its own, which would hide what the server does.
    let mut client = Plain::new(&running).await;
    for method in ["Same", "Watch", "Upload", "Talk"] {
        let request = head(method, &[("grpc-timeout", "50m"), ("protopact-delay-ms", "60000")]);
        let reply = client.call(request, framed(ITEM), true).await.unwrap();
        assert_eq!(reply.code(), Some(Code::DeadlineExceeded), "{method}: {reply:?}");
        // A client that goes on sending, or never ends.
        let reply = client.call(head(method, &[("grpc-timeout", "50m")]), framed(ITEM), false).await.unwrap();
        assert_eq!(reply.code(), Some(Code::DeadlineExceeded), "{method} left open: {reply:?}");
        let answered = if method == "Talk" { framed(ITEM) } else { Bytes::new() };
        assert_eq!(reply.body, answered, "{method}");
    }
    let reply = client.call(head("Same", &[("grpc-timeout", "forever")]), framed(ITEM), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::Internal));
    let reply =
        client.call(head("Same", &[("grpc-timeout", "99999999H")]), framed(ITEM), true).await.unwrap();
    assert_eq!((reply.code(), reply.body), (Some(Code::Ok), framed(ITEM).to_vec()));
}

#[tokio::test]
async fn a_stream_whose_reader_is_slow_makes_the_writer_wait() {
    let (record, mut recorded) = mpsc::channel(100_000);
    let running = start(Options { record: Some(record), ..options() }).await;
    let client = client(&running).await;
    let mut message = vec![0x22, 0x80, 0x80, 0x01];
    message.resize(4 + (16 << 10), 7);
    let message = bytes(&message);
    let (send, receive) = mpsc::channel(1);
    let call = client.stream("Talk", Request::new(ReceiverStream::new(receive))).await;
    let mut answers = call.unwrap().into_inner();
    // Nobody reads. Windows and buffers fill up, and then sending has to wait for good.
    let mut sent = 0;
    while let Ok(done) = tokio::time::timeout(Duration::from_secs(1), send.send(message.clone())).await {
        done.unwrap();
        sent += 1;
        assert!(sent < 4096, "64 MiB went into a stream that nobody reads");
    }
    drop(send);
    let mut read = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        assert_eq!(answer, message);
        read += 1;
    }
    assert_eq!(read, sent, "nothing is lost");
    let mut seen = 0;
    while recorded.try_recv().is_ok() {
        seen += 1;
    }
    assert_eq!(seen, sent);
}
