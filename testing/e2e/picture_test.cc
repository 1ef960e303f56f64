// Looks at the pages of `asupersync trace html` in a browser: draws traces of
// failing lab tests, takes screenshots, clicks, searches, zooms.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/chromium.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using Json = nlohmann::json;

// "picture_subject.cc:28": where the subject's source has this text.
std::string PlaceInSource(const std::string& text) {
  const std::string source = ReadFile(std::getenv("SUBJECT_SOURCE"));
  const size_t at = source.find(text);
  EXPECT_NE(at, std::string::npos) << text;
  return absl::StrCat("picture_subject.cc:",
                      1 + std::count(source.begin(), source.begin() + at,
                                     '\n'));
}

// The inner text of an element.
std::string TextOf(Chromium& browser, const std::string& id) {
  return browser
      .Eval(absl::StrCat("document.getElementById('", id, "').innerText"))
      .get<std::string>();
}

class PictureTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    browser_ = Chromium::Start().release();
    if (browser_ == nullptr) {
      std::cout << "\n*** SKIPPED: no chromium is installed. The pages of "
                   "`trace html` were NOT looked at.\n*** Run tools/setup, "
                   "which installs it.\n\n";
    }
  }
  static void TearDownTestSuite() {
    delete browser_;
    browser_ = nullptr;
  }

  void SetUp() override {
    if (browser_ == nullptr) GTEST_SKIP() << "SKIPPED: no chromium";
  }

  // The folder of artifacts of the test, run with this seed.
  static std::string RunTest(const std::string& test, const std::string& seed,
                             const std::vector<std::string>& more = {}) {
    const std::string folder = FreshFolder();
    std::vector<std::string> arguments = {
        "--gtest_filter=" + test, "--lab_artifacts_dir=" + folder,
        "--lab_artifacts=always", "--lab_seed=" + seed};
    arguments.insert(arguments.end(), more.begin(), more.end());
    RunSubject(arguments);
    std::string name = test;
    name[name.find('.')] = '_';
    return absl::StrCat(folder, "/", name);
  }

  // Draws the trace with these further words; its page.
  static std::string Draw(const std::string& folder,
                          const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {CliPath(), "trace", "html",
                                        folder + "/trace.async"};
    command.insert(command.end(), more.begin(), more.end());
    const ProcessResult result = RunProcess(command, {}, folder);
    EXPECT_EQ(result.exit_status, 0) << result.err;
    return absl::StrCat("file://", folder, "/trace.html");
  }

  static std::string CliPath() {
    return std::filesystem::absolute(std::getenv("CLI")).string();
  }

  // Keeps a screenshot among the test's outputs, and returns it.
  static std::string Keep(const std::string& name) {
    const std::string png = browser_->Screenshot();
    const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
    if (outputs != nullptr) {
      WriteFile(absl::StrCat(outputs, "/", name, ".png"), png);
    }
    return png;
  }

  // How many pixels of the PNG have each colour ("#rrggbb"), counted by a page
  // that may load images.
  static Json CountColours(const std::string& png) {
    browser_->Open("about:blank");
    return browser_->Eval(absl::StrCat(R"((async () => {
        const image = new Image();
        image.src = 'data:image/png;base64,)",
                                       absl::Base64Escape(png), R"(';
        await image.decode();
        const canvas = document.createElement('canvas');
        canvas.width = image.width;
        canvas.height = image.height;
        const c = canvas.getContext('2d');
        c.drawImage(image, 0, 0);
        const bytes = c.getImageData(0, 0, image.width, image.height).data;
        const counts = {};
        for (let i = 0; i < bytes.length; i += 4) {
          const colour = '#' + [0, 1, 2].map((j) => bytes[i + j].toString(16)
              .padStart(2, '0')).join('');
          counts[colour] = (counts[colour] || 0) + 1;
        }
        return counts;
      })())"));
  }

  // Where on the screen the page has drawn the first event that `condition`
  // (of JavaScript, about the event e and its model m) holds for.
  static Json PlaceOf(const std::string& condition) {
    return browser_->Eval(absl::StrCat(R"((() => {
        const {app} = window.asupersync;
        const m = app.models[0];
        for (let e = 0; e < m.count; ++e) {
          if (!()", condition, R"()) continue;
          const row = app.view.rowOfLane(m, m.laneOf(e));
          const box = document.getElementById('canvas').getBoundingClientRect();
          return {index: m.first + e,
            x: box.x + app.view.labels + app.painter.signPx(m, e),
            y: box.y + app.view.middle(row)};
        }
        return null;
      })())"));
  }

  static Json Selected() {
    return browser_->Eval("window.asupersync.app.state.selected.event");
  }

  static Chromium* browser_;
};

