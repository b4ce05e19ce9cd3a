//! The program in Java.

use std::ffi::OsString;

use std::fs;

use minijinja::context;

use super::{Runtime, Start, asked};
use crate::codegen::render::render;
use crate::codegen::sdk::versions;
use crate::codegen::{FileTree, Target};
use crate::verify::build::{BuildError, Place, Work, failed};
use crate::verify::driver::{Build, Driver, DriverError, Purpose, Subject};
use crate::verify::literal;
use crate::wire::Reader;

/// What the driver reads and writes its lines with; protobuf-java-util brings it, but not for its users.
const GSON: &str = "2.14.0";

pub(super) struct Java;

impl Runtime for Java {
    fn tools(&self) -> &'static [&'static str] {
        &["mvn", "java", "javac"]
    }

    fn model(&self) -> Reader {
        Reader::JAVA
    }

    fn json_has_extensions(&self) -> bool {
        false
    }

    fn write(&self, build: &mut Build<'_>, target: &Target, _: &FileTree) -> Result<(), DriverError> {
        let (group, artifact) = (target.get("group"), target.get("artifact"));
        build.jar = format!("{artifact}-{}.jar", build.side.version);
        let values = context! {
            group, artifact, version => &build.side.version, protobuf => versions::PROTOBUF_JAVA,
            grpc => versions::GRPC_JAVA, gson => GSON, java => versions::JAVA,
            calls => build.purpose == Purpose::Calling,
        };
        build.put("pom.xml", render(include_str!("../templates/java/pom.xml.j2"), values))?;
        build.put("src/main/java/Driver.java", include_str!("../templates/java/Driver.java"))?;
        build.put("src/main/java/Calls.java", include_str!("../templates/java/Calls.java"))?;
        build.put("src/main/java/Server.java", include_str!("../templates/java/Server.java"))
    }

    fn write_timing(
        &self,
        build: &mut Build<'_>,
        target: &Target,
        _: &FileTree,
        subjects: &[Subject],
    ) -> Result<(), DriverError> {
        let java = literal::Java(&build.side.schema, target.get("group"));
        let kind = |subject: &Subject| {
            let message = build.side.name(subject.tree.message);
            Some(context! { message, build => java.message(&subject.tree)? })
        };
        let kinds: Vec<_> = subjects.iter().filter_map(kind).collect();
        let builders = render(include_str!("../templates/java/Builders.java.j2"), context! { kinds });
        build.put("src/main/java/Builders.java", builders)?;
        build.put("src/main/java/Load.java", include_str!("../templates/java/Load.java"))?;
        build.put("src/main/java/Bench.java", include_str!("../templates/java/Bench.java"))
    }

    fn write_calling(&self, build: &mut Build<'_>) -> Result<(), DriverError> {
        build.put("src/main/java/Callers.java", include_str!("../templates/java/Callers.java"))
    }

    fn libraries(&self, driver: &Driver) -> Vec<String> {
        let protobuf = "<artifactId>protobuf-java</artifactId>\n      <version>";
        let grpc = "<artifactId>grpc-protobuf</artifactId>\n      <version>";
        let grpc =
            ["driver/pom.xml", "sdk/pom.xml"].iter().find_map(|path| asked(driver, "grpc", path, grpc));
        asked(driver, "protobuf", "sdk/pom.xml", protobuf).into_iter().chain(grpc).collect()
    }

    /// One Maven run for all: its start is what takes longest.
    fn build(&self, work: &Work<'_>, places: &[&Place<'_>]) -> Result<(), BuildError> {
        const QUIET: [&str; 5] = ["-q", "-B", "-ntp", "-DskipTests", "-Dstyle.color=never"];
        let folder = work.base.join("aggregate");
        fs::create_dir_all(&folder).map_err(failed("make", &folder))?;
        let folders: Vec<String> = places.iter().map(|p| format!("../{}", p.key)).collect();
        let pom = render(include_str!("../templates/java/aggregate.xml.j2"), context! { folders });
        let path = folder.join("pom.xml");
        fs::write(&path, pom).map_err(failed("write", &path))?;
        let offline = [&QUIET[..], &["-o", "package"]].concat();
        match work.step("mvn", &offline, &folder, &[]) {
            // Something was not there yet, or the code is wrong; the second run tells which.
            Err(BuildError::Step { .. }) if !work.builder.offline => {
                work.step("mvn", &[&QUIET[..], &["package"]].concat(), &folder, &[])
            }
            done => done,
        }
    }

    /// Not the memory of the machine. A byte is two hexadecimal digits in a file, a line, a text and a tree, and what
    /// comes of them.
    fn room(&self, bytes: u64) -> Vec<OsString> {
        vec![format!("-Xmx{}m", 512 + (bytes >> 20) * 8).into()]
    }

    fn start(&self, work: &Work<'_>, place: &Place<'_>) -> Start {
        let folder = place.folder.join("driver");
        let lib = folder.join("target/lib");
        let separator = if cfg!(windows) { ";" } else { ":" };
        let mut path = folder.join("target/classes").into_os_string();
        path.push(separator);
        path.push(lib.join("*"));
        let jar = lib.join(&place.driver.jar).into_os_string();
        // Short runs: no time for the second compiler. Who has no memory left says so and ends, and does not fail
        // calls that are none of its business.
        let fast = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"].map(Into::into);
        // What is timed is what runs in service: the JVM as it chooses to be.
        let purpose = place.driver.purpose;
        let fast = fast.into_iter().filter(|_| purpose != Purpose::Timing);
        let main = match purpose {
            Purpose::Proof => "Driver",
            Purpose::Timing => "Bench",
            Purpose::Calling => "Callers",
        };
        let all = ["-XX:+ExitOnOutOfMemoryError".into(), "-cp".into(), path, main.into(), jar];
        Start {
            program: work.builder.host.find("java").unwrap_or_else(|| "java".into()),
            arguments: fast.chain(all).collect(),
            ..Start::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mebibyte of each of 240 types, in hexadecimal, is what half a gigabyte does not hold.
    #[test]
    fn a_server_has_room_for_what_it_is_given() {
        for (bytes, heap) in [(0, 512), ((1 << 20) - 1, 512), (8 << 20, 576), (480 << 20, 4352)] {
            assert_eq!(Java.room(bytes), [OsString::from(format!("-Xmx{heap}m"))], "{bytes}");
        }
    }
}
