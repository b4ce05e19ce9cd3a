//! DNS: who is there by the A records of a name (RFC 1035), asked as clients of gRPC ask for them.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::{A, OPT, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::follow::{Found, Health};
use super::{Failed, LOOK, Look, Lookup};

/// How long a server may take to answer, and how often it is asked over UDP, which may lose what it carries.
const ANSWER: Duration = Duration::from_secs(2);
const TRIES: usize = 2;

/// The largest answer over UDP: what is sent in one piece everywhere (DNS flag day 2020), and what clients of gRPC ask for.
const LARGEST: u16 = 1232;

/// The longest name and the longest part of one (RFC 1035, 2.3.4); the name as text has neither its first nor its last
/// byte of the wire.
const NAME: usize = 253;
const LABEL: usize = 63;

/// A name that a DNS server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dns {
    /// Where the server listens, over UDP and TCP.
    pub server: SocketAddr,
    /// The name, without a dot at its end.
    pub name: String,
}

/// Why a text names no DNS server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` names no DNS server: {why}")]
pub struct DnsError {
    text: String,
    why: &'static str,
}

impl Dns {
    /// Reads `IP:PORT` and `IP:PORT/NAME`.
    ///
    /// # Errors
    ///
    /// The text has no such form. A server has no name: clients of gRPC take an address alone.
    pub fn parse(text: &str) -> Result<(SocketAddr, Option<String>), DnsError> {
        let wrong = |why| DnsError { text: text.to_owned(), why };
        let (server, name) = text.split_once('/').map_or((text, None), |(server, name)| (server, Some(name)));
        let server: SocketAddr =
            server.parse().map_err(|_| wrong("it is written `IP:PORT` or `IP:PORT/NAME`"))?;
        if server.port() == 0 || server.ip().is_unspecified() {
            return Err(wrong("nobody listens at that address"));
        }
        let name = name.map(|name| name.strip_suffix('.').unwrap_or(name));
        if name.is_some_and(|name| !Dns::is_name(name)) {
            return Err(wrong("a name has parts of letters, digits, `-` and `_`, with dots between them"));
        }
        Ok((server, name.map(str::to_owned)))
    }