Chromium* PictureTest::browser_ = nullptr;

TEST_F(PictureTest, PictureShowsLanesAndTheFailure) {
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3")));
  browser_->WaitForFrame();
  const std::string png = Keep("account");
  EXPECT_EQ(TextOf(*browser_, "test"), "Account.LosesNoUpdate");
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "verdict"), "FAILED"));
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "marks"),
                                "Expected equality of these values"));
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "commands"),
                                "asupersync replay "));
  // The lanes of body, alice and bob, and the mark of the failure.
  const Json colours = CountColours(png);
  for (const char* colour : {"#0072b2", "#e69f00", "#009e73"}) {
    EXPECT_GT(colours.value(colour, 0), 1000) << colour;
  }
  EXPECT_GT(colours.value("#d55e00", 0), 100);
}

// What the page makes of the events, against what the program does.
TEST_F(PictureTest, ModelIsWhatTheProgramDid) {
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3")));
  const Json model = browser_->Eval(R"((() => {
      const m = window.asupersync.app.models[0];
      const names = {};
      for (const lane of m.tasks.values()) names[lane.name] = lane.task;
      const arrows = (type) => m.arrows.filter((a) => a.type === type);
      return {
        names, ends: [...m.tasks.values()].map((lane) => lane.outcome),
        stuck: m.stuck.length,
        steps: [...m.tasks.values()].reduce((n, l) => n + l.steps.length, 0),
        ticks: m.tick[m.count - 1],
        instants: m.instants.map((i) => i.time),
        spawns: arrows(1).map((a) => [a.fromTask, a.toTask]),
        senders: [...new Set(arrows(2).map((a) => a.fromTask))].sort(),
        conflicts: arrows(5).map((a) => [a.fromTask, a.toTask]),
      };
    })())");
  EXPECT_EQ(model["names"], Json::parse(R"({"body":1,"alice":2,"bob":3})"));
  EXPECT_EQ(model["ends"], Json::parse("[0,0,0]"));
  EXPECT_EQ(model["stuck"], 0);
  EXPECT_EQ(model["steps"], model["ticks"]);
  EXPECT_EQ(model["instants"], Json::parse("[0,10000000]"));
  EXPECT_EQ(model["spawns"], Json::parse("[[1,2],[1,3]]"));
  EXPECT_EQ(model["senders"], Json::parse("[2,3]"));
  // One reads what the other overwrites, and both write. What body reads at the
  // end, it reads after their messages.
  EXPECT_EQ(model["conflicts"].size(), 2u) << model["conflicts"];
}

TEST_F(PictureTest, ConflictsThatALockOrdersAreNoRaces) {
  browser_->Open(Draw(RunTest("Account.IsLocked", "3")));
  const char* count =
      "window.asupersync.app.models[0].arrows.filter((a) => a.type === ";
  EXPECT_EQ(browser_->Eval(absl::StrCat(count, "5).length")), 0);
  EXPECT_GT(browser_->Eval(absl::StrCat(count, "6).length")), 2);
  EXPECT_FALSE(absl::StrContains(TextOf(*browser_, "legend"),
                                 "unordered conflict"));
}

TEST_F(PictureTest, ClickOnAnEventShowsIt) {
  // Runfiles are links to elsewhere, which --source does not follow.
  const std::string sources = FreshFolder();
  std::filesystem::create_directories(sources + "/testing/e2e");
  WriteFile(sources + "/testing/e2e/picture_subject.cc",
            ReadFile(std::getenv("SUBJECT_SOURCE")));
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3"),
                      {"--source", sources}));
  browser_->WaitForFrame();
  const Json place = PlaceOf("m.isKind(e, 'UserTrace')");
  ASSERT_TRUE(place.is_object());
  EXPECT_EQ(Selected(), -1);
  browser_->Click(place["x"], place["y"]);
  EXPECT_EQ(Selected(), place["index"]);
  const std::string shown = TextOf(*browser_, "inspector");
  EXPECT_TRUE(absl::StrContains(
      shown, absl::StrCat("#", place["index"].get<int>(), " UserTrace")))
      << shown;
  EXPECT_TRUE(absl::StrContains(
      shown, PlaceInSource("cx.Trace(\"withdrew\");")))
      << shown;
  EXPECT_TRUE(absl::StrContains(shown, "cx.Trace(\"withdrew\");")) << shown;
  EXPECT_TRUE(absl::StrContains(shown, "spawned by T1 body")) << shown;
  EXPECT_EQ(browser_->Eval("location.hash"),
            absl::StrCat("#event=", place["index"].get<int>()));
  Keep("clicked");
}

