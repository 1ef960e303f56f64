#include "asupersync/cli/step_session.h"

#include <sstream>
#include <string>
#include <utility>

#include "asupersync/cli/step_walk.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/trace_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class StepSessionTest : public ::testing::Test {
 protected:
  explicit StepSessionTest(
      StepSession::Form form = StepSession::Form::kText)
      : walk_(TraceReader::Open(ToyTrace().Save("session.async")).value()),
        output_{out_, err_},
        session_(walk_, output_, form) {
    session_.Begin();
  }

  // What a line is answered with, without the line's end.
  std::string Do(const std::string& line) {
    Clear();
    EXPECT_TRUE(session_.Do(line));
    const std::string text = out_.str() + err_.str();
    return text.empty() ? "" : text.substr(0, text.size() - 1);
  }
  void Clear() {
    out_.str("");
    err_.str("");
  }

  std::ostringstream out_;
  std::ostringstream err_;
  TraceWalk walk_;
  Output output_;
  StepSession session_;
};

class StepSessionJsonTest : public StepSessionTest {
 protected:
  StepSessionJsonTest() : StepSessionTest(StepSession::Form::kJson) {}
  nlohmann::json Ask(const std::string& line) {
    const std::string answer = Do(line);
    EXPECT_EQ(answer.find('\n'), std::string::npos) << answer;
    EXPECT_EQ(err_.str(), "");
    return nlohmann::json::parse(answer);
  }
};

TEST_F(StepSessionTest, BeginsAtTheFirstEvent) {
  EXPECT_THAT(out_.str(), StartsWith("#0 tick=0 - TaskSpawned task=T1"));
}

TEST_F(StepSessionTest, NextAndBackMoveByEvents) {
  EXPECT_THAT(Do("next"), StartsWith("#1 tick=0 "));
  EXPECT_THAT(Do("n 5"), StartsWith("#6 tick=1 T1(producer) TaskBlocked"));
  EXPECT_THAT(Do("back 4"), StartsWith("#2 tick=1 T1(producer) TaskScheduled"));
  EXPECT_THAT(Do(""), StartsWith("#0 "));
  EXPECT_THAT(Do("back"), HasSubstr("this is the first event"));
  EXPECT_THAT(Do("next 1000"), HasSubstr("RegionClosed"));
  EXPECT_THAT(Do("n"), HasSubstr("this is the last event"));
}

TEST_F(StepSessionTest, ToGoesToATickInBothDirections) {
  EXPECT_THAT(Do("to tick 3"), StartsWith("#11 tick=3 T1(producer)"));
  EXPECT_THAT(Do("to tick 1"), StartsWith("#2 tick=1 "));
  EXPECT_THAT(Do("to tick 0"), StartsWith("#0 tick=0 "));
  EXPECT_THAT(Do("to tick 99"), HasSubstr("ends before step 99"));
  EXPECT_THAT(Do("list 1"), HasSubstr("> #0 "));
}

TEST_F(StepSessionTest, ToGoesToAnEvent) {
  EXPECT_THAT(Do("to event 12"), StartsWith("#12 "));
  EXPECT_THAT(Do("to event 3"), StartsWith("#3 "));
  EXPECT_THAT(Do("to event 18446744073709551615"),
              HasSubstr("there is no event #18446744073709551615"));
}

TEST_F(StepSessionTest, ToGoesToTheNextStepOfATask) {
  EXPECT_THAT(Do("to task consumer"),
              StartsWith("#7 tick=2 T2(consumer) TaskScheduled"));
  EXPECT_THAT(Do(""), StartsWith("#15 tick=4 T2(consumer) TaskScheduled"));
  EXPECT_THAT(Do(""), HasSubstr("no later step is of task 'consumer'"));
  Do("to event 0");
  EXPECT_THAT(Do("to task T2"), StartsWith("#7 "));
  Do("to event 0");
  EXPECT_THAT(Do("to task 1"), StartsWith("#2 "));
}

TEST_F(StepSessionTest, ToGoesToASite) {
  const std::string first = Do("to site toy_traces.cc");
  EXPECT_THAT(first, AllOf(StartsWith("#1 "), HasSubstr("toy_traces.cc:")));
  const std::string line =
      first.substr(first.find("toy_traces.cc:") + 14, 2);
  EXPECT_THAT(Do("to site t.y_traces:" + line), StartsWith("#3 "));
  EXPECT_THAT(Do("to site toy_traces.cc:1"), HasSubstr("no later event"));
  EXPECT_THAT(Do("to site ("), HasSubstr("is no RE2 expression"));
}

