//! Drivers whose input ends while a call hangs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use protopact::verify::tap::{Tap, Taps};
use serde_json::{Value, json};

use crate::matrix::cache;
use crate::whole::whole;

/// How long anything may take; only a test that fails waits for it. A client has ten seconds for what it has read.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a run starts a program.
#[derive(Clone)]
struct Driver {
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: PathBuf,
}

impl Driver {
    /// The driver that a process is, with its language; drivers of a run have a variable that tools have not.
    fn of(process: &Path, mark: &str) -> Option<(String, Driver)> {
        let list = |name: &str| {
            let text = std::fs::read(process.join(name)).unwrap_or_default();
            let all = text.split(|b| *b == 0).filter(|part| !part.is_empty());
            all.map(|part| OsString::from_vec(part.to_vec())).collect::<Vec<_>>()
        };
        let arguments = list("cmdline");
        if !arguments.iter().any(|a| a == "server") {
            return None;
        }
        let environment: Vec<(OsString, OsString)> = list("environ")
            .into_iter()
            .filter_map(|pair| {
                let pair = pair.into_string().ok()?;
                let (key, value) = pair.split_once('=')?;
                Some((key.into(), value.into()))
            })
            .collect();
        let has = |key: &str, value: &str| environment.iter().any(|(k, v)| k == key && v == value);
        if !has("PROTOPACT_TEST", mark) || !has("NO_PROXY", "127.0.0.1,localhost") {
            return None;
        }
        let folder = std::fs::read_link(process.join("cwd")).ok()?;
        let language = folder.parent()?.parent()?.file_name()?.to_str()?.to_owned();
        Some((language, Driver { arguments, environment, folder }))
    }

    fn start(&self, settings: Option<&Value>) -> Child {
        // What follows the mode is the settings of the run that it was taken from.
        let mode = self.arguments.iter().position(|a| a == "server").unwrap();
        let mut command = Command::new(&self.arguments[0]);
        command
            .args(&self.arguments[1..mode])
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(settings) = settings {
            command.args(["server".to_owned(), settings.to_string()]);
        }
        command.spawn().unwrap()
    }

    /// A client with a call that the server never answers.
    fn hanging(&self, tap: &Tap) -> Child {
        tap.begin();
        let mut client = self.start(None);
        let call = json!({
            "id": 1, "op": "call", "address": format!("127.0.0.1:{}", tap.port()), "tls": null, "gzip": false,
            "method": "/greeter.v1.Greeter/SayHello", "requests": [""], "deadline": 3_600_000, "cancel": false,
            "metadata": [["x-protopact-call", "1"], ["x-protopact-hold", "1"]],
        });
        writeln!(client.stdin.as_mut().unwrap(), "{call}").unwrap();
        until(|| tap.seen().up.plain == 1, "the server is called");
        client
    }
}

fn until(mut done: impl FnMut() -> bool, what: &str) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

/// Ends the input of a program, and waits for its end.
fn ends(mut child: Child, what: &str) {
    drop(child.stdin.take());
    let pid = rustix::process::Pid::from_child(&child);
    let (send, ended) = mpsc::channel();
    std::thread::spawn(move || send.send(child.wait().unwrap()));
    if ended.recv_timeout(PATIENCE).is_err() {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        panic!("{what} does not end with its input");
    }
}

#[test]
#[ignore = "builds programs in four languages"]
fn drivers_end_with_their_input_whatever_a_call_does() {
    // The programs are built: the servers start at once.
    let env = &whole().env;
    let mark = env.work().display().to_string();
    let wanted = std::env::var("PROTOPACT_ENDS").unwrap_or_else(|_| "go,java,python,rust".to_owned());
    let mut command = Command::new(env!("CARGO_BIN_EXE_protopact"));
    command
        .args(["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--compact", "--only", "calls"])
        .args(["--lang", &wanted, "--require", &wanted])
        .current_dir(env.work())
        .env("PROTOPACT_CACHE", cache())
        .env("PROTOPACT_TEST", &mark)
        .stdout(Stdio::null());
    let mut going = command.spawn().unwrap();
    let mut drivers: BTreeMap<String, Driver> = BTreeMap::new();
    while drivers.len() < wanted.split(',').count() {
        assert!(going.try_wait().unwrap().is_none(), "it is over, with {:?}", drivers.keys());
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        drivers.extend(processes.filter_map(|p| Driver::of(&p.path(), &mark)));
    }
    going.kill().unwrap();
    going.wait().unwrap();

    let samples = env.work().join("samples");
    std::fs::write(&samples, "").unwrap();
    for (language, driver) in &drivers {
        eprintln!("{language}");
        let mut server =
            driver.start(Some(&json!({"samples": samples.display().to_string(), "tls": [null]})));
        let mut ready = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let taps = Taps::new().unwrap();
        let tap = taps.open(ready["ports"][0].as_u64().unwrap().try_into().unwrap()).unwrap();
        ends(driver.hanging(&tap), &format!("a client in {language}"));
        let client = driver.hanging(&tap);
        ends(server, &format!("a server in {language}"));
        ends(client, &format!("a client in {language} without a server"));
    }
}
