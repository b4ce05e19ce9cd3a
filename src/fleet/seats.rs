//! Addresses for instances behind the records of one name: a record has no port, so all have the same one.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use super::FleetError;

/// How many ports are tried.
const TRIES: usize = 100;

/// Addresses of this machine on which one port is free. It is kept free of others until an address is taken.
#[derive(Debug)]
pub(super) struct Seats {
    /// The port of all of them.
    pub(super) port: u16,
    free: VecDeque<TcpListener>,
}

impl Seats {
    /// So many.
    ///
    /// # Errors
    ///
    /// The machine has fewer addresses for itself.
    pub(super) fn new(count: u8) -> Result<Seats, FleetError> {
        // All of 127.0.0.0/8 is this machine's own, but not every system answers at once to all of it.
        let ips: Vec<Ipv4Addr> = (1..=count).map(|last| Ipv4Addr::new(127, 0, 0, last)).collect();
        let mut taken = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..TRIES {
            match Seats::at(&ips, 0) {
                Ok(seats) => return Ok(seats),
                Err((_, why)) if why.kind() == io::ErrorKind::AddrInUse => taken = why,
                Err((ip, source)) => return Err(FleetError::Address { ip, source }),
            }
        }
        Err(FleetError::Address { ip: Ipv4Addr::LOCALHOST, source: taken })
    }

    /// With this port, or with one that is free on the first of them where it is 0.
    fn at(ips: &[Ipv4Addr], mut port: u16) -> Result<Seats, (Ipv4Addr, io::Error)> {
        let mut free = VecDeque::new();
        for ip in ips {
            let bound = TcpListener::bind((*ip, port)).and_then(|listener| {
                port = listener.local_addr()?.port();
                Ok(listener)
            });
            free.push_back(bound.map_err(|why| (*ip, why))?);
        }
        Ok(Seats { port, free })
    }

    /// The next one, for somebody who listens there at once; `None` when all are taken.
    pub(super) fn take(&mut self) -> Option<SocketAddr> {
        self.free.pop_front()?.local_addr().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn seats_have_one_port_that_nobody_else_gets() {
        let mut seats = Seats::new(3).unwrap();
        let second = SocketAddr::from(([127, 0, 0, 2], seats.port));
        assert!(TcpListener::bind(second).is_err(), "it is kept");
        assert_eq!(seats.take(), Some(SocketAddr::from(([127, 0, 0, 1], seats.port))));
        assert_eq!(seats.take(), Some(second));
        drop(TcpListener::bind(second).unwrap());
        assert!(seats.take().is_some() && seats.take().is_none());
    }

    #[test]
    fn a_port_that_is_taken_on_one_of_them_is_none_for_all() {
        let ips = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)];
        let other = TcpListener::bind((ips[1], 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        let (ip, why) = Seats::at(&ips, port).unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::AddrInUse);
        // Somebody may have taken it on the first one, too.
        assert!(ips.contains(&ip));
    }
}