TEST_F(StepSessionTest, ShowsWhatTheProgramDoesThere) {
  Do("to event 8");
  EXPECT_THAT(Do("show tasks"),
              AllOf(HasSubstr("T1(producer) blocked at "),
                    HasSubstr(", waits for timer 1 due at 100ms\n"),
                    HasSubstr("T2(consumer) blocked at ")));
  EXPECT_THAT(Do("show waits"), HasSubstr("T1(producer) blocked"));
  EXPECT_THAT(Do("show timers"),
              AllOf(StartsWith("now 0\n"),
                    HasSubstr("timer 1 due at 100ms, of T1(producer) at ")));
  EXPECT_EQ(Do("show obligations"), "no obligation is pending");
  EXPECT_EQ(Do("show regions"), "R1 of -, 2 tasks");
  EXPECT_EQ(Do("regions"), "R1 of -, 2 tasks");
  Do("to event 17");
  EXPECT_THAT(Do("show tasks"), HasSubstr("T2(consumer) done (ok)"));
  EXPECT_EQ(Do("show waits"), "no task is blocked");
  EXPECT_EQ(Do("show regions"), "no region is known");
}

TEST_F(StepSessionTest, ListShowsEventsAroundAndStays) {
  Do("to event 8");
  const std::string list = Do("list 2");
  EXPECT_THAT(list, StartsWith("  #6 tick=1 T1(producer) TaskBlocked"));
  EXPECT_THAT(list, HasSubstr("\n> #8 tick=2 T2(consumer) TaskBlocked"));
  EXPECT_THAT(list, HasSubstr("\n  #10 "));
  EXPECT_THAT(Do("n"), StartsWith("#9 "));
}

TEST_F(StepSessionTest, WhatIsWrongIsSaidAndChangesNothing) {
  for (const char* line :
       {"jump", "next x", "next 0", "next -1", "next 1 2", "back 1e9", "to",
        "to tick", "to tick x", "to event x", "to moon 3", "show", "show all",
        "show tasks 1", "list 99999999999999999999", "help me", "quit now"}) {
    EXPECT_THAT(Do(line), HasSubstr("see 'help'")) << line;
  }
  EXPECT_THAT(Do("n"), StartsWith("#1 "));
}

TEST_F(StepSessionTest, HelpNamesWhatThereIs) {
  EXPECT_EQ(Do("help") + "\n", kStepCommands);
}

TEST_F(StepSessionTest, QuitEndsIt) {
  EXPECT_FALSE(session_.Do("quit"));
  EXPECT_FALSE(session_.Do(" q "));
}

TEST_F(StepSessionJsonTest, EachAnswerIsAnObjectOnALine) {
  const nlohmann::json first = nlohmann::json::parse(out_.str());
  EXPECT_EQ(first["at"]["index"], 0);
  const nlohmann::json moved = Ask("next 8");
  EXPECT_EQ(moved["command"], "next 8");
  EXPECT_EQ(moved["ok"], true);
  EXPECT_EQ(moved["at"]["event"], "TaskBlocked");
  EXPECT_EQ(moved["at"]["running_name"], "consumer");
  const nlohmann::json tasks = Ask("show tasks")["tasks"];
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0]["name"], "producer");
  EXPECT_EQ(tasks[0]["state"], "blocked");
  EXPECT_EQ(tasks[0]["waits_for"], "timer 1 due at 100ms");
  EXPECT_GT(tasks[0]["line"], 0);
  EXPECT_EQ(Ask("show waits")["waits"].size(), 2u);
  // As the fields of an event are called, and null for none.
  const nlohmann::json timer = Ask("show timers")["timers"][0];
  EXPECT_EQ(timer["timer_id"], 1);
  EXPECT_EQ(timer["deadline_nanos"], 100000000);
  EXPECT_EQ(timer["task"], 1);
  EXPECT_THAT(Ask("show obligations")["obligations"], IsEmpty());
  const nlohmann::json region = Ask("show regions")["regions"][0];
  EXPECT_EQ(region["tasks"], 2);
  EXPECT_TRUE(region["parent_region"].is_null()) << region;
  EXPECT_EQ(Ask("list 3")["events"].size(), 7u);
  EXPECT_EQ(Ask("help")["help"], kStepCommands);
}

TEST_F(StepSessionJsonTest, AnErrorIsAnObject) {
  const nlohmann::json answer = Ask("to tick x");
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["error"], "'x' is no number of a step; see 'help'");
  EXPECT_EQ(Ask("next")["at"]["index"], 1);
}

}  // namespace
}  // namespace asupersync::cli
