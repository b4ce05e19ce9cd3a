//! Programs of `verify` that nobody uses any more.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::lab::Lab;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn old_programs_leave_the_cache_after_a_build() {
    let lab = Lab::two_versions(
        "test \"$1\" = build || exit 0\nmkdir -p \"$CARGO_TARGET_DIR/debug\"\n\
         cp /bin/true \"$CARGO_TARGET_DIR/debug/protopact-driver\"",
    );
    let programs = lab.env.work().join("../cache/verify/rust");
    let now = SystemTime::now();
    for days in 40..52 {
        let folder = programs.join(format!("{days:020}"));
        fs::create_dir_all(folder.join("driver")).unwrap();
        File::create(folder.join("built")).unwrap().set_modified(now - DAY * days).unwrap();
    }
    let names = || -> BTreeSet<String> {
        let entries = fs::read_dir(&programs).unwrap().map(|e| e.unwrap());
        let folders = entries.filter(|e| e.path().is_dir());
        folders.map(|e| e.file_name().into_string().unwrap()).collect()
    };
    let verify = || {
        let mut command = lab.env.program(&["verify", "--from", "v1.0.0", "--only", "bytes"]);
        command
            .env("PATH", format!("{}:/usr/bin:/bin", lab.env.work().join("bin").display()))
            .env("PROTOPACT_CACHE", lab.env.work().join("../cache"));
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        // Programs that say nothing are no success.
        assert_eq!(output.status.code(), Some(4), "{text}");
    };
    verify();
    let left = names();
    let made: Vec<&String> = left.iter().filter(|name| !name.starts_with("000")).collect();
    assert_eq!((left.len(), made.len()), (8, 2), "{left:?}");
    let expected: BTreeSet<String> = (40..46).map(|days| format!("{days:020}")).collect();
    assert!(left.is_superset(&expected), "{left:?}");

    // What is used again is young again, though nothing is built.
    let used = programs.join(made[0]).join("built");
    File::options().write(true).open(&used).unwrap().set_modified(now - DAY * 99).unwrap();
    verify();
    assert_eq!(names(), left);
    assert!(fs::metadata(&used).unwrap().modified().unwrap() >= now);
}