TEST_F(PictureTest, KeysGoFromEventToEvent) {
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3")) + "#event=10");
  browser_->WaitForFrame();
  EXPECT_EQ(Selected(), 10);
  browser_->Press("ArrowRight");
  EXPECT_EQ(Selected(), 11);
  browser_->Press("ArrowLeft");
  browser_->Press("ArrowLeft");
  EXPECT_EQ(Selected(), 9);
  browser_->Press("End");
  EXPECT_EQ(Selected(),
            browser_->Eval("window.asupersync.app.models[0].count - 1"));
  browser_->Press("Home");
  EXPECT_EQ(Selected(), 0);
  // The failed assertion stands behind an event of body.
  browser_->Press("e");
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "inspector"),
                                "Expected equality"));
  browser_->Press("Escape");
  EXPECT_EQ(Selected(), -1);
}

TEST_F(PictureTest, SearchFindsTasksEventsAndSourceLines) {
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3")));
  const auto search = [](const std::string& text) {
    browser_->Eval(absl::StrCat(
        "(() => { const q = document.getElementById('query'); q.value = '",
        text, "'; q.dispatchEvent(new Event('input')); })()"));
    browser_->WaitForFrame();
    return browser_->Eval("window.asupersync.app.search.count()").get<int>();
  };
  EXPECT_EQ(search("withdrew"), 2);
  EXPECT_EQ(search("TimeAdvanced"), 1);
  EXPECT_GT(search(PlaceInSource("cx.Trace(\"withdrew\");")), 1);
  EXPECT_EQ(search("no such text"), 0);
  EXPECT_GT(search("ALICE"), 5);
  EXPECT_EQ(search("withdrew"), 2);
  browser_->Eval("document.getElementById('canvas').focus()");
  browser_->Press("n");
  const Json first = Selected();
  browser_->Press("n");
  EXPECT_GT(Selected(), first);
  browser_->Press("n");
  EXPECT_EQ(Selected(), first);  // around the end
  EXPECT_EQ(TextOf(*browser_, "matches"), "1 of 2");
}

TEST_F(PictureTest, WheelZoomsAtThePointer) {
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3")));
  browser_->WaitForFrame();
  const char* under_pointer =
      "(() => { const v = window.asupersync.app.view;"
      "return v.left + (600 - v.labels) / v.scale; })()";
  const double scale = browser_->Eval("window.asupersync.app.view.scale");
  const double unit = browser_->Eval(under_pointer);
  browser_->Wheel(600, 400, -300);
  EXPECT_GT(browser_->Eval("window.asupersync.app.view.scale"), 1.5 * scale);
  EXPECT_NEAR(browser_->Eval(under_pointer).get<double>(), unit, 0.01);
  browser_->Press("f");
  EXPECT_NEAR(browser_->Eval("window.asupersync.app.view.scale").get<double>(),
              scale, 0.01);
}

TEST_F(PictureTest, VirtualTimeIsTheOtherAxis) {
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3")));
  browser_->WaitForFrame();
  const char* distance =
      "(() => { const {app} = window.asupersync; const m = app.models[0];"
      "const e = [...m.time].findIndex((t) => t > 0);"
      "return app.view.eventPx(m, e) - app.view.eventPx(m, e - 1); })()";
  const double in_steps = browser_->Eval(distance);
  browser_->Press("t");
  Keep("virtual_time");
  EXPECT_EQ(browser_->Eval("window.asupersync.app.view.axis"), "time");
  // 10 ms pass between two events that are neighbours on the other axis.
  EXPECT_GT(browser_->Eval(distance).get<double>(), 5 * in_steps);
  // Events stay in their order.
  EXPECT_EQ(browser_->Eval(
                "(() => { const {app} = window.asupersync;"
                "const m = app.models[0];"
                "for (let e = 1; e < m.count; ++e) if (app.view.eventPx(m, e) <"
                "app.view.eventPx(m, e - 1)) return e; return 0; })()"),
            0);
}

TEST_F(PictureTest, DeadlockedTasksAreMarked) {
  browser_->Open(Draw(RunTest("Philosophers.BothEat", "3")));
  browser_->WaitForFrame();
  Keep("deadlock");
  EXPECT_EQ(browser_->Eval("window.asupersync.app.models[0].stuck.map("
                           "(lane) => lane.name)"),
            Json::parse(R"(["body","Kant","Hume"])"));
  const std::string marks = TextOf(*browser_, "marks");
  EXPECT_TRUE(absl::StrContains(
      marks, "T3 Hume waits for ever at " + PlaceInSource("MutexGuard second")))
      << marks;
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "verdict"), "DEADLOCK"));
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "legend"), "never woken"));
}

