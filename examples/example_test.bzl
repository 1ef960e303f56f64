"""Tests of the examples; //examples/quickstart has one without a macro."""

load("@rules_cc//cc:defs.bzl", "cc_library", "cc_test")

def example_test(name, srcs, deps, data = [], tags = [], size = "small"):
    """A test with what all examples use; a buggy one has the tag "manual"."""
    cc_test(
        name = name,
        size = size,
        srcs = srcs,
        data = data,
        tags = tags,
        visibility = ["//visibility:public"],
        deps = deps + [
            "//asupersync",
            "//testing:asupersync_test_main",
            "//testing:lab_test",
            "@com_google_absl//absl/status",
            "@com_google_absl//absl/status:statusor",
            "@com_google_absl//absl/time",
            "@com_google_googletest//:gtest",
        ],
    )

def failing_example_test(name, subject, test_id, failure):
    """Passes if test `test_id` of `subject` fails under some seed.

    Its output must hold `failure`, and what it says to run it again must work.
    """
    cc_test(
        name = name,
        size = "small",
        args = ["$(location %s)" % subject, test_id, '"%s"' % failure],
        data = [subject],
        deps = ["//examples:failing_test_driver"],
    )

def mutant_test(name, original, line, mutated, test_id, failure):
    """Tests that the test of a library finds a bug planted in the library.

    A copy of `original`.cc has `mutated` in the place of its one line `line`;
    `original`_test.cc with that copy, <name>_test, must fail as
    failing_example_test() says. In <name>_mutant.cc of bazel-bin one can read
    what was tested.
    """
    mutant = name + "_mutant"
    native.genrule(
        name = mutant + "_source",
        srcs = [original + ".cc"],
        outs = [mutant + ".cc"],
        # Exactly one line must be the one to be replaced.
        cmd = """awk '$$0 == "{line}" {{ print "{mutated}"; ++n; next }}
                      {{ print }}
                      END {{ exit n != 1 }}' $< > $@""".format(
            line = line.replace('"', '\\"'),
            mutated = mutated.replace('"', '\\"'),
        ),
    )
    cc_library(
        name = mutant,
        testonly = True,
        srcs = [mutant + ".cc"],
        hdrs = [original + ".h"],
        deps = [
            "//asupersync",
            "@com_google_absl//absl/status",
            "@com_google_absl//absl/status:statusor",
            "@com_google_absl//absl/strings",
            "@com_google_absl//absl/time",
        ],
    )
    example_test(
        name = name + "_test",
        srcs = [original + "_test.cc"],
        tags = ["manual"],
        deps = [
            ":" + mutant,
            "//examples:heavy_chaos_fixture",
            "@com_google_absl//absl/strings",
        ],
    )
    failing_example_test(
        name = name + "_fails_test",
        failure = failure,
        subject = ":" + name + "_test",
        test_id = test_id,
    )
