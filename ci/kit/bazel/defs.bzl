"""A test that fails when a contract breaks those who use the last version of it.

Copy this folder, and put protopact where `program` finds it (an `http_archive` of a release, or `//tools:protopact`).
A sandbox has no history, so that the last version is a file: write it on release with
`bazel build //proto:contract && cp -f bazel-bin/proto/contract.binpb proto/released.binpb`, and commit it.

    load("//tools/protopact:defs.bzl", "descriptor_set", "protopact_test")

    descriptor_set(name = "contract", protos = [":pay_proto", ":shop_proto"])
    protopact_test(name = "contract_test", new = ":contract", old = "released.binpb")
"""

load("@protobuf//bazel/common:proto_info.bzl", "ProtoInfo")

def _descriptor_set_impl(ctx):
    sets = depset(transitive = [p[ProtoInfo].transitive_descriptor_sets for p in ctx.attr.protos])
    out = ctx.actions.declare_file(ctx.label.name + ".binpb")

    # Descriptor sets are added to each other by writing one behind the other.
    ctx.actions.run_shell(
        inputs = sets,
        outputs = [out],
        command = 'out=$1; shift; cat "$@" > "$out"',
        arguments = [ctx.actions.args().add(out).add_all(sets)],
    )
    return DefaultInfo(files = depset([out]))

descriptor_set = rule(
    implementation = _descriptor_set_impl,
    attrs = {"protos": attr.label_list(providers = [ProtoInfo], mandatory = True)},
)

def _protopact_test_impl(ctx):
    files = [ctx.file._script, ctx.file.program, ctx.file.new, ctx.file.old]

    # A launcher of its own: not every version of Bazel has a rule for scripts.
    words = [f.short_path for f in files] + ctx.attr.arguments
    quoted = ["'" + word.replace("'", "'\\''") + "'" for word in words]
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(launcher, "#!/bin/sh\nexec " + " ".join(quoted) + "\n", is_executable = True)
    runfiles = ctx.runfiles(files = files).merge(ctx.attr.program[DefaultInfo].default_runfiles)
    return DefaultInfo(executable = launcher, runfiles = runfiles)

protopact_test = rule(
    implementation = _protopact_test_impl,
    attrs = {
        "arguments": attr.string_list(doc = "For `protopact check`."),
        "new": attr.label(allow_single_file = True, mandatory = True),
        "old": attr.label(allow_single_file = True, mandatory = True),
        "program": attr.label(allow_single_file = True, default = "//tools:protopact"),
        "_script": attr.label(allow_single_file = True, default = ":protopact-test"),
    },
    test = True,
)
