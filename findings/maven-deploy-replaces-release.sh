#!/usr/bin/env bash
# `mvn deploy` of a release that is already there does not fail where the repository is a folder (`file:`): the jar is
# replaced by another one under the same version, with new checksums, exit 0 and no warning. A repository server answers
# 409. So a release that never changes cannot rest on the deploy goal: who publishes has to look first, and compare.
#
#   findings/maven-deploy-replaces-release.sh
#
# Seen with maven-deploy-plugin 3.1.4. Fails if that changes. Needs a JDK and mvn.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
jar=repository/seen/contract/1.0.0/contract-1.0.0.jar
for content in first second; do
    printf '%s\n' "$content" >note.txt
    rm -f contract.jar
    jar --create --file contract.jar note.txt
    mvn --batch-mode -Dstyle.color=never org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy-file \
        -Dfile=contract.jar -DgroupId=seen -DartifactId=contract -Dversion=1.0.0 -Dpackaging=jar \
        -DrepositoryId=folder -Durl="file:$dir/repository" >log
    unzip -p "$jar" note.txt
    sha1sum "$jar" | cut -d' ' -f1 | diff - <(cut -c1-40 "$jar.sha1")
    grep -c WARNING log || true
done | tee seen
printf 'first\n0\nsecond\n0\n' | diff - seen || {
    printf 'changed: the second jar took the place of the first, without a warning\n'
    exit 1
}
