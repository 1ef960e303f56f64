#include "tools/tidy/text_rules.h"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {
namespace {

constexpr size_t kColumnsMax = 80;

// A banned name, matched as a whole word in code (not in comments or strings).
struct BannedName {
  absl::string_view pattern;
  absl::string_view instead;
};

constexpr absl::string_view kOrder =
    "use absl::btree_map, std::map or a sorted vector: its order is the same "
    "in every run";
constexpr absl::string_view kClock =
    "take the time from the runtime (cx.Now()), which the seed and the trace "
    "control";
constexpr absl::string_view kSleep =
    "wait for what you need, in virtual time (cx.Sleep()) if it is time";
constexpr absl::string_view kEntropy =
    "derive the value from the seed (asupersync/base/seed.h)";

constexpr BannedName kBanned[] = {
    {R"(std::unordered_\w+)", kOrder},
    {R"(std::random_device)", kEntropy},
    {R"(absl::(?:Insecure)?BitGen)", kEntropy},
    {R"(getrandom)", kEntropy},
    {R"(std::s?rand)", kEntropy},
    {R"(system_clock)", kClock},
    {R"(steady_clock)", kClock},
    {R"(high_resolution_clock)", kClock},
    {R"(absl::Now)", kClock},
    {R"(clock_gettime)", kClock},
    {R"(gettimeofday)", kClock},
    {R"(this_thread::sleep_(?:for|until))", kSleep},
    {R"(absl::SleepFor)", kSleep},
    {R"(usleep|nanosleep)", kSleep},
};

re2::StringPiece Piece(absl::string_view text) {
  return re2::StringPiece(text.data(), text.size());
}

// Characters, for UTF-8: every byte that does not continue one.
size_t Columns(absl::string_view line) {
  size_t columns = 0;
  for (char c : line) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++columns;
  }
  return columns;
}

bool IsHeader(absl::string_view path) { return absl::EndsWith(path, ".h"); }

struct Use {
  int line;
  std::string word;
  absl::string_view instead;
};

std::vector<Use> BannedUses(const SourceFile& file) {
  static const auto* const kPatterns = [] {
    auto* patterns = new std::vector<const RE2*>;
    for (const BannedName& name : kBanned) {
      patterns->push_back(
          new RE2(absl::StrCat(R"(\b()", name.pattern, R"()\b)")));
    }
    return patterns;
  }();
  std::vector<Use> uses;
  const std::string code = CodeOnly(file.text);
  int number = 0;
  for (absl::string_view line : Lines(code)) {
    ++number;
    for (size_t i = 0; i < kPatterns->size(); ++i) {
      std::string word;
      if (RE2::PartialMatch(Piece(line), *(*kPatterns)[i], &word)) {
        uses.push_back({number, word, kBanned[i].instead});
      }
    }
  }
  return uses;
}

bool Covers(const Exception& exception, absl::string_view path,
            absl::string_view word) {
  if (exception.word != word) return false;
  return absl::EndsWith(exception.path, "/")
             ? absl::StartsWith(path, exception.path)
             : path == exception.path;
}

}  // namespace

std::vector<Finding> CheckColumns(const SourceFile& file) {
  std::vector<Finding> findings;
  FileKind kind = KindOf(file);
  if (kind != FileKind::kCc && kind != FileKind::kBazel &&
      kind != FileKind::kShell) {
    return findings;
  }
  int number = 0;
  for (absl::string_view line : Lines(file.text)) {
    ++number;
    if (Columns(line) <= kColumnsMax || absl::StrContains(line, "://") ||
        absl::StartsWith(line, "#include")) {
      continue;
    }
    findings.push_back(
        {file.path, number,
         absl::StrCat("has ", Columns(line), " columns; the bound is ",
                      kColumnsMax),
         "break the line"});
  }
  return findings;
}

