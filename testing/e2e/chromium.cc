#include "testing/e2e/chromium.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using Json = nlohmann::json;

constexpr int kAnswerTimeoutMs = 60000;

// The browser reads commands on 3 and writes answers on 4.
constexpr int kCommands = 3;
constexpr int kAnswers = 4;

[[noreturn]] void Exec(const std::vector<std::string>& command, int commands,
                       int answers) {
  // Out of the way of the numbers that are to be taken.
  const int in = fcntl(commands, F_DUPFD, 10);
  const int out = fcntl(answers, F_DUPFD, 10);
  const int nowhere = open("/dev/null", O_RDWR);
  if (in < 0 || out < 0 || dup2(nowhere, 1) < 0 || dup2(nowhere, 2) < 0 ||
      dup2(in, kCommands) < 0 || dup2(out, kAnswers) < 0) {
    _exit(126);
  }
  // A group of its own, so that its helpers end with it.
  setpgid(0, 0);
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  execv(words[0], words.data());
  _exit(127);
}

std::string FindChromium() {
  for (const char* path : {"/usr/bin/chromium", "/usr/bin/chromium-browser"}) {
    if (access(path, X_OK) == 0) return path;
  }
  return "";
}

}  // namespace

std::unique_ptr<Chromium> Chromium::Start() {
  const std::string program = FindChromium();
  if (program.empty()) return nullptr;
  std::unique_ptr<Chromium> browser(new Chromium());
  if (!browser->Launch(program)) {
    ADD_FAILURE() << program << " does not start";
    return nullptr;
  }
  return browser;
}

bool Chromium::Launch(const std::string& program) {
  std::signal(SIGPIPE, SIG_IGN);
  folder_ = FreshFolder();
  // The launcher and the browser write into their home.
  setenv("HOME", folder_.c_str(), 1);
  std::array<int, 2> commands;
  std::array<int, 2> answers;
  if (pipe2(commands.data(), O_CLOEXEC) != 0 ||
      pipe2(answers.data(), O_CLOEXEC) != 0) {
    return false;
  }
  child_ = fork();
  if (child_ == 0) {
    Exec({program, "--headless=new", "--no-sandbox", "--disable-gpu",
          "--disable-dev-shm-usage", "--disable-background-networking",
          "--disable-component-update", "--no-first-run", "--hide-scrollbars",
          "--force-device-scale-factor=1", "--window-size=1500,900",
          absl::StrCat("--user-data-dir=", folder_, "/profile"),
          "--remote-debugging-pipe", "about:blank"},
         commands[0], answers[1]);
  }
  close(commands[0]);
  close(answers[1]);
  to_ = commands[1];
  from_ = answers[0];
  if (child_ < 0) return false;
  const Json made = Call("Target.createTarget", {{"url", "about:blank"}});
  if (!made.contains("targetId")) return false;
  const Json attached = Call("Target.attachToTarget",
                             {{"targetId", made["targetId"]},
                              {"flatten", true}});
  if (!attached.contains("sessionId")) return false;
  session_ = attached["sessionId"];
  Call("Page.enable", Json::object());
  Call("Runtime.enable", Json::object());
  Call("Log.enable", Json::object());
  Call("Emulation.setDeviceMetricsOverride",
       {{"width", 1500}, {"height", 900}, {"deviceScaleFactor", 1},
        {"mobile", false}});
  return true;
}

Chromium::~Chromium() {
  if (child_ > 0) {
    kill(-child_, SIGKILL);
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  if (to_ >= 0) close(to_);
  if (from_ >= 0) close(from_);
  // Helpers that are about to end may still write there.
  std::error_code error;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, error);
}

Json Chromium::Read() {
  while (true) {
    const size_t end = unread_.find('\0');
    if (end != std::string::npos) {
      const std::string message = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return Json::parse(message, nullptr, /*allow_exceptions=*/false);
    }
    pollfd ready = {from_, POLLIN, 0};
    const int polled = poll(&ready, 1, kAnswerTimeoutMs);
    if (polled < 0 && errno == EINTR) continue;
    std::array<char, 65536> bytes;
    const ssize_t size =
        polled > 0 ? read(from_, bytes.data(), bytes.size()) : 0;
    if (size <= 0) {
      ADD_FAILURE() << "the browser "
                    << (polled == 0 ? "does not answer" : "has ended");
      return nullptr;
    }
    unread_.append(bytes.data(), static_cast<size_t>(size));
  }
}

