"""The headers of a library, for a test that reads them."""

def _headers_of_impl(ctx):
    context = ctx.attr.library[CcInfo].compilation_context
    headers = [
        header
        for header in context.headers.to_list()
        if [path for path in ctx.attr.paths if header.path.endswith(path)]
    ]
    if len(headers) != len(ctx.attr.paths):
        fail("wanted %s, found %s" % (ctx.attr.paths, headers))
    return [DefaultInfo(
        files = depset(headers),
        runfiles = ctx.runfiles(files = headers),
    )]

headers_of = rule(
    implementation = _headers_of_impl,
    doc = "The headers of `library` that end in these paths, each found once.",
    attrs = {
        "library": attr.label(providers = [CcInfo]),
        "paths": attr.string_list(),
    },
)