TEST_F(PictureTest, TwoTracesAreShownWithTheirFirstDifference) {
  const std::string a = RunTest("Account.LosesNoUpdate", "3");
  const std::string b = RunTest("Account.LosesNoUpdate", "8");
  browser_->Open(Draw(a, {"--against", b + "/trace.async"}));
  browser_->WaitForFrame();
  Keep("against");
  EXPECT_EQ(browser_->Eval("window.asupersync.app.models.length"), 2);
  const std::string marks = TextOf(*browser_, "marks");
  EXPECT_TRUE(absl::StrContains(marks, "First difference in A: #")) << marks;
  EXPECT_TRUE(absl::StrContains(marks, "First difference in B: #")) << marks;
  // Events that both have are of one kind and one task, and lead to each other.
  EXPECT_GT(browser_->Eval(R"((() => {
      const [a, b] = window.asupersync.app.models;
      let pairs = 0;
      a.twins.forEach((twin, e) => {
        if (twin < 0) return;
        if (b.twins[twin] !== e || a.kind[e] !== b.kind[twin]) throw 'no pair';
        ++pairs;
      });
      return pairs;
    })())")
                .get<int>(),
            5);
  // A lane differs from the first event on that the other has not.
  EXPECT_EQ(browser_->Eval(R"((() => {
      const {app} = window.asupersync;
      return app.models.every((m) => [...m.tasks.values()].every((lane) =>
          lane.events.filter((e) => lane.differs < 0 || e < lane.differs)
              .every((e) => m.twins[e] >= 0))) &&
          app.models.some((m) =>
              [...m.tasks.values()].some((lane) => lane.differs >= 0));
    })())"),
            true);
  browser_->Eval("location.hash = '#event=2'");
  browser_->WaitForFrame();
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "inspector"), "in B"))
      << TextOf(*browser_, "inspector");
  // The same task has the same colour in both.
  EXPECT_EQ(browser_->Eval(R"((() => {
      const colours = window.asupersync.app.models.map((m) =>
          Object.fromEntries([...m.tasks.values()].map(
              (lane) => [lane.name, lane.color])));
      return JSON.stringify(colours[0]) === JSON.stringify(colours[1]);
    })())"),
            true);
  // Before the difference both are at the same place, and a link leads there.
  browser_->Eval("location.hash = '#b.event=5'");
  browser_->WaitForFrame();
  EXPECT_EQ(browser_->Eval(
                "window.asupersync.app.state.selected.model.index"),
            1);
  EXPECT_EQ(browser_->Eval("(() => { const {view, models} ="
                           "window.asupersync.app;"
                           "return view.eventPx(models[0], 5) ==="
                           "view.eventPx(models[1], 5); })()"),
            true);
}

TEST_F(PictureTest, DivergenceOfASecondRunIsMarked) {
  const std::string folder =
      RunTest("Flaky.DependsOnTheProcess", "3", {"--lab_check_determinism"});
  const Json report = ReadJson(folder + "/divergence.json");
  browser_->Open(Draw(folder));
  browser_->WaitForFrame();
  Keep("divergence");
  const std::string marks = TextOf(*browser_, "marks");
  EXPECT_TRUE(absl::StrContains(
      marks, absl::StrCat("Diverged at #", report["index"].get<int>())))
      << marks;
  // Its text says what was expected and what came.
  browser_->Eval(
      "[...document.querySelectorAll('#marks button')]"
      ".find((b) => b.innerText.includes('Diverged')).click()");
  const std::string shown = TextOf(*browser_, "inspector");
  EXPECT_TRUE(absl::StrContains(shown, report["expected"].get<std::string>()))
      << shown;
}

TEST_F(PictureTest, InjectedFaultsAreMarked) {
  browser_->Open(Draw(RunTest("Flaky.DependsOnTheProcess", "3",
                              {"--lab_chaos=delay=1"})));
  browser_->WaitForFrame();
  Keep("faults");
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "legend"),
                                "injected fault"));
  const Json place = PlaceOf("m.isKind(e, 'ChaosInjection')");
  ASSERT_TRUE(place.is_object());
  browser_->Click(place["x"], place["y"]);
  EXPECT_EQ(Selected(), place["index"]);
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "inspector"), "delay"));
}

