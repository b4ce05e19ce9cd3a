#!/usr/bin/env bash
# One version of a contract becomes a Maven artifact, a Python distribution and a crate, and a pre-release of the one is not
# a pre-release of the others. To Maven a qualifier that it does not know comes after the release: 1.0.0-preview.3,
# 1.0.0-pre.1 and 1.0.0-dev.2 are newer than 1.0.0, and a range that ends at 1.0.0 leaves them out. PEP 440 reads -1 behind a
# version as a post-release: 1.0.0-1 is before 1.0.0 in semver and after it for Python and Maven. Of the usual words only
# alpha, beta and rc stand before the release in all three.
#
#   findings/prerelease-order.sh
#
# Seen with maven-artifact 3.9.9, packaging 25.0 and npm's semver 7.7.2. Fails if that changes. Needs a JDK, mvn, npm, and
# python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seen</groupId>
  <artifactId>seen</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.maven</groupId>
      <artifactId>maven-artifact</artifactId>
      <version>3.9.9</version>
    </dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install packaging==25.0
npm --silent install --no-audit --no-fund semver@7.7.2
cat >Order.java <<'JAVA'
import org.apache.maven.artifact.versioning.ComparableVersion;

class Order {
  public static void main(String[] versions) {
    for (String version : versions) {
      boolean before = new ComparableVersion(version).compareTo(new ComparableVersion("1.0.0")) < 0;
      System.out.println("maven " + version + (before ? " before" : " after"));
    }
  }
}
JAVA
versions=(1.0.0-rc.1 1.0.0-beta.2 1.0.0-preview.3 1.0.0-pre.1 1.0.0-dev.2 1.0.0-1)
{
    java -cp 'lib/*' Order.java "${versions[@]}"
    env/bin/python -c '
import sys
from packaging.version import Version
for version in sys.argv[1:]:
    print("python", version, "before" if Version(version) < Version("1.0.0") else "after")' "${versions[@]}"
    node -e '
const { lt } = require("semver");
for (const version of process.argv.slice(1)) console.log("semver", version, lt(version, "1.0.0") ? "before" : "after");
' "${versions[@]}"
} | tee seen
cat >expected <<'OUT'
maven 1.0.0-1 after
maven 1.0.0-dev.2 after
maven 1.0.0-pre.1 after
maven 1.0.0-preview.3 after
python 1.0.0-1 after
OUT
grep after seen | sort | diff expected - || {
    printf 'changed: four were after the release for Maven, one for Python, none for semver\n'
    exit 1
}
