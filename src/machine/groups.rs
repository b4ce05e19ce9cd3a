//! Programs in groups of their own, which end together with what they started: when they are told to, and when this
//! process ends, however it ends.
//!
//! A terminal's Ctrl-C does not reach a group in the background, and a process that is killed (SIGKILL, no memory) can
//! end nothing any more. So every group has a leader, a shell that reads from a pipe only this process writes to: at the
//! end of the pipe it kills the group. It is there before the program is born into the group, so there is no instant in
//! which nobody watches. One more shell, the watcher, is told of every folder that must not stay, and removes what is
//! left. No signal is handled for either: this process ends by the signal, as shells expect, and the pipes with it.
//!
//! Windows has jobs for this: the system ends all that is in one with the last handle to it, and this process has the
//! only one.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

/// A program that runs in a group of its own. Dropped before its end, it is ended.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    /// Where there is no shell, the program leads its group itself.
    leader: Option<Child>,
    /// It is held for its end alone: that of all that was started in it.
    #[cfg(windows)]
    job: Option<win32job::Job>,
    ended: bool,
}

impl Group {
    /// Starts a program.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Group> {
        let mut leader = leader();
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            command.process_group(leader.as_ref().map_or(0, |leader| leader.id().cast_signed()));
        }
        match command.spawn() {
            Ok(child) => Ok(Group {
                #[cfg(windows)]
                job: job(&child),
                child,
                leader,
                ended: false,
            }),
            Err(error) => {
                dismiss(&mut leader);
                Err(error)
            }
        }
    }

    /// The program itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, when it has.
    ///
    /// # Errors
    ///
    /// The system cannot tell.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        self.ended |= status.is_some();
        Ok(status)
    }

    /// Asks the program itself to end: SIGTERM, which Windows does not have.
    ///
    /// # Errors
    ///
    /// There is nobody to ask, or no way to.
    pub(crate) fn ask_to_end(&self) -> io::Result<()> {
        #[cfg(unix)]
        {
            let program = rustix::process::Pid::from_raw(self.child.id().cast_signed());
            let program = program.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            Ok(rustix::process::kill_process(program, rustix::process::Signal::TERM)?)
        }
        #[cfg(not(unix))]
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Ends it and everything in its group.
    pub(crate) fn end(&mut self) {
        #[cfg(unix)]
        {
            let group = self.leader.as_ref().map_or(self.child.id(), Child::id);
            if let Some(group) = rustix::process::Pid::from_raw(group.cast_signed()) {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
        }
        #[cfg(windows)]
        drop(self.job.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
        dismiss(&mut self.leader);
        self.ended = true;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.end();
        }
        dismiss(&mut self.leader);
    }
}

/// Ends a leader alone.
fn dismiss(leader: &mut Option<Child>) {
    if let Some(mut leader) = leader.take() {
        let _ = leader.kill();
        let _ = leader.wait();
    }
}

/// The first of a new group, which ends the group with this process. What asks this process to end asks it as well when
/// it is sent to everybody; it goes last.
#[cfg(unix)]
fn leader() -> Option<Child> {
    use std::os::unix::process::CommandExt as _;
    use std::process::Stdio;

    #[expect(clippy::disallowed_methods, reason = "it ends what is started elsewhere")]
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "trap '' HUP INT QUIT TERM; read -r _; kill -s KILL 0", "protopact-leader"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command.spawn().ok()
}

#[cfg(not(unix))]
fn leader() -> Option<Child> {
    None
}

/// A job that a program is in, and all that it starts from now on. Without one, the program alone can be ended.
///
/// What the program starts before it is in the job is outside of it: it cannot be born suspended with what the standard
/// library offers.
#[cfg(windows)]
fn job(child: &Child) -> Option<win32job::Job> {
    use std::os::windows::io::AsRawHandle as _;

    let mut limits = win32job::ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    let job = win32job::Job::create_with_limit_info(&limits).ok()?;
    job.assign_process(child.as_raw_handle() as isize).ok()?;
    Some(job)
}

/// A folder for one run, gone with it.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
    #[cfg(unix)]
    watched: Option<String>,
}

