// A task for Gradle: `apply(from = "protopact.gradle.kts")`. `./gradlew check` then judges the contract as well; in a
// pipeline against what the run is about, elsewhere against where the branch left the main line.
//
//   -Pprotopact=PATH          the program (protopact on the path)
//   -PprotopactAgainst=SRC    what to compare with

val reports = layout.buildDirectory.dir("reports/protopact")
val inPipeline = listOf("GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL").any { System.getenv(it) != null }

val protopactCheck = tasks.register<Exec>("protopactCheck") {
    group = "verification"
    description = "Checks what the contract breaks."
    val against = providers.gradleProperty("protopactAgainst")
        .getOrElse(if (inPipeline) "ci" else "merge-base:origin/main")
    val folder = reports.get().asFile
    doFirst { folder.mkdirs() }
    commandLine(
        providers.gradleProperty("protopact").getOrElse("protopact"), "check", "--against", against, "--fetch",
        "--report", "junit=$folder/junit.xml", "--report", "html=$folder/report.html",
    )
}

tasks.matching { it.name == "check" }.configureEach { dependsOn(protopactCheck) }
