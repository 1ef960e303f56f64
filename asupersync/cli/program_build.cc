#include "asupersync/cli/program_build.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/stable_hash.h"

namespace asupersync::cli {
namespace {

namespace fs = std::filesystem;

// A variable that every lab test reads (testing/lab_flags.cc).
constexpr absl::string_view kMark = "ASUPERSYNC_TEST_ARTIFACTS_DIR";

// More is not read of any part.
constexpr size_t kPartBytesMax = 1 << 20;
constexpr size_t kObjectsMax = 4096;

class File {
 public:
  explicit File(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool ok() const { return fd_ >= 0; }

  // At most `size` bytes; fewer at the end of the file or if it cannot be read.
  std::string Read(uint64_t offset, size_t size) const {
    std::string bytes(std::min(size, kPartBytesMax), '\0');
    if (offset > static_cast<uint64_t>(INT64_MAX)) return "";
    const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(),
                              static_cast<off_t>(offset));
    bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return bytes;
  }
  template <class T>
  bool Load(uint64_t offset, T* value) const {
    const std::string bytes = Read(offset, sizeof(T));
    if (bytes.size() < sizeof(T)) return false;
    std::memcpy(value, bytes.data(), sizeof(T));
    return true;
  }
  // Up to the next zero byte, which must come soon.
  std::string ReadText(uint64_t offset) const {
    const std::string bytes = Read(offset, 4096);
    const size_t end = bytes.find('\0');
    return end == std::string::npos ? "" : bytes.substr(0, end);
  }
  bool Contains(absl::string_view text) const {
    const size_t step = kPartBytesMax - text.size();
    for (uint64_t offset = 0;; offset += step) {
      const std::string bytes = Read(offset, kPartBytesMax);
      if (absl::StrContains(bytes, text)) return true;
      if (bytes.size() < kPartBytesMax) return false;
    }
  }

 private:
  int fd_;
};

// A program or shared library of this machine's kind.
struct Object {
  std::string ids;  // the build ids among its notes
  std::vector<std::string> needed;
  std::string rpath;
  std::string runpath;
  bool has_mark = false;
};

// As testing/test_process.cc reads them in memory.
void AppendBuildIds(const File& file, const Elf64_Phdr& segment,
                    std::string* ids) {
  const std::string notes = file.Read(segment.p_offset, segment.p_filesz);
  const auto padded = [](uint64_t bytes) { return (bytes + 3) & ~uint64_t{3}; };
  uint64_t at = 0;
  while (notes.size() - at >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data() + at, sizeof(note));
    at += sizeof(note);
    const uint64_t size = padded(note.n_namesz) + padded(note.n_descsz);
    if (size > notes.size() - at) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes.data() + at, "GNU", 4) == 0) {
      ids->append(notes, at + padded(note.n_namesz), note.n_descsz);
    }
    at += size;
  }
}

// Where in the file this address of memory comes from.
std::optional<uint64_t> OffsetOf(const std::vector<Elf64_Phdr>& segments,
                                 uint64_t address) {
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz) {
      return segment.p_offset + (address - segment.p_vaddr);
    }
  }
  return std::nullopt;
}

bool ReadDynamic(const File& file, const std::vector<Elf64_Phdr>& segments,
                 const Elf64_Phdr& dynamic, Object* object) {
  const std::string bytes = file.Read(dynamic.p_offset, dynamic.p_filesz);
  std::optional<uint64_t> texts;
  std::vector<std::pair<std::string*, uint64_t>> wanted;
  std::vector<uint64_t> needed;
  for (size_t at = 0; bytes.size() - at >= sizeof(Elf64_Dyn);
       at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    std::memcpy(&entry, bytes.data() + at, sizeof(entry));
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_STRTAB) texts = OffsetOf(segments, entry.d_un.d_ptr);
    if (entry.d_tag == DT_NEEDED) needed.push_back(entry.d_un.d_val);
    if (entry.d_tag == DT_RPATH) {
      wanted.emplace_back(&object->rpath, entry.d_un.d_val);
    } else if (entry.d_tag == DT_RUNPATH) {
      wanted.emplace_back(&object->runpath, entry.d_un.d_val);
    }
  }
  if (needed.size() > kObjectsMax) return false;
  if (!texts.has_value()) return needed.empty();
  for (uint64_t at : needed) {
    object->needed.push_back(file.ReadText(*texts + at));
  }
  for (const auto& [text, at] : wanted) *text = file.ReadText(*texts + at);
  return true;
}