impl Scratch {
    /// Makes one, in the folder for what is temporary.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub(crate) fn new(prefix: &str) -> io::Result<Scratch> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
        #[cfg(unix)]
        let watched = {
            watcher::start();
            // The watcher reads lines, and has a root folder of its own.
            let path = folder.path().to_str().filter(|path| path.starts_with('/') && !path.contains('\n'));
            path.map(str::to_owned).inspect(|path| watcher::add(path.clone()))
        };
        Ok(Scratch {
            folder,
            #[cfg(unix)]
            watched,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

#[cfg(unix)]
impl Drop for Scratch {
    fn drop(&mut self) {
        // First the folder, then the word of it; in between both may remove it.
        if let Some(path) = &self.watched {
            let _ = std::fs::remove_dir_all(path);
            watcher::remove(path);
        }
    }
}

#[cfg(unix)]
mod watcher {
    use std::collections::BTreeSet;
    use std::io::{self, Write as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::{ChildStdin, Command, Stdio};
    use std::sync::Mutex;

    /// `+X` and `-X` for a folder's path. What asks this process to end, asks the watcher as well
    /// when it is sent to everybody; it goes last.
    const SCRIPT: &str = r#"
        trap '' HUP INT QUIT TERM
        # Whoever still writes into a folder at the end of the pipe is being killed meanwhile.
        while IFS= read -r line; do
            item=${line#?}
            case $line in
                +*) set -- "$@" "$item" ;;
                -*) for kept do
                        shift
                        [ "$kept" = "$item" ] || set -- "$@" "$kept"
                    done ;;
            esac
        done
        for item do
            tries=0
            while rm -rf -- "$item"; [ -e "$item" ] && [ "$tries" -lt 50 ]; do
                tries=$((tries + 1))
                sleep 0.1
            done
        done"#;

    #[derive(Default)]
    struct State {
        /// What there is to remove.
        items: BTreeSet<String>,
        pipe: Option<ChildStdin>,
        /// There is no shell; nothing is tried a second time.
        hopeless: bool,
    }

    static STATE: Mutex<State> = Mutex::new(State { items: BTreeSet::new(), pipe: None, hopeless: false });

    impl State {
        fn start(&mut self) {
            if self.pipe.is_some() || self.hopeless {
                return;
            }
            #[expect(clippy::disallowed_methods, reason = "the watcher of what is started elsewhere")]
            let mut command = Command::new("/bin/sh");
            command
                .args(["-c", SCRIPT, "protopact-watcher"])
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                // Not in the group that Ctrl-C is for.
                .process_group(0);
            self.pipe = command.spawn().ok().and_then(|mut child| child.stdin.take());
            self.hopeless = self.pipe.is_none();
            let all: String = self.items.iter().map(|item| format!("+{item}\n")).collect();
            let _ = self.write(&all);
        }

        fn write(&mut self, lines: &str) -> io::Result<()> {
            self.pipe.as_mut().map_or(Ok(()), |pipe| pipe.write_all(lines.as_bytes()))
        }

        fn tell(&mut self, line: &str) {
            if self.write(line).is_err() {
                // Somebody has ended the watcher: another one is told everything.
                self.pipe = None;
                self.start();
            }
        }
    }

    /// Starts the watcher, before what it is for: the time in which nobody watches is short then.
    pub(super) fn start() {
        if let Ok(mut state) = STATE.lock() {
            state.start();
        }
    }

    pub(super) fn add(item: String) {
        if let Ok(mut state) = STATE.lock() {
            let line = format!("+{item}\n");
            state.items.insert(item);
            state.tell(&line);
        }
    }

    pub(super) fn remove(item: &str) {
        if let Ok(mut state) = STATE.lock() {
            state.items.remove(item);
            state.tell(&format!("-{item}\n"));
        }
    }
}
