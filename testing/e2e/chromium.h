#ifndef ASUPERSYNC_TESTING_E2E_CHROMIUM_H_
#define ASUPERSYNC_TESTING_E2E_CHROMIUM_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "nlohmann/json.hpp"

namespace asupersync {
namespace e2e {

// A browser without a window, driven over its DevTools pipe.
//
//   std::unique_ptr<Chromium> browser = Chromium::Start();
//   if (browser == nullptr) GTEST_SKIP() << "...";
//   browser->Open("file:///tmp/page.html");
//   EXPECT_EQ(browser->Eval("document.title"), "...");
//   browser->Click(100, 200);
//
// Every wait is for an answer of the browser; one that does not come within a
// minute fails the test.
class Chromium {
 public:
  // Null: no chromium is installed here (Debian package `chromium`).
  static std::unique_ptr<Chromium> Start();
  // Ends the browser.
  ~Chromium();

  Chromium(const Chromium&) = delete;
  Chromium& operator=(const Chromium&) = delete;

  // Loads the page and waits until it has loaded.
  void Open(const std::string& address);
  // The value of a JavaScript expression (of a promise: what it gives), as
  // JSON. An exception in it fails the test.
  nlohmann::json Eval(const std::string& expression);
  // Waits for the next frame to be drawn.
  void WaitForFrame();

  void Click(double x, double y);
  void Wheel(double x, double y, double delta_y);
  // A key by its name in the DOM ("ArrowRight", "f").
  void Press(const std::string& key);
  void SetDark(bool is_dark);

  // A PNG file of what is seen.
  std::string Screenshot();

  // What the pages have written to the console, and uncaught exceptions.
  const std::string& complaints() const { return complaints_; }

 private:
  Chromium() = default;
  bool Launch(const std::string& program);
  // The result of a DevTools command.
  nlohmann::json Call(const std::string& method, nlohmann::json parameters);
  // The next message from the browser; null if it has gone or is too slow.
  nlohmann::json Read();
  void NoteEvent(const nlohmann::json& message);

  pid_t child_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string folder_;  // the browser's own
  std::string unread_;
  std::string session_;
  int last_id_ = 0;
  bool loaded_ = false;
  std::string complaints_;
};

}  // namespace e2e
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_E2E_CHROMIUM_H_
