"""Tests of the examples; //examples/quickstart has one without a macro."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def example_test(name, srcs, deps, tags = []):
    """A test with what all examples use; a buggy one has the tag "manual"."""
    cc_test(
        name = name,
        size = "small",
        srcs = srcs,
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
