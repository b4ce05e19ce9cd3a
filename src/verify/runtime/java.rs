//! The program in Java.

use std::ffi::OsString;

use std::fs;

use minijinja::context;

use super::{Runtime, Start, asked};
use crate::codegen::plugin::install::maven_classifier;
use crate::codegen::render::render;
use crate::codegen::sdk::{self, versions};
use crate::codegen::{FileTree, Target};
use crate::compile::output::{SetOptions, descriptor_set};
use crate::compile::{Compiled, encode};
use crate::verify::build::{BuildError, Place, Work, failed};
use crate::verify::driver::{Build, Driver, DriverError, Purpose, Subject};
use crate::verify::literal;
use crate::wire::Reader;
use crate::words::{Age, Language};

/// What the driver reads and writes its lines with; protobuf-java-util brings it, but not for its users.
const GSON: &str = "2.14.0";

/// What the program of another release reads JSON with: what protobuf-java-util asks for, from 3.20 to 4.36.
const GSON_OF_UTIL: &str = "2.8.9";

fn is_brought(file: &str) -> bool {
    sdk::is_in_runtime(Language::Java, file)
}

/// Every file a package of its own, so that no names meet, and with all that this program asks of its classes. What is set a
/// second time in a message counts, as parsers merge it.
fn apart(compiled: &Compiled) -> Compiled {
    const OPTIONS: u32 = 8;
    // Of FileOptions.
    const JAVA_PACKAGE: u32 = 1;
    const JAVA_OUTER_CLASSNAME: u32 = 8;
    const OPTIMIZE_FOR: u32 = 9;
    const JAVA_GENERIC_SERVICES: u32 = 17;
    let mut all = compiled.clone();
    for (n, file) in all.files.iter_mut().enumerate().filter(|(_, file)| !is_brought(&file.name)) {
        let mut descriptor = file.descriptor.to_vec();
        encode::nested(&mut descriptor, OPTIONS, |options| {
            encode::bytes(options, JAVA_PACKAGE, format!("protopact.invalid.f{n}").as_bytes());
            encode::bytes(options, JAVA_OUTER_CLASSNAME, b"ProtopactFile");
            encode::int_field(options, OPTIMIZE_FOR, 1);
            encode::bool_field(options, JAVA_GENERIC_SERVICES, false);
        });
        file.descriptor = descriptor.into();
    }
    all
}

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

    /// The generator of the release makes the classes, which Maven fetches beside the runtime.
    fn write_aged(&self, build: &mut Build<'_>, age: Age) -> Result<(), DriverError> {
        let Some(machine) = maven_classifier() else {
            return Err(build.missing("no protoc is published for this machine"));
        };
        let content = SetOptions { include_imports: true, include_source_info: false };
        let set = descriptor_set(&apart(&build.side.compiled), content);
        build.put("contract.binpb", set)?;
        // One argument a line, whatever is in it.
        let mut arguments = String::from("--descriptor_set_in=contract.binpb\n--java_out=src/main/java\n");
        for file in build.side.compiled.files.iter().filter(|file| !is_brought(&file.name)) {
            arguments += &format!("{}\n", file.name);
        }
        build.put("protoc.args", arguments)?;
        let artifact = format!("driver-{}", age.number());
        build.jar = format!("{artifact}-{}.jar", build.side.version);
        let values = context! {
            artifact, machine, version => &build.side.version, protobuf => age.number(), gson => GSON_OF_UTIL,
            java => versions::JAVA,
        };
        build.put("pom.xml", render(include_str!("../templates/java/aged/pom.xml.j2"), values))?;
        build.put("src/main/java/Driver.java", include_str!("../templates/java/Driver.java"))?;
        build.put("src/main/java/Calls.java", include_str!("../templates/java/aged/Calls.java"))
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
        let of_runtime = ["sdk/pom.xml", "driver/pom.xml"]
            .iter()
            .find_map(|path| asked(driver, "protobuf", path, protobuf));
        of_runtime.into_iter().chain(grpc).collect()
    }

    /// One Maven run for all: its start is what takes longest.
    fn build(&self, work: &Work<'_>, places: &[&Place<'_>]) -> Result<(), BuildError> {
        const QUIET: [&str; 5] = ["-q", "-B", "-ntp", "-DskipTests", "-Dstyle.color=never"];
        let folder = work.base.join("aggregate");
        fs::create_dir_all(&folder).map_err(failed("make", &folder))?;
        let modules: Vec<String> = places
            .iter()
            .flat_map(|place| {
                let own = place.driver.age.is_none().then(|| format!("../{}/sdk", place.key));
                own.into_iter().chain([format!("../{}/driver", place.key)])
            })
            .collect();
        let pom = render(include_str!("../templates/java/aggregate.xml.j2"), context! { modules });
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
        let jars = if place.driver.age.is_some() { folder.join("target") } else { lib };
        let jar = jars.join(&place.driver.jar).into_os_string();
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
