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

def protopact_test(name, new, old, program = "//tools:protopact", arguments = [], **kwargs):
    native.sh_test(
        name = name,
        srcs = [Label(":protopact-test")],
        args = ["$(rootpath %s)" % target for target in [program, new, old]] + arguments,
        data = [program, new, old],
        **kwargs
    )
