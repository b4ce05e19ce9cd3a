//! Rooms with people in them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use acme_contracts::chat::v1::chat_message::Content;
use acme_contracts::chat::v1::converse_request::Action;
use acme_contracts::chat::v1::converse_response::Update;
use acme_contracts::chat::v1::send_file_request::Part;
use acme_contracts::chat::v1::{
    ChatMessage, ConverseRequest, ConverseResponse, FileReference, OpenRoomRequest, OpenRoomResponse, ReadRoomRequest,
    ReadRoomResponse, SendFileRequest, SendFileResponse, chat_service_server,
};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::{BroadcastStream, ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

use crate::{Answers, ROOM};

/// Rooms by id.
#[derive(Default)]
pub struct Chat {
    rooms: Mutex<BTreeMap<String, Arc<Room>>>,
}

struct Room {
    messages: Mutex<Vec<ChatMessage>>,
    news: broadcast::Sender<ChatMessage>,
}

impl Room {
    fn add(&self, content: Content) -> ChatMessage {
        let mut messages = self.messages.lock().expect("nobody panics");
        let sequence = messages.len() as u64 + 1;
        let message = ChatMessage { sequence, content: Some(content), ..ChatMessage::default() };
        messages.push(message.clone());
        // Under the lock, so that nobody sees a message twice or not at all. An empty room hears nothing.
        let _ = self.news.send(message.clone());
        message
    }

    /// What there is, and what comes.
    fn read(&self) -> (Vec<ChatMessage>, broadcast::Receiver<ChatMessage>) {
        let messages = self.messages.lock().expect("nobody panics");
        (messages.clone(), self.news.subscribe())
    }
}

impl Chat {
    fn room(&self, id: &str) -> Result<Arc<Room>, Status> {
        let rooms = self.rooms.lock().expect("nobody panics");
        rooms.get(id).cloned().ok_or_else(|| Status::not_found(format!("no room `{id}`")))
    }
}

#[tonic::async_trait]
impl chat_service_server::ChatService for Chat {
    async fn open_room(&self, request: Request<OpenRoomRequest>) -> Result<Response<OpenRoomResponse>, Status> {
        if request.into_inner().title.is_empty() {
            return Err(crate::missing("title"));
        }
        let mut rooms = self.rooms.lock().expect("nobody panics");
        let room_id = format!("room-{}", rooms.len() + 1);
        let room = Room { messages: Mutex::default(), news: broadcast::Sender::new(ROOM) };
        rooms.insert(room_id.clone(), Arc::new(room));
        Ok(Response::new(OpenRoomResponse { room_id }))
    }

    type ReadRoomStream = Answers<ReadRoomResponse>;

    async fn read_room(&self, request: Request<ReadRoomRequest>) -> Result<Response<Self::ReadRoomStream>, Status> {
        let ReadRoomRequest { room_id, from_sequence } = request.into_inner();
        let (old, new) = self.room(&room_id)?.read();
        let first = from_sequence.unwrap_or(0);
        let new = BroadcastStream::new(new).map(|m| m.map_err(|_| Status::data_loss("the reader is too slow")));
        let all = stream::iter(old.into_iter().map(Ok)).chain(new);
        let wanted = all.filter(move |m| std::future::ready(m.as_ref().map_or(true, |m| m.sequence >= first)));
        let answers = wanted.map(|m| Ok(ReadRoomResponse { message: Some(m?) }));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn send_file(
        &self,
        request: Request<Streaming<SendFileRequest>>,
    ) -> Result<Response<SendFileResponse>, Status> {
        let mut parts = request.into_inner();
        let Some(Part::Header(header)) = parts.message().await?.and_then(|r| r.part) else {
            return Err(Status::invalid_argument("the first piece has to be the header"));
        };
        let room = self.room(&header.room_id)?;
        let mut size = 0;
        while let Some(request) = parts.message().await? {
            match request.part {
                Some(Part::Chunk(chunk)) => size += chunk.len() as u64,
                _ => return Err(Status::invalid_argument("there is only one header")),
            }
        }
        let file_id = format!("{}-{}", header.room_id, header.name);
        let file = FileReference { file_id, name: header.name, size, ..FileReference::default() };
        room.add(Content::File(file.clone()));
        Ok(Response::new(SendFileResponse { file: Some(file) }))
    }

    type ConverseStream = Answers<ConverseResponse>;

    async fn converse(
        &self,
        request: Request<Streaming<ConverseRequest>>,
    ) -> Result<Response<Self::ConverseStream>, Status> {
        let mut actions = request.into_inner();
        let Some(Action::JoinRoomId(id)) = actions.message().await?.and_then(|r| r.action) else {
            return Err(Status::invalid_argument("the first action has to be to join a room"));
        };
        let room = self.room(&id)?;
        let mut news = room.news.subscribe();
        let (send, receive) = mpsc::channel(ROOM);
        tokio::spawn(async move {
            loop {
                let answer = tokio::select! {
                    // What the person hears comes before what it does next.
                    biased;
                    message = news.recv() => match message {
                        Ok(message) => Ok(ConverseResponse { update: Some(Update::Message(message)) }),
                        Err(_) => Err(Status::data_loss("the reader is too slow")),
                    },
                    action = actions.message() => match action {
                        Ok(Some(ConverseRequest { action: Some(Action::Say(text)) })) => {
                            room.add(Content::Text(text));
                            continue;
                        }
                        Ok(Some(ConverseRequest { action: Some(Action::JoinRoomId(_)) })) => {
                            Err(Status::failed_precondition("a call is for one room"))
                        }
                        Ok(Some(_)) => continue,
                        Ok(None) => return,
                        Err(status) => Err(status),
                    },
                };
                let end = answer.is_err();
                if send.send(answer).await.is_err() || end {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receive))))
    }
}
