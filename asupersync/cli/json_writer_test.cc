#include "asupersync/cli/json_writer.h"

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::json;

TEST(JsonWriterTest, ObjectsAndArraysNest) {
  std::ostringstream out;
  JsonWriter json(out);
  json.BeginObject();
  json.Field("a", uint64_t{18446744073709551615u});
  json.Field("b", int64_t{-5});
  json.Field("c", std::optional<bool>());
  json.Key("d");
  json.BeginArray();
  json.BeginObject(JsonWriter::kOneLine);
  json.Field("x", true);
  json.Key("y");
  json.BeginArray();
  json.Value("z");
  json.Value(0.5);
  json.End();
  json.End();
  json.End();
  json.Key("e");
  json.BeginObject();
  json.End();
  json.End();
  EXPECT_EQ(out.str(),
            "{\n  \"a\": 18446744073709551615,\n  \"b\": -5,\n  \"c\": null,\n"
            "  \"d\": [\n    {\"x\": true, \"y\": [\"z\", 0.500]}\n  ],\n"
            "  \"e\": {}\n}");
  EXPECT_EQ(Json::parse(out.str())["a"].get<uint64_t>(), ~uint64_t{0});
}

TEST(JsonWriterTest, EveryPairOfBytesIsAValidString) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first),
                                static_cast<char>(second)};
      const std::string json = JsonString(text);
      const Json parsed = Json::parse(json, nullptr, false);
      ASSERT_TRUE(parsed.is_string()) << first << " " << second;
      for (char c : json) {
        EXPECT_GE(static_cast<unsigned char>(c), 0x20);
        EXPECT_NE(c, 0x7f);
      }
      if (first < 0x80 && second < 0x80) {
        EXPECT_EQ(parsed.get<std::string>(), text);
      }
    }
  }
}

TEST(JsonWriterTest, WhatIsNotUtf8IsReplacedAndTheRestStays) {
  EXPECT_EQ(JsonString("a\xff\xc3\xa4\xed\xa0\x80z"),
            "\"a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
  EXPECT_EQ(JsonString("\xf0\x9f\x98\x80\xc2\x9b"),
            "\"\xf0\x9f\x98\x80\\u009b\"");
  EXPECT_EQ(JsonString("\xf4\x90\x80\x80"),
            "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace asupersync::cli
