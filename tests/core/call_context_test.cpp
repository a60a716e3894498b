#include <gtest/gtest.h>

#include <lamina/core/call_context.hpp>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace lamina {
namespace {

std::pair<std::uint32_t, std::uint32_t> sample(const RandomStream& random) { return {random.bits(0), random.bits(1)}; }

TEST(CallContext, TrainingAppliesToItsScopeAndThread) {
  EXPECT_FALSE(CallContext::training());
  {
    const CallContext::Training on(true);
    EXPECT_TRUE(CallContext::training());
    {
      const CallContext::Training off(false);
      EXPECT_FALSE(CallContext::training());
    }
    EXPECT_TRUE(CallContext::training());
    bool elsewhere = true;
    std::thread([&] { elsewhere = CallContext::training(); }).join();
    EXPECT_FALSE(elsewhere);
  }
  EXPECT_FALSE(CallContext::training());
}

TEST(CallContext, StreamsOfAStepDifferAndRepeatInEveryRun) {
  const auto draw = [](std::uint64_t seed, std::uint64_t step) {
    const CallContext::Step scope(seed, step);
    return std::vector{sample(CallContext::random_stream()), sample(CallContext::random_stream())};
  };
  EXPECT_EQ(draw(1, 0), draw(1, 0));
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  for (std::uint64_t seed : {1U, 2U})
    for (std::uint64_t step = 0; step < 10; ++step)
      for (const auto& numbers : draw(seed, step)) seen.insert(numbers);
  EXPECT_EQ(seen.size(), 40U);
}

TEST(CallContext, StepsNestAndKeepTheTrainingFlag) {
  const CallContext::Training on(true);
  const CallContext::Step outer(1, 7);
  EXPECT_TRUE(CallContext::training());
  const auto first = CallContext::random_stream();
  {
    const CallContext::Step inner(1, 8);
    CallContext::random_stream();
  }
  EXPECT_EQ(CallContext::random_stream().stream(), first.stream() + 1);
}

TEST(CallContext, OutsideAStepStreamsUseTheGlobalSeed) {
  set_random_seed(5);
  const auto first = sample(CallContext::random_stream());
  const auto second = sample(CallContext::random_stream());
  EXPECT_NE(first, second);
  set_random_seed(5);
  EXPECT_EQ(sample(next_random_stream()), first);
  EXPECT_EQ(sample(next_random_stream()), second);
  set_random_seed(0);
}

std::vector<std::uint64_t> streams(int count) {
  std::vector<std::uint64_t> all;
  for (int i = 0; i < count; ++i) all.push_back(CallContext::random_stream().stream());
  return all;
}

TEST(CallContext, ARepeatableScopeReusesItsRandomStreams) {
  for (bool in_a_step : {true, false}) {
    std::optional<CallContext::Step> step;
    if (in_a_step) step.emplace(1, 7);
    const std::uint64_t before = streams(1)[0];
    const CallContext::State begin = CallContext::repeatable();
    std::vector<std::uint64_t> first, again;
    {
      const CallContext::Scope scope(begin, false);
      EXPECT_FALSE(CallContext::recomputing());
      first = streams(3);
    }
    const std::uint64_t between = streams(1)[0];
    {
      const CallContext::Training on(true);
      const CallContext::Scope scope(begin, true);
      EXPECT_TRUE(CallContext::recomputing());
      EXPECT_FALSE(CallContext::training()) << "as at the start";
      again = streams(3);
    }
    EXPECT_FALSE(CallContext::recomputing());
    EXPECT_EQ(again, first);
    std::set<std::uint64_t> all(first.begin(), first.end());
    for (const std::uint64_t stream : {before, between, streams(1)[0]}) all.insert(stream);
    EXPECT_EQ(all.size(), 6U) << "no stream is used twice";
    if (in_a_step) {
      EXPECT_EQ(between, first[2] + 1) << "as without the scope";
    }
  }
}

}  // namespace
}  // namespace lamina
