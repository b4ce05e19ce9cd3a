//! The licence of the version that is generated goes into its packages.

use crate::lab::Lab;

#[test]
fn packages_have_the_texts_of_their_version() {
    let lab = Lab::new("[generate.rust]\ncrate = \"acme-contracts\"\n");
    lab.lock();
    let apache = include_str!("../../LICENSE");
    lab.env.write("LICENSE", apache);
    lab.env.write("NOTICE", "Acme, in 2025");
    lab.env.commit("one");
    lab.env.tag("v1.0.0");
    lab.env.write("LICENSE", "Ask Acme.");
    lab.env.write("NOTICE", "Acme, in 2026");

    let output = lab.ok(&["generate", "--from", "v1.0.0"]);
    assert!(!output.err.contains("licence"), "{output}");
    let read = |name: &str| lab.env.read(&format!("sdk/rust/{name}"));
    assert_eq!(read("LICENSE"), apache);
    assert_eq!(read("NOTICE"), "Acme, in 2025");
    assert!(read("Cargo.toml").contains("license = \"Apache-2.0\""));
    assert!(!read("Cargo.toml").contains("publish = false"));

    // Another text is another package, and one that nobody knows has no name.
    let output = lab.ok(&["generate"]);
    assert!(output.err.contains("`LICENSE` is no text of a well-known licence"), "{output}");
    assert_eq!(read("LICENSE"), "Ask Acme.");
    assert_eq!(read("NOTICE"), "Acme, in 2026");
    assert!(read("Cargo.toml").contains("publish = false"));
}
