"""A program as `-c dbg` builds it, whatever the rest is built as."""

def _debug_mode_impl(settings, attr):
    return {"//command_line_option:compilation_mode": "dbg"}

_debug_mode = transition(
    implementation = _debug_mode_impl,
    inputs = [],
    outputs = ["//command_line_option:compilation_mode"],
)

def _debug_build_impl(ctx):
    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = program,
        target_file = ctx.executable.program,
        is_executable = True,
    )
    return [DefaultInfo(
        executable = program,
        files = depset([program]),
        runfiles = ctx.runfiles([program, ctx.executable.program]).merge(
            ctx.attr.program[0][DefaultInfo].default_runfiles,
        ),
    )]

# The symbolic link <name> to `program` with debug information.
debug_build = rule(
    implementation = _debug_build_impl,
    attrs = {
        "program": attr.label(
            cfg = _debug_mode,
            executable = True,
            mandatory = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/" +
                      "function_transition_allowlist",
        ),
    },
    executable = True,
)
