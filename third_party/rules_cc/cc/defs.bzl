"""The native C++ rules under rules_cc's names.

Debian's bazel-rules-cc is too new for Debian's Bazel 4.2.3; this file is what
both of them need of it.
"""

cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_proto_library = native.cc_proto_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
