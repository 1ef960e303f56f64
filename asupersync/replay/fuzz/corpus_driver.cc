// A main() for fuzz targets that are built without libFuzzer: gives
// LLVMFuzzerTestOneInput() each file of a corpus, and mutations of each.
//
//   trace_reader_fuzz [--mutations=N] [--only=N] FILE...
//
// Each file is run as it is (its mutation 0), then as mutations 1 to N
// (Mutate()); --only=N runs mutation N alone. A target says that something is
// wrong by ending the process, as sanitizers do; then the file and the number
// of the mutation are printed. Exit status: 0, or 2 if there is no file or one
// cannot be read.
//
// Determinism: mutation n of a file depends on n and on the contents of the
// files.
#include <signal.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/prng.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/fuzz/mutate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// There in programs with a sanitizer.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(
    void (*callback)());

namespace asupersync {
namespace {

// What is being run, for TellInput().
char current[512];

// May be called from a signal handler.
void TellInput() {
  const ssize_t ignored = ::write(2, current, std::strlen(current));
  static_cast<void>(ignored);
}

void OnAbort(int) { TellInput(); }

struct Options {
  uint64_t mutations = 200;
  std::optional<uint64_t> only;
  std::vector<std::string> paths;
  std::vector<std::string> files;
};

bool Number(absl::string_view word, absl::string_view option, uint64_t* out) {
  return absl::StartsWith(word, option) &&
         absl::SimpleAtoi(word.substr(option.size()), out);
}

bool ReadOptions(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    uint64_t number = 0;
    if (Number(argv[i], "--mutations=", &options->mutations)) continue;
    if (Number(argv[i], "--only=", &number)) {
      options->only = number;
      continue;
    }
    std::ifstream in(argv[i], std::ios::binary);
    options->paths.emplace_back(argv[i]);
    options->files.emplace_back(std::istreambuf_iterator<char>(in),
                                std::istreambuf_iterator<char>());
    if (!in) {
      std::fprintf(stderr, "%s: neither a file to read nor an option\n",
                   argv[i]);
      return false;
    }
  }
  if (options->files.empty()) std::fprintf(stderr, "no files are given\n");
  return !options->files.empty();
}

// Returns the number of inputs that were run.
uint64_t Run(const Options& options) {
  uint64_t runs = 0;
  const uint64_t last = options.only.value_or(options.mutations);
  for (size_t f = 0; f < options.files.size(); ++f) {
    for (uint64_t n = options.only.value_or(0); n <= last; ++n, ++runs) {
      Prng prng(StableHash64(options.files[f], n));
      const std::string& other =
          options.files[prng.Below(options.files.size())];
      const std::string input =
          n == 0 ? options.files[f] : Mutate(options.files[f], other, prng);
      std::snprintf(current, sizeof(current),
                    "the input is mutation %llu of %s (--only=%llu)\n",
                    static_cast<unsigned long long>(n),
                    options.paths[f].c_str(),
                    static_cast<unsigned long long>(n));
      // Exactly this long, so that a sanitizer sees a read behind it.
      const std::vector<uint8_t> bytes(input.begin(), input.end());
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
  }
  return runs;
}

}  // namespace
}  // namespace asupersync

int main(int argc, char** argv) {
  asupersync::Options options;
  if (!asupersync::ReadOptions(argc, argv, &options)) return 2;
  ::signal(SIGABRT, asupersync::OnAbort);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(asupersync::TellInput);
  }
  std::printf("%llu inputs\n",
              static_cast<unsigned long long>(asupersync::Run(options)));
  return 0;
}