std::vector<Finding> CheckWhiteSpace(const SourceFile& file) {
  std::vector<Finding> findings;
  int number = 0;
  for (absl::string_view line : Lines(file.text)) {
    ++number;
    if (absl::StrContains(line, '\t')) {
      findings.push_back({file.path, number, "has a tab", "write spaces"});
    }
    if (!line.empty() && absl::ascii_isspace(line.back())) {
      findings.push_back({file.path, number,
                          "has white space at the end of the line",
                          "remove it"});
    }
  }
  absl::string_view text = file.text;
  if (!text.empty() &&
      (!absl::EndsWith(text, "\n") || absl::EndsWith(text, "\n\n"))) {
    findings.push_back({file.path, number, "does not end with one line end",
                        "end the file with exactly one"});
  }
  return findings;
}

std::vector<Finding> CheckMarks(const SourceFile& file) {
  // The brackets keep this file from finding itself.
  static const RE2* const kMark =
      new RE2(R"(\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b)");
  std::vector<Finding> findings;
  int number = 0;
  for (absl::string_view line : Lines(file.text)) {
    ++number;
    std::string mark;
    if (RE2::PartialMatch(Piece(line), *kMark, &mark)) {
      findings.push_back({file.path, number,
                          absl::StrCat("has the mark ", mark),
                          "finish it, or open an issue and say here what is "
                          "so today"});
    }
  }
  return findings;
}

std::vector<Finding> CheckGuard(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!IsHeader(file.path)) return findings;
  std::string guard = "ASUPERSYNC_";
  for (char c : absl::StripPrefix(file.path, "asupersync/")) {
    guard += absl::ascii_isalnum(c) ? absl::ascii_toupper(c) : '_';
  }
  guard += '_';
  const std::string want_if = absl::StrCat("#ifndef ", guard);
  const std::string want_define = absl::StrCat("#define ", guard);
  const std::string want_end = absl::StrCat("#endif  // ", guard);
  const std::vector<absl::string_view> lines = Lines(file.text);
  const std::string code_text = CodeOnly(file.text);
  const std::vector<absl::string_view> code = Lines(code_text);
  for (size_t i = 0; i < lines.size(); ++i) {
    // What comes before the guard may only be comments.
    if (absl::StripAsciiWhitespace(code[i]).empty()) continue;
    if (lines[i] == want_if && i + 1 < lines.size() &&
        lines[i + 1] == want_define) {
      break;
    }
    findings.push_back({file.path, static_cast<int>(i) + 1,
                        absl::StrCat("the header guard is not ", guard),
                        absl::StrCat("begin the code with '", want_if,
                                     "' and '", want_define, "'")});
    return findings;
  }
  if (lines.empty() || lines.back() != want_end) {
    findings.push_back({file.path, static_cast<int>(lines.size()),
                        absl::StrCat("does not end with the guard ", guard),
                        absl::StrCat("end it with '", want_end, "'")});
  }
  return findings;
}

std::vector<Finding> CheckSize(const SourceFile& file) {
  std::vector<Finding> findings;
  if (KindOf(file) != FileKind::kCc) return findings;
  const size_t lines = Lines(file.text).size();
  size_t lines_max = 700;
  if (IsHeader(file.path)) lines_max = 500;
  if (absl::EndsWith(file.path, "_test.cc")) lines_max = 800;
  if (lines > lines_max) {
    findings.push_back({file.path, static_cast<int>(lines_max) + 1,
                        absl::StrCat("has ", lines, " lines; the bound is ",
                                     lines_max),
                        "split it by idea"});
  }
  return findings;
}

std::vector<Finding> CheckDeterminism(const SourceFile& file) {
  std::vector<Finding> findings;
  if (KindOf(file) != FileKind::kCc) return findings;
  if (!absl::StartsWith(file.path, "asupersync/") &&
      !absl::StartsWith(file.path, "testing/")) {
    return findings;
  }
  for (const Use& use : BannedUses(file)) {
    bool allowed = false;
    for (const Exception& exception : Exceptions()) {
      if (Covers(exception, file.path, use.word)) allowed = true;
    }
    if (allowed) continue;
    findings.push_back(
        {file.path, use.line,
         absl::StrCat("uses ", use.word, ", which can differ between two runs"),
         absl::StrCat(use.instead, "; a use that is right is listed with its "
                      "reason in Exceptions() in tools/tidy/text_rules.cc")});
  }
  return findings;
}

