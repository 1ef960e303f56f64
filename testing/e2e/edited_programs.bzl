"""A source file as it was recorded, and as it was edited since."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def edited_programs(name, srcs, edits, deps):
    """Libraries <name>_0, <name>_1, ... of one source, with the macro EDIT.

    They have their sites in that source, as if it had been edited in place.
    """
    for edit in range(edits):
        edited = "%s_%d" % (name, edit)
        native.genrule(
            name = edited + "_source",
            srcs = srcs,
            outs = [edited + ".cc"],
            cmd = """{ echo '#define EDIT %d'
                       echo '#line 1 "$<"'
                       cat $<; } > $@""" % edit,
        )
        cc_library(
            name = edited,
            testonly = True,
            srcs = [edited + ".cc"],
            deps = deps,
        )