    /// Whether something can be called so, without a dot at the end.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let label = |label: &str| {
            (1..=LABEL).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        // What is an address is looked up nowhere.
        name.len() <= NAME && name.split('.').all(label) && name.parse::<Ipv4Addr>().is_err()
    }

    /// The addresses that the server answers, in their order; none where it does not know the name.
    ///
    /// # Errors
    ///
    /// There is no answer, it is none, or it says that something went wrong.
    pub async fn addresses(&self) -> Result<Vec<Ipv4Addr>, Failed> {
        self.ask(ANSWER).await
    }

    async fn ask(&self, patience: Duration) -> Result<Vec<Ipv4Addr>, Failed> {
        let id = (RandomState::new().hash_one(&self.name) & u64::from(u16::MAX)) as u16;
        let question = self.question(id).ok_or_else(|| Failed::Dns("the name is none".to_owned()))?;
        let answer = match self.over_udp(id, &question, patience).await? {
            Some(answer) => answer,
            None => self.over_tcp(id, &question, patience).await?,
        };
        Ok(answer)
    }

    fn question(&self, id: u16) -> Option<Vec<u8>> {
        let mut packet = Packet::new_query(id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let name = Name::new(&self.name).ok()?;
        packet.questions.push(Question::new(name, TYPE::A.into(), CLASS::IN.into(), false));
        *packet.opt_mut() = Some(OPT { opt_codes: Vec::new(), udp_packet_size: LARGEST, version: 0 });
        packet.build_bytes_vec().ok()
    }

    /// `None` is an answer that has no room.
    async fn over_udp(
        &self,
        id: u16,
        question: &[u8],
        patience: Duration,
    ) -> Result<Option<Vec<Ipv4Addr>>, Failed> {
        let any: IpAddr = match self.server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).await.map_err(silent)?;
        socket.connect(self.server).await.map_err(silent)?;
        let mut room = [0; LARGEST as usize];
        for _ in 0..TRIES {
            socket.send(question).await.map_err(silent)?;
            let heard = timeout(patience, async {
                loop {
                    let length = socket.recv(&mut room).await.map_err(silent)?;
                    // A late answer to another question is passed over.
                    if let Some(read) = self.read(id, room.get(..length).unwrap_or_default()) {
                        return read;
                    }
                }
            });
            if let Ok(heard) = heard.await {
                return heard;
            }
        }
        Err(late())
    }

    async fn over_tcp(&self, id: u16, question: &[u8], patience: Duration) -> Result<Vec<Ipv4Addr>, Failed> {
        let asked = async {
            let mut stream = TcpStream::connect(self.server).await.map_err(silent)?;
            let length = u16::try_from(question.len()).unwrap_or(u16::MAX).to_be_bytes();
            stream.write_all(&[&length, question].concat()).await.map_err(silent)?;
            let mut answer = vec![0; stream.read_u16().await.map_err(silent)?.into()];
            stream.read_exact(&mut answer).await.map_err(silent)?;
            match self.read(id, &answer) {
                Some(Ok(Some(found))) => Ok(found),
                Some(Err(why)) => Err(why),
                Some(Ok(None)) => Err(Failed::Dns("an answer over TCP that is cut short".to_owned())),
                None => Err(Failed::Dns("something else than what was asked".to_owned())),
            }
        };
        timeout(patience, asked).await.unwrap_or_else(|_| Err(late()))
    }

    /// What an answer says: `Ok(None)` where it is cut short, `None` where it is none to this question.
    fn read(&self, id: u16, bytes: &[u8]) -> Option<Result<Option<Vec<Ipv4Addr>>, Failed>> {
        let packet = match Packet::parse(bytes) {
            Ok(packet) => packet,
            Err(why) => return Some(Err(Failed::Dns(format!("what is no message of DNS ({why})")))),
        };
        let name = packet.questions.first().map(|asked| asked.qname.to_string());
        let is_ours = name.is_none_or(|name| name.eq_ignore_ascii_case(&self.name));
        if packet.id() != id || !packet.has_flags(PacketFlag::RESPONSE) || !is_ours {
            return None;
        }
        if packet.has_flags(PacketFlag::TRUNCATION) {
            return Some(Ok(None));
        }
        Some(match packet.rcode() {
            RCODE::NoError => {
                let address = |data: &RData<'_>| match data {
                    RData::A(A { address }) => Some(Ipv4Addr::from(*address)),
                    _ => None,
                };
                Ok(Some(packet.answers.iter().filter_map(|record| address(&record.rdata)).collect()))
            }
            RCODE::NameError => Ok(Some(Vec::new())),
            RCODE::Refused => Err(Failed::Dns(format!("that it has nothing to say of `{}`", self.name))),
            // CoreDNS, too, where its file does not have the name.
            RCODE::ServerFailure => Err(Failed::Unwell("SERVFAIL".to_owned())),
            other => Err(Failed::Dns(format!("{other:?}"))),
        })
    }

    /// The same as something to follow.
    pub(super) fn at(self, port: u16) -> Records {
        Records { dns: self, port }
    }
}

impl fmt::Display for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.name)
    }
}

fn silent(error: std::io::Error) -> Failed {
    Failed::Silent(error.to_string())
}

fn late() -> Failed {
    Failed::Silent("it takes too long".to_owned())
}

/// Instances at the addresses of a name, all with one port.
pub(super) struct Records {
    dns: Dns,
    port: u16,
}

impl Lookup for Records {
    async fn look(&mut self) -> Result<Look, Failed> {
        let found = |ip: Ipv4Addr| Found {
            address: SocketAddr::new(ip.into(), self.port),
            health: Health::Healthy,
            version: None,
            zone: String::new(),
            priority: 0,
        };
        let addresses = self.dns.addresses().await?;
        Ok(Look { found: addresses.into_iter().map(found).collect(), odd: Vec::new(), next: LOOK })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, UdpSocket};

    use simple_dns::ResourceRecord;

    use super::*;