void Chromium::NoteEvent(const Json& message) {
  const std::string method = message.value("method", "");
  if (method == "Page.loadEventFired") loaded_ = true;
  if (method == "Runtime.exceptionThrown" ||
      method == "Runtime.consoleAPICalled" || method == "Log.entryAdded") {
    absl::StrAppend(&complaints_, message["params"].dump(), "\n");
  }
}

Json Chromium::Call(const std::string& method, Json parameters) {
  Json command = {{"id", ++last_id_},
                  {"method", method},
                  {"params", std::move(parameters)}};
  if (!session_.empty()) command["sessionId"] = session_;
  const std::string text = command.dump();
  // With the zero byte that ends a message.
  absl::string_view rest(text.c_str(), text.size() + 1);
  while (!rest.empty()) {
    const ssize_t written = write(to_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      ADD_FAILURE() << "the browser has ended before " << method;
      return Json::object();
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  while (true) {
    const Json message = Read();
    if (!message.is_object()) return Json::object();
    if (message.value("id", 0) != last_id_) {
      NoteEvent(message);
      continue;
    }
    if (message.contains("result")) return message["result"];
    ADD_FAILURE() << method << ": " << message.dump();
    return Json::object();
  }
}

void Chromium::Open(const std::string& address) {
  loaded_ = false;
  Call("Page.navigate", {{"url", address}});
  while (!loaded_) {
    const Json message = Read();
    if (!message.is_object()) return;
    NoteEvent(message);
  }
}

Json Chromium::Eval(const std::string& expression) {
  const Json result = Call("Runtime.evaluate", {{"expression", expression},
                                                {"returnByValue", true},
                                                {"awaitPromise", true}});
  if (result.contains("exceptionDetails")) {
    ADD_FAILURE() << expression << ": " << result["exceptionDetails"].dump();
    return nullptr;
  }
  if (!result.contains("result")) return nullptr;
  return result["result"].value("value", Json(nullptr));
}

void Chromium::WaitForFrame() {
  Eval("new Promise(r => requestAnimationFrame(() => "
       "requestAnimationFrame(() => r(0))))");
}

void Chromium::Click(double x, double y) {
  for (const char* type : {"mousePressed", "mouseReleased"}) {
    Call("Input.dispatchMouseEvent",
         {{"type", type}, {"x", x}, {"y", y}, {"button", "left"},
          {"clickCount", 1}});
  }
  WaitForFrame();
}

void Chromium::Wheel(double x, double y, double delta_y) {
  Call("Input.dispatchMouseEvent",
       {{"type", "mouseWheel"}, {"x", x}, {"y", y}, {"deltaX", 0},
        {"deltaY", delta_y}});
  WaitForFrame();
}

void Chromium::Press(const std::string& key) {
  Json event = {{"type", "keyDown"}, {"key", key}};
  if (key.size() == 1) event["text"] = key;
  Call("Input.dispatchKeyEvent", event);
  Call("Input.dispatchKeyEvent", {{"type", "keyUp"}, {"key", key}});
  WaitForFrame();
}

void Chromium::SetDark(bool is_dark) {
  Call("Emulation.setEmulatedMedia",
       {{"features",
         {{{"name", "prefers-color-scheme"},
           {"value", is_dark ? "dark" : "light"}}}}});
  WaitForFrame();
}

std::string Chromium::Screenshot() {
  const Json shot = Call("Page.captureScreenshot", {{"format", "png"}});
  std::string bytes;
  if (!shot.contains("data") ||
      !absl::Base64Unescape(shot["data"].get<std::string>(), &bytes)) {
    ADD_FAILURE() << "no screenshot";
  }
  return bytes;
}

}  // namespace e2e
}  // namespace asupersync
