"""A program that attacks one reader with bytes."""

load("@rules_cc//cc:defs.bzl", "cc_test")

_LIBFUZZER = "//asupersync/replay/fuzz:libfuzzer"

def fuzz_target(name, srcs, corpus, mutations, deps):
    """Declares `<name>`, whose sources define LLVMFuzzerTestOneInput().

    With --config=fuzz it is a libFuzzer target; otherwise a test that runs the
    corpus and mutations of it, by corpus_driver's main().

    Args:
      name: ends with _fuzz; the corpus is in corpus/ and the name before that.
      srcs: of the target.
      corpus: the files.
      mutations: how many the test makes of each file.
      deps: of the sources.
    """
    cc_test(
        name = name,
        size = "medium",
        srcs = srcs,
        args = ["--mutations=%d" % mutations] + [
            "$(location %s)" % file
            for file in corpus
        ],
        data = corpus,
        linkopts = select({
            _LIBFUZZER: ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            _LIBFUZZER: [],
            "//conditions:default": ["//asupersync/replay/fuzz:corpus_driver"],
        }),
    )