// nullopt: it is no such object, or damaged.
std::optional<Object> ReadObject(const File& file) {
  Elf64_Ehdr header;
  if (!file.Load(0, &header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_phentsize != sizeof(Elf64_Phdr)) {
    return std::nullopt;
  }
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  for (size_t i = 0; i < segments.size(); ++i) {
    if (!file.Load(header.e_phoff + i * sizeof(Elf64_Phdr), &segments[i])) {
      return std::nullopt;
    }
  }
  Object object;
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_NOTE) AppendBuildIds(file, segment, &object.ids);
    if (segment.p_type == PT_DYNAMIC &&
        !ReadDynamic(file, segments, segment, &object)) {
      return std::nullopt;
    }
  }
  object.has_mark = file.Contains(kMark);
  return object;
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool IsOfTheSystem(absl::string_view path) {
  return absl::StartsWith(path, "/lib") || absl::StartsWith(path, "/usr/");
}

// The folders of a search path, with $ORIGIN replaced.
std::vector<std::string> Folders(const std::string& search_path,
                                 const std::string& origin) {
  std::vector<std::string> folders;
  if (search_path.empty()) return folders;
  for (absl::string_view folder : absl::StrSplit(search_path, ':')) {
    folders.push_back(absl::StrReplaceAll(
        folder, {{"$ORIGIN", origin}, {"${ORIGIN}", origin}}));
  }
  return folders;
}

// A loaded object, and where it was found.
struct Loaded {
  std::string path;
  Object object;
};

// The path of a needed library; empty: not found, or it depends on the folder
// that the program is started in, which is another one than ours.
std::string FindLibrary(const std::string& name, const Loaded& by,
                        const Loaded& program) {
  if (absl::StrContains(name, "/")) {
    return absl::StartsWith(name, "/") && IsFile(name) ? name : "";
  }
  std::vector<std::string> folders;
  const auto add = [&](const std::string& search_path, const Loaded& of) {
    for (std::string& folder :
         Folders(search_path, fs::path(of.path).parent_path().string())) {
      folders.push_back(std::move(folder));
    }
  };
  if (by.object.runpath.empty()) {
    add(by.object.rpath, by);
    if (program.object.runpath.empty()) add(program.object.rpath, program);
  }
  add(by.object.runpath, by);
  for (const char* folder :
       {"/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64", "/lib",
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
        "/usr/lib", "/usr/local/lib"}) {
    folders.emplace_back(folder);
  }
  for (const std::string& folder : folders) {
    if (!absl::StartsWith(folder, "/")) return "";
    std::string path = absl::StrCat(folder, "/", name);
    if (IsFile(path)) return path;
  }
  return "";
}

// Loads what `program` needs, in the loader's order. False: `why`.
bool LoadAll(std::vector<Loaded>* loaded, std::string* why) {
  std::set<std::string> names;
  for (size_t i = 0; i < loaded->size(); ++i) {
    const std::vector<std::string> needed = (*loaded)[i].object.needed;
    for (const std::string& name : needed) {
      if (!names.insert(name).second) continue;
      const std::string path =
          FindLibrary(name, (*loaded)[i], loaded->front());
      if (path.empty()) {
        *why = absl::StrCat("its library ", name,
                            " was not found, or depends on the folder that it "
                            "is started in");
        return false;
      }
      if (IsOfTheSystem(path)) continue;
      const File file(path);
      std::optional<Object> object;
      if (file.ok()) object = ReadObject(file);
      if (!object.has_value() || loaded->size() == kObjectsMax) {
        *why = absl::StrCat("its library ", path, " cannot be read");
        return false;
      }
      loaded->push_back({path, *std::move(object)});
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<ProgramBuild> DescribeProgram(
    const std::string& path, const std::vector<std::string>& environment) {
  ProgramBuild build;
  // The loader takes the program's real place for $ORIGIN.
  std::error_code error;
  const std::string real = fs::canonical(path, error).string();
  const File file(error ? path : real);
  if (!file.ok()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  }
  std::optional<Object> program = ReadObject(file);
  if (!program.has_value()) {
    build.why = "it is no ELF program of 64 bits";
    return build;
  }
  std::vector<Loaded> loaded = {{real, *std::move(program)}};
  const bool found = LoadAll(&loaded, &build.why);
  std::string ids;
  for (const Loaded& object : loaded) {
    ids += object.object.ids;
    build.is_lab_test = build.is_lab_test || object.object.has_mark;
  }
  for (const std::string& variable : environment) {
    if (absl::StartsWith(variable, "LD_PRELOAD=") ||
        absl::StartsWith(variable, "LD_LIBRARY_PATH=")) {
      build.why = absl::StrCat(variable.substr(0, variable.find('=')),
                               " is set and may change its libraries");
      return build;
    }
  }
  if (!found) return build;
  build.build_id =
      ids.empty() ? "" : absl::StrFormat("xxh64:%016x", StableHash64(ids));
  return build;
}

}  // namespace asupersync::cli
