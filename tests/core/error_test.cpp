#include <gtest/gtest.h>

#include <functional>
#include <lamina/core/error.hpp>
#include <lamina/core/shape.hpp>
#include <string>
#include <thread>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::raises;

std::string describe(const void* subject, const char* action) {
  return std::string(static_cast<const char*>(subject)) + ", " + action;
}

std::string text_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

TEST(Error, AllKindsDeriveFromErrorAndRuntimeError) {
  EXPECT_TRUE(raises<Error>([] { raise<ShapeError>("s"); }, {"s"}));
  EXPECT_TRUE(raises<Error>([] { raise<ValueError>("v"); }, {"v"}));
  EXPECT_TRUE(raises<Error>([] { raise<StateError>("t"); }, {"t"}));
  EXPECT_TRUE(raises<Error>([] { raise<IoError>("i"); }, {"i"}));
  EXPECT_TRUE(raises<std::runtime_error>([] { raise<Error>("e"); }, {"e"}));
  EXPECT_TRUE(raises<ValueError>([] { raise<ShapeError>("s"); }, {"s"}));
  EXPECT_FALSE(raises<ShapeError>([] { raise<ValueError>("v"); }, {}));
  EXPECT_FALSE(raises<ValueError>([] { raise<StateError>("t"); }, {}));
}

TEST(Error, TextIsJoinedFromItsParts) {
  const std::string name = "w";
  EXPECT_EQ(text("expected ", 3, " of ", name, ", got ", Shape{2, 3}, " at ", 0.25),
            "expected 3 of w, got (2, 3) at 0.25");
  EXPECT_EQ(text(std::string_view("a"), std::size_t{7}, -1), "a7-1");
}

TEST(ErrorScope, AddsTheLocationOfAnError) {
  EXPECT_EQ(ErrorScope::where(), "");
  EXPECT_EQ(text_of([] { raise<ValueError>("bad"); }), "bad");
  {
    const ErrorScope scope(describe, "Dense \"fc1\"", "call");
    EXPECT_EQ(text_of([] { raise<ValueError>("bad"); }), "Dense \"fc1\", call: bad");
    EXPECT_EQ(ErrorScope::where(), "Dense \"fc1\", call: ");
  }
  EXPECT_EQ(text_of([] { raise<ValueError>("bad"); }), "bad");
}

TEST(ErrorScope, AddsTheInnermostLocation) {
  const ErrorScope outer(describe, "Sequential \"s\"", "call");
  {
    const ErrorScope inner(describe, "Dense \"d\"", "build");
    EXPECT_EQ(text_of([] { raise<ValueError>("bad"); }), "Dense \"d\", build: bad");
  }
  EXPECT_EQ(text_of([] { raise<ValueError>("bad"); }), "Sequential \"s\", call: bad");
}

TEST(ErrorScope, IsContinuedOnAnotherThread) {
  EXPECT_EQ(ErrorScope::current(), nullptr);
  const ErrorScope scope(describe, "Dense \"d\"", "call");
  EXPECT_EQ(ErrorScope::current(), &scope);
  std::thread([&] {
    EXPECT_EQ(ErrorScope::where(), "");
    {
      const ErrorScope::Continued continued(&scope);
      EXPECT_EQ(ErrorScope::where(), "Dense \"d\", call: ");
      const ErrorScope inner(describe, "ReLU", "call");
      EXPECT_EQ(ErrorScope::where(), "ReLU, call: ");
    }
    EXPECT_EQ(ErrorScope::where(), "");
  }).join();
  EXPECT_EQ(ErrorScope::where(), "Dense \"d\", call: ");
}

TEST(ErrorScope, EndsWhenAnErrorIsThrown) {
  EXPECT_TRUE(raises<ValueError>(
      [] {
        const ErrorScope scope(describe, "Dense", "call");
        raise<ValueError>("bad");
      },
      {"Dense, call: bad"}));
  EXPECT_EQ(ErrorScope::where(), "");
}

TEST(ErrorScope, BelongsToOneThread) {
  const ErrorScope scope(describe, "Dense", "call");
  std::string elsewhere = "not run";
  std::thread([&] { elsewhere = ErrorScope::where(); }).join();
  EXPECT_EQ(elsewhere, "");
}

}  // namespace
}  // namespace lamina
