#!/usr/bin/env bash
# `mvn deploy:deploy-file -DgeneratePom=false` with a list of files (`-Dfiles`) sends exactly those, one would think. Where
# the first file is a jar that Maven made, the description that lies in it is sent as well, also when the list has one: the
# same path is written twice in one run. A repository that keeps what it has refuses the second (409), the run ends
# with an error when all files are there, and the list of versions, which comes last, is never written: ranges and
# LATEST do not find the release. Sources jars have such a description too.
#
#   findings/maven-deploy-file-embedded-pom.sh
#
# Seen with maven-deploy-plugin 3.1.4: two uploads of the description; one with -Dpackaging=pom -Dextension=jar. Fails if
# that changes. Needs a JDK and mvn.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
printf '<project><modelVersion>4.0.0</modelVersion><groupId>seen</groupId><artifactId>contract</artifactId><version>1.0.0</version></project>\n' >contract.pom
mkdir -p in/META-INF/maven/seen/contract
cp contract.pom in/META-INF/maven/seen/contract/pom.xml
jar --create --file sources.jar -C in .
jar --create --file classes.jar contract.pom
for packaging in '-Dpackaging=jar' '-Dpackaging=pom -Dextension=jar'; do
    rm -rf repository sources.pom
    # shellcheck disable=SC2086
    mvn --batch-mode -Dstyle.color=never org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy-file \
        -DgeneratePom=false -Dfile=sources.jar -Dclassifier=sources $packaging \
        -Dfiles=contract.pom,classes.jar -Dtypes=pom,jar -Dclassifiers=, \
        -DgroupId=seen -DartifactId=contract -Dversion=1.0.0 -DrepositoryId=folder -Durl="file:$dir/repository" >log
    sed -n 's/.*Uploaded to .*\(contract-1.0.0[^ ]*\).*/\1/p' log | paste -sd ' '
done | tee seen
diff - seen <<'SEEN' || {
contract-1.0.0-sources.jar contract-1.0.0.pom contract-1.0.0.pom contract-1.0.0.jar
contract-1.0.0-sources.jar contract-1.0.0.pom contract-1.0.0.jar
SEEN
    printf 'changed: the description was sent twice, and once where the packaging is `pom`\n'
    exit 1
}