TEST_F(PictureTest, WindowOfATraceNamesItsTasks) {
  const std::string folder = RunTest("Account.LosesNoUpdate", "3");
  browser_->Open(Draw(folder, {"--from", "30", "--to", "60"}) + "#event=7");
  browser_->WaitForFrame();
  EXPECT_EQ(browser_->Eval("[...window.asupersync.app.models[0].tasks.values()]"
                           ".map((lane) => lane.name)"),
            Json::parse(R"(["body","alice","bob"])"));
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "notes"),
                                "shows events #30 to #60"));
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "inspector"),
                                "Event #7 is not in this page"));
  browser_->Open(
      Draw(folder, {"--from", "9999", "--force"}));
  browser_->WaitForFrame();
  browser_->Press("ArrowRight");
  EXPECT_EQ(Selected(), -1);
}

TEST_F(PictureTest, DarkSchemeChangesThePage) {
  browser_->Open(Draw(RunTest("Account.LosesNoUpdate", "3")));
  browser_->SetDark(true);
  const std::string png = Keep("dark");
  browser_->SetDark(false);
  const Json colours = CountColours(png);
  EXPECT_GT(colours.value("#14171b", 0), 300000);
  EXPECT_EQ(colours.value("#ffffff", 0) > 100000, false);
}

TEST_F(PictureTest, HostileTextStaysText) {
  browser_->Open(Draw(RunTest("Hostile.NamesStayText", "3")) + "#event=3");
  browser_->WaitForFrame();
  Keep("hostile");
  EXPECT_EQ(browser_->Eval("document.title"), "Hostile.NamesStayText - trace");
  EXPECT_EQ(browser_->Eval("document.images.length"), 0);
  EXPECT_EQ(browser_->Eval("document.scripts.length"), 2);
  const std::string shown = TextOf(*browser_, "inspector");
  EXPECT_TRUE(absl::StrContains(shown, "<!-- \\u202e\\u2028 ")) << shown;
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "list"),
                                "</script><img src=x onerror=alert(1)>"));
}

// 100,000 events. What is asserted is that the work of a frame depends on the
// pixels, not on the events; times are reported.
TEST_F(PictureTest, HundredThousandEventsStayResponsive) {
  const std::string page = Draw(RunTest("Many.Steps", "3"));
  browser_->Open(page);
  browser_->WaitForFrame();
  Keep("many");
  const Json all = browser_->Eval(
      "({...window.asupersync.counters, load: window.asupersync.loadMs,"
      "events: window.asupersync.app.models[0].count,"
      "nodes: document.querySelectorAll('*').length})");
  EXPECT_GT(all["events"], 100000);
  EXPECT_GT(all["bars"], 1000);
  // At most one bar per lane and pixel; rows of the list only on the screen.
  EXPECT_LT(all["bars"], 13 * 1500);
  EXPECT_LT(all["nodes"], 1000);
  const Json click = browser_->Eval(R"((() => {
      const {app} = window.asupersync;
      const begin = performance.now();
      app.click(app.view.labels + app.view.width / 2,
                app.view.middle(app.view.rows[5]));
      return {ms: performance.now() - begin,
              selected: app.state.selected.event};
    })())");
  EXPECT_GT(click["selected"], 10000);
  browser_->WaitForFrame();
  EXPECT_TRUE(absl::StrContains(TextOf(*browser_, "inspector"),
                                "picture_subject.cc:"));
  // Zoomed in to single steps.
  browser_->Eval("(() => { const {app} = window.asupersync;"
                 "app.view.zoom(3000, app.view.width / 2); app.redraw(); })()");
  browser_->WaitForFrame();
  Keep("many_zoomed");
  const Json zoomed = browser_->Eval("window.asupersync.counters");
  EXPECT_LT(zoomed["bars"], 2000);
  EXPECT_GT(zoomed["bars"], 5);
  const Json search = browser_->Eval(R"((async () => {
      const {app} = window.asupersync;
      const begin = performance.now();
      app.search.start('picture_subject.cc');
      const first = performance.now() - begin;
      while (!app.search.isDone) await new Promise((r) => setTimeout(r, 1));
      return {first, all: performance.now() - begin,
              count: app.search.count()};
    })())");
  EXPECT_GT(search["count"], 99000);
  std::cout << "load " << all["load"] << " ms; frame of everything "
            << all["lastMs"] << " ms, " << all["bars"] << " bars; frame zoomed "
            << zoomed["lastMs"] << " ms; click " << click["ms"]
            << " ms; search " << search["all"] << " ms in slices of "
            << search["first"] << " ms\n";
}

// Runs last: whatever the pages above did.
TEST_F(PictureTest, ZPagesComplainOfNothing) {
  EXPECT_EQ(browser_->complaints(), "");
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