    /// What a server says to a question.
    type Says = fn(&Packet<'_>) -> Vec<u8>;

    fn reply<'a>(asked: &Packet<'a>) -> Packet<'a> {
        let mut packet = Packet::new_reply(asked.id());
        packet.questions.clone_from(&asked.questions);
        packet
    }

    fn with<'a>(asked: &Packet<'a>, last: &[u8]) -> Packet<'a> {
        let mut packet = reply(asked);
        let name = asked.questions[0].qname.clone();
        for last in last {
            let data = RData::A(A { address: Ipv4Addr::new(127, 0, 0, *last).into() });
            packet.answers.push(ResourceRecord::new(name.clone(), CLASS::IN, 0, data));
        }
        packet
    }

    /// A server that answers each question over UDP with several datagrams and over TCP with one message.
    fn asked(udp: &[Says], tcp: Says) -> Result<Vec<Ipv4Addr>, Failed> {
        let (patience, udp) = (Duration::from_millis(if udp.is_empty() { 50 } else { 20_000 }), udp.to_vec());
        let (socket, listener) = loop {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()) {
                break (socket, listener);
            }
        };
        let dns = Dns { server: socket.local_addr().unwrap(), name: "pay.example.test".to_owned() };
        std::thread::spawn(move || {
            let mut room = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut room) {
                let question = Packet::parse(&room[..length]).unwrap();
                assert_eq!(question.questions[0].qname.to_string(), "pay.example.test");
                for says in &udp {
                    socket.send_to(&says(&question), from).unwrap();
                }
            }
        });
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut question = vec![0; u16::from_be_bytes(length).into()];
            stream.read_exact(&mut question).unwrap();
            let answer = tcp(&Packet::parse(&question).unwrap());
            stream.write_all(&u16::try_from(answer.len()).unwrap().to_be_bytes()).unwrap();
            stream.write_all(&answer).unwrap();
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(dns.ask(patience))
    }

    fn never(_: &Packet<'_>) -> Vec<u8> {
        Vec::new()
    }

    fn bytes(packet: &Packet<'_>) -> Vec<u8> {
        packet.build_bytes_vec_compressed().unwrap()
    }

    #[test]
    fn servers_and_names_are_read() {
        let server = "127.0.0.1:53".parse().unwrap();
        assert_eq!(Dns::parse("127.0.0.1:53"), Ok((server, None)));
        assert_eq!(
            Dns::parse("127.0.0.1:53/a_b.service.consul."),
            Ok((server, Some("a_b.service.consul".to_owned())))
        );
        assert!(Dns::parse("[::1]:53/pay").is_ok());
        let long = format!("127.0.0.1:53/{}", "a".repeat(64));
        for (text, why) in [
            ("localhost:53/pay", "`IP:PORT` or"),
            ("127.0.0.1/pay", "`IP:PORT` or"),
            ("127.0.0.1:0/pay", "nobody listens"),
            ("0.0.0.0:53/pay", "nobody listens"),
            ("127.0.0.1:53/", "a name has"),
            ("127.0.0.1:53/a..b", "a name has"),
            ("127.0.0.1:53/a/b", "a name has"),
            ("127.0.0.1:53/10.0.0.1", "a name has"),
            (&long, "a name has"),
        ] {
            let said = Dns::parse(text).unwrap_err().to_string();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn addresses_are_read_out_of_an_answer() {
        let found = asked(&[|asked| bytes(&with(asked, &[3, 1]))], never).unwrap();
        assert_eq!(found, [Ipv4Addr::new(127, 0, 0, 3), Ipv4Addr::LOCALHOST]);
    }

    #[test]
    fn a_name_that_is_not_there_has_no_addresses() {
        let none: Says = |asked| {
            let mut packet = reply(asked);
            *packet.rcode_mut() = RCODE::NameError;
            bytes(&packet)
        };
        assert!(asked(&[none], never).unwrap().is_empty());
    }

    #[test]
    fn answers_to_other_questions_are_passed_over() {
        let late: Says = |asked| {
            let mut packet = with(asked, &[9]);
            packet.set_id(!asked.id());
            bytes(&packet)
        };
        let question: Says = |asked| bytes(asked);
        let found = asked(&[late, question, |asked| bytes(&with(asked, &[1]))], never).unwrap();
        assert_eq!(found, [Ipv4Addr::LOCALHOST]);
    }

    #[test]
    fn what_has_no_room_comes_over_tcp() {
        let short: Says = |asked| {
            let mut packet = with(asked, &[1]);
            packet.set_flags(PacketFlag::TRUNCATION);
            bytes(&packet)
        };
        let all: Says = |asked| bytes(&with(asked, &(1..=200).collect::<Vec<_>>()));
        assert_eq!(asked(&[short], all).unwrap().len(), 200);
        assert!(asked(&[short], short).unwrap_err().to_string().contains("cut short"));
    }

    #[test]
    fn what_went_wrong_is_told() {
        let refused: Says = |asked| {
            let mut packet = reply(asked);
            *packet.rcode_mut() = RCODE::Refused;
            bytes(&packet)
        };
        let ill: Says = |asked| {
            let mut packet = reply(asked);
            *packet.rcode_mut() = RCODE::ServerFailure;
            bytes(&packet)
        };
        assert!(matches!(asked(&[ill], never), Err(Failed::Unwell(_))));
        let said = asked(&[refused], never).unwrap_err().to_string();
        assert_eq!(said, "it answers that it has nothing to say of `pay.example.test`");
        let said = asked(&[|_| b"HTTP/1.1 400 Bad Request".to_vec()], never).unwrap_err().to_string();
        assert!(said.starts_with("it answers what is no message of DNS"), "{said}");
        let said = asked(&[], never).unwrap_err().to_string();
        assert_eq!(said, "no answer: it takes too long");
    }
}