std::vector<Finding> CheckHashOrder(const SourceFile& file,
                                    absl::string_view header) {
  static const RE2* const kTable =
      new RE2(R"((?:flat|node)_hash_(?:map|set)<[^;]*>\s+(\w+)\s*[;={(])");
  std::vector<Finding> findings;
  if (KindOf(file) != FileKind::kCc) return findings;
  const std::string code = CodeOnly(file.text);
  std::set<std::string> names;
  for (const std::string& text : {code, CodeOnly(header)}) {
    re2::StringPiece rest(text);
    std::string name;
    while (RE2::FindAndConsume(&rest, *kTable, &name)) names.insert(name);
  }
  for (const std::string& name : names) {
    const RE2 walk(absl::StrCat(R"(for\s*\(.*:[^:()]*\b)", name, R"(\)|\b)",
                                name, R"(\.c?begin\()"));
    int number = 0;
    for (absl::string_view line : Lines(code)) {
      ++number;
      if (!RE2::PartialMatch(Piece(line), walk)) continue;
      findings.push_back(
          {file.path, number,
           absl::StrCat("walks ", name,
                        ", a hash table, whose order differs between runs"),
           "keep the elements in a vector or an ordered map as well; hash "
           "tables are for look-ups"});
    }
  }
  return findings;
}

const std::vector<Exception>& Exceptions() {
  static const auto* const kExceptions = [] {
    auto* const all = new std::vector<Exception>;
    const auto add = [all](absl::string_view path,
                           const std::vector<absl::string_view>& words,
                           absl::string_view reason) {
      for (absl::string_view word : words) all->push_back({path, word, reason});
    };
    add("asupersync/lab/ambient_guard_test.cc",
        {"system_clock", "steady_clock", "absl::Now", "clock_gettime",
         "gettimeofday", "getrandom", "std::rand", "std::random_device",
         "usleep", "this_thread::sleep_for", "absl::SleepFor"},
        "calls them to see them caught");
    add("asupersync/lab/ambient_symbols.cc",
        {"clock_gettime", "gettimeofday", "getrandom", "usleep", "nanosleep"},
        "defines them to catch them");
    add("asupersync/cli/progress.h", {"steady_clock"},
        "tells somebody at a terminal that work goes on");
    add("testing/watchdog.cc", {"clock_gettime"},
        "bounds the wait for a thread that hangs");
    add("testing/e2e/ambient_subject.cc",
        {"system_clock", "std::random_device", "this_thread::sleep_for"},
        "does on purpose what a test must not do");
    add("testing/e2e/determinism_subject.cc",
        {"steady_clock", "std::random_device", "std::unordered_map"},
        "does on purpose what a test must not do");
    add("testing/e2e/oracles_subject_waits.cc", {"steady_clock"},
        "does on purpose what a test must not do");
    add("testing/e2e/watchdog_test.cc", {"this_thread::sleep_for"},
        "sees that nothing happens to a program for a while");
    constexpr char kKills[] = "kills a program at a moment that nobody chooses";
    add("asupersync/replay/mapped_trace_file_test.cc", {"usleep"}, kKills);
    add("testing/e2e/dies_from_outside_test.cc", {"usleep"}, kKills);
    return all;
  }();
  return *kExceptions;
}

bool IsUsed(const Exception& exception, const SourceFile& file) {
  for (const Use& use : BannedUses(file)) {
    if (Covers(exception, file.path, use.word)) return true;
  }
  return false;
}

}  // namespace asupersync::tidy
