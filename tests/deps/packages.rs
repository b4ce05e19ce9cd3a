//! Small packages, as each world packs them.

use std::io::Write as _;

/// What every package holds.
pub(crate) const PAY: &str = "syntax = \"proto3\";\npackage acme.pay;\nmessage Pay { string id = 1; }\n";

pub(crate) type Files<'a> = &'a [(&'a str, &'a [u8])];

/// A zip archive of files that are not compressed.
pub(crate) fn zip(files: Files<'_>) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let at = u32::try_from(out.len()).unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).unwrap();
        let mut common = Vec::new();
        for half in [20_u16, 0, 0, 0, 0x21] {
            common.extend(half.to_le_bytes());
        }
        for whole in [crc.sum(), size, size] {
            common.extend(whole.to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(*content);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend((0o100_644_u32 << 16).to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (at, count) = (u32::try_from(out.len()).unwrap(), u16::try_from(files.len()).unwrap());
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

/// A compressed tar archive.
pub(crate) fn tgz(files: Files<'_>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(&builder.into_inner().unwrap()).unwrap();
    out.finish().unwrap()
}

/// What a proxy for Go modules answers for one version: path and content.
pub(crate) fn go(version: &str, pay: &str) -> Vec<(String, Vec<u8>)> {
    let module = "module example.com/acme/pay\n";
    let inside = |path: &str| format!("example.com/acme/pay@{version}/{path}");
    let (proto, go_mod) = (inside("acme/pay/pay.proto"), inside("go.mod"));
    let zip = zip(&[(&proto, pay.as_bytes()), (&go_mod, module.as_bytes())]);
    let at = |name: &str| format!("example.com/acme/pay/@v/{name}");
    let info = format!("{{\"Version\": \"{version}\", \"Time\": \"2024-01-01T00:00:00Z\"}}");
    vec![
        (at("list"), format!("{version}\n").into()),
        (at(&format!("{version}.info")), info.into()),
        (at(&format!("{version}.mod")), module.into()),
        (at(&format!("{version}.zip")), zip),
    ]
}

/// A repository for Maven with one version.
pub(crate) fn maven(version: &str) -> Vec<(String, Vec<u8>)> {
    let jar = zip(&[("acme/pay/pay.proto", PAY.as_bytes())]);
    let pom = format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>pay-protos</artifactId>\
         <version>{version}</version></project>"
    );
    let at = |name: &str| format!("com/acme/pay-protos/{name}");
    let metadata = format!(
        "<metadata><groupId>com.acme</groupId><artifactId>pay-protos</artifactId><versioning>\
         <latest>{version}</latest><release>{version}</release><versions><version>{version}</version></versions>\
         </versioning></metadata>"
    );
    vec![
        (at("maven-metadata.xml"), metadata.into()),
        (at(&format!("{version}/pay-protos-{version}.jar")), jar),
        (at(&format!("{version}/pay-protos-{version}.pom")), pom.into()),
    ]
}

/// A wheel.
pub(crate) fn wheel(version: &str) -> (String, Vec<u8>) {
    let info = |name: &str| format!("pay_protos-{version}.dist-info/{name}");
    let metadata = format!("Metadata-Version: 2.1\nName: pay-protos\nVersion: {version}\n");
    let wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let files = [
        ("acme/pay/pay.proto".to_owned(), PAY.to_owned()),
        (info("METADATA"), metadata),
        (info("WHEEL"), wheel.to_owned()),
        (info("RECORD"), String::new()),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, c)| (n.as_str(), c.as_bytes())).collect();
    (format!("pay_protos-{version}-py3-none-any.whl"), zip(&files))
}

/// A registry for crates in a folder, with one version.
pub(crate) fn crates(version: &str) -> Vec<(String, Vec<u8>)> {
    let manifest = format!(
        "[package]\nname = \"pay-protos\"\nversion = \"{version}\"\nedition = \"2021\"\nlicense = \"MIT\"\n\
         description = \"protos\"\n"
    );
    let inside = |path: &str| format!("pay-protos-{version}/{path}");
    let (toml, lib, proto) = (inside("Cargo.toml"), inside("src/lib.rs"), inside("proto/acme/pay/pay.proto"));
    let packed = tgz(&[(&toml, manifest.as_bytes()), (&lib, b""), (&proto, PAY.as_bytes())]);
    let hash = protopact::machine::sha256(&packed);
    let line = format!(
        "{{\"name\":\"pay-protos\",\"vers\":\"{version}\",\"deps\":[],\"cksum\":\"{hash}\",\"features\":{{}},\"yanked\":false}}\n"
    );
    vec![(format!("pay-protos-{version}.crate"), packed), ("index/pa/y-/pay-protos".to_owned(), line.into())]
}

/// A package for npm.
pub(crate) fn npm(version: &str) -> Vec<u8> {
    let json = format!("{{\"name\": \"pay-protos\", \"version\": \"{version}\"}}");
    tgz(&[("package/package.json", json.as_bytes()), ("package/proto/acme/pay/pay.proto", PAY.as_bytes())])
}
