#include "tools/tidy/layer_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {

const std::vector<Layer>& Layers() {
  using Folders = std::vector<absl::string_view>;
  auto with = [](Folders folders, const Folders& more) {
    folders.insert(folders.end(), more.begin(), more.end());
    return folders;
  };
  static const auto* const kLayers = [&] {
    const Folders kToTask = {"asupersync/base", "asupersync/trace",
                             "asupersync/choice", "asupersync/task"};
    const Folders kPrimitives = {"asupersync/sync", "asupersync/channel",
                                 "asupersync/time", "asupersync/combinator",
                                 "asupersync/io"};
    const Folders kToPrimitives =
        with(with(kToTask, {"asupersync/replay"}), kPrimitives);
    return new std::vector<Layer>{
        // Schemas; the generated headers include only protobuf.
        {"proto", 0, {}},
        {"asupersync/base", 0, {}},
        {"asupersync/trace", 1, {"asupersync/base"}},
        {"asupersync/choice", 1, {"asupersync/base"}},
        {"asupersync/task", 2, {"asupersync/base", "asupersync/trace"}},
        // Neither replay nor explore knows of tasks: they are given a callback
        // that runs the program once, and are tested on toy models.
        {"asupersync/replay",
         2,
         {"asupersync/base", "asupersync/trace", "asupersync/choice",
          "proto"}},
        {"asupersync/explore",
         2,
         {"asupersync/base", "asupersync/trace", "asupersync/choice",
          "proto"}},
        // Primitives talk to the abstract Runtime, so that the same object
        // code runs in the lab and live.
        {"asupersync/sync", 3, kToTask},
        {"asupersync/channel", 3, kToTask},
        {"asupersync/time", 3, kToTask},
        {"asupersync/combinator", 3, kToTask},
        {"asupersync/io", 3, kToTask},
        {"asupersync/lab", 4, kToPrimitives},
        {"asupersync/live", 4, with(kToPrimitives, {"asupersync/explore"})},
        {"asupersync/sim", 5, with(kToPrimitives, {"asupersync/lab"})},
        // The facade: re-exports only.
        {"asupersync",
         6,
         with(kToPrimitives, {"asupersync/explore", "asupersync/lab",
                              "asupersync/live", "asupersync/sim"})},
        {"asupersync/cli",
         6,
         {"asupersync/base", "asupersync/trace", "asupersync/replay",
          "asupersync/explore", "proto"}},
        // The only shipped code that includes GoogleTest.
        {"testing",
         7,
         {"asupersync", "asupersync/base", "asupersync/replay",
          "asupersync/explore", "asupersync/lab"}},
        // Users' view: public targets only.
        {"testing/e2e", 8, {"asupersync", "testing"}},
        {"examples", 8, {"asupersync", "testing"}},
        // The floors that benchmarks compare with are made of the same parts.
        {"benchmarks",
         8,
         {"asupersync", "asupersync/base", "asupersync/trace", "testing"}},
        // Checks the tree as text; knows nothing of the library.
        {"tools", 8, {}},
    };
  }();
  return *kLayers;
}

const Layer* LayerOfFolder(absl::string_view folder) {
  for (const Layer& layer : Layers()) {
    if (layer.folder == folder) return &layer;
  }
  return nullptr;
}

const Layer* LayerOfFile(absl::string_view path) {
  absl::string_view folder = FolderOf(path);
  if (folder == "asupersync") return LayerOfFolder(folder);
  for (; !folder.empty(); folder = FolderOf(folder)) {
    if (folder == "asupersync") return nullptr;
    if (const Layer* layer = LayerOfFolder(folder)) return layer;
  }
  return nullptr;
}

std::string WhyNot(const Layer& from, const Layer& to, bool is_test) {
  if (from.folder == to.folder) return "";
  if (is_test) {
    if (to.rank <= from.rank) return "";
    return absl::StrCat(to.folder, "/ has rank ", to.rank, ", above ",
                        from.folder, "/ with ", from.rank);
  }
  const auto& allowed = from.may_include;
  if (std::find(allowed.begin(), allowed.end(), to.folder) != allowed.end()) {
    return "";
  }
  return absl::StrCat(
      from.folder, "/ (rank ", from.rank, ") may include only ",
      allowed.empty() ? "itself" : absl::StrJoin(allowed, ", "), "; not ",
      to.folder, "/ (rank ", to.rank, ")");
}

}  // namespace asupersync::tidy
