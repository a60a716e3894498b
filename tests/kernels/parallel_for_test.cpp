#include <gtest/gtest.h>

#include <atomic>
#include <lamina/kernels/matmul.hpp>
#include <lamina/kernels/parallel_for.hpp>
#include <lamina/kernels/threads.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/compare.hpp"
#include "support/program_pool.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using kernels::parallel_ranges;
using testing::OnProgramPool;
using testing::raises;
using testing::with_threads;

Index sum_of_ranges(Index count) {
  std::atomic<Index> sum{0};
  parallel_ranges(count, 1, 1, [&](Index begin, Index end) { sum += end - begin; });
  return sum.load();
}

/// Calls `run` while a function is set by set_parallel_for.
template <class Run>
void with_function(ParallelFor function, int threads, const Run& run) {
  struct Restore {
    ~Restore() { set_parallel_for({}); }
  } restore;
  set_parallel_for(std::move(function), threads);
  run();
}

void in_order(int count, const ParallelBody& body) {
  for (int i = 0; i < count; ++i) body(i);
}

TEST(SetParallelFor, RunsEveryRangeOnceOnTheProgramsThreads) {
  for (const int threads : {2, 3, 8}) {
    OnProgramPool on(threads);
    for (const Index count : {0, 1, 7, 64, 100, 1001, 4096})
      for (const Index unit : {1, 8, 64}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
        const int loops = on.pool().loops();
        parallel_ranges(count, unit, 10, [&](Index begin, Index end) {
          EXPECT_EQ(begin % unit, 0);
          EXPECT_TRUE(count <= 128 || on.pool().has_thread(std::this_thread::get_id()));
          for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        for (auto& v : visits) ASSERT_EQ(v.load(), 1) << threads << " " << count << " " << unit;
        EXPECT_TRUE(count <= 128 || on.pool().loops() == loops + 1);
      }
  }
}

TEST(SetParallelFor, SmallWorkStaysOnTheCallingThread) {
  OnProgramPool on(4);
  parallel_ranges(1999, 1, 1000, [&](Index begin, Index end) {
    EXPECT_FALSE(on.pool().has_thread(std::this_thread::get_id()));
    EXPECT_EQ(end - begin, 1999);
  });
  EXPECT_EQ(on.pool().loops(), 0);
}

TEST(SetParallelFor, TheNumberOfThreadsBoundsTheNumberOfRanges) {
  for (const int threads : {1, 2, 5, 1000}) {
    int most = 0, calls = 0;
    with_function(
        [&](int count, const ParallelBody& body) {
          most = (std::max)(most, count);
          ++calls;
          in_order(count, body);
        },
        threads,
        [&] {
          EXPECT_EQ(num_threads(), threads);
          EXPECT_EQ(sum_of_ranges(100000), 100000);
        });
    EXPECT_EQ(calls, threads == 1 ? 0 : 1);
    EXPECT_EQ(most, threads == 1 ? 0 : (std::min)(2 * threads, 256));
  }
}

TEST(SetParallelFor, ExcludesSetNumThreads) {
  with_threads(3, [] {
    {
      OnProgramPool on(2);
      EXPECT_TRUE(raises<StateError>([] { set_num_threads(5); }, {"set_num_threads", "set_parallel_for({})"}));
      EXPECT_EQ(num_threads(), 2);
      EXPECT_EQ(sum_of_ranges(1000), 1000);
      EXPECT_EQ(on.pool().loops(), 1);
    }
    EXPECT_EQ(num_threads(), 3);
    set_num_threads(4);
    EXPECT_EQ(num_threads(), 4);
    set_parallel_for({}, 9);  // no function was set: no effect
    EXPECT_EQ(num_threads(), 4);
    with_function(in_order, num_threads(), [] {
      set_parallel_for(in_order, 7);  // another function
      EXPECT_EQ(num_threads(), 7);
      EXPECT_TRUE(
          raises<ValueError>([] { set_parallel_for(in_order, 0); }, {"set_parallel_for", "at least 1", "got 0"}));
      EXPECT_EQ(num_threads(), 7);
    });
    EXPECT_EQ(num_threads(), 4);
    EXPECT_EQ(sum_of_ranges(1000), 1000);
  });
}

TEST(SetParallelFor, ProductsHaveTheSameBits) {
  for (const Index rows : {1, 64, 130}) {
    const Tensor<float> a = testing::random_tensor<float>({rows, 700}, 1),
                        b = testing::random_tensor<float>({700, 530}, 2);
    Tensor<float> expected;
    with_threads(1, [&] { expected = matmul(a, b); });
    for (const int threads : {2, 3, 16}) {
      OnProgramPool on(threads);
      EXPECT_TRUE(testing::tensors_equal(matmul(a, b), expected)) << rows << " " << threads;
    }
    with_function(
        [](int count, const ParallelBody& body) {
          for (int i = count; i-- > 0;) body(i);
        },
        4, [&] { EXPECT_TRUE(testing::tensors_equal(matmul(a, b), expected)) << rows; });
  }
}

TEST(SetParallelFor, ANestedLoopRunsOnItsThread) {
  OnProgramPool on(3);
  std::atomic<Index> sum{0};
  parallel_ranges(64, 1, 1, [&](Index begin, Index end) {
    const auto thread = std::this_thread::get_id();
    for (Index i = begin; i < end; ++i)
      parallel_ranges(100, 1, 1, [&](Index from, Index to) {
        EXPECT_EQ(std::this_thread::get_id(), thread);
        sum += to - from;
      });
  });
  EXPECT_EQ(sum.load(), 6400);
  EXPECT_EQ(on.pool().loops(), 1);
}

TEST(SetParallelFor, SupportsManyConcurrentCallers) {
  OnProgramPool on(3);
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round)
        if (sum_of_ranges(5000 + round) != 5000 + round) ++wrong;
    });
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(on.pool().loops(), 400);
}

TEST(SetParallelFor, CanBeCalledWhileLoopsRun) {
  std::atomic<bool> ended{false};
  std::atomic<int> wrong{0};
  with_threads(2, [&] {
    std::thread caller([&] {
      while (!ended)
        if (sum_of_ranges(3000) != 3000) ++wrong;
    });
    for (int round = 0; round < 50; ++round) {
      auto owned = std::make_shared<testing::ProgramPool>(2);
      set_parallel_for([owned](int count, const ParallelBody& body) { owned->parallel_for(count, body); }, 2);
      owned.reset();
      EXPECT_EQ(sum_of_ranges(3000), 3000);
      set_parallel_for({});
    }
    ended = true;
    caller.join();
  });
  EXPECT_EQ(wrong.load(), 0);
}

TEST(SetParallelFor, AFunctionThatDoesNotCallEveryIndexOnceIsAnError) {
  const auto loop = [] { sum_of_ranges(1000); };
  with_function([](int count, const ParallelBody& body) { in_order(count - 1, body); }, 2,
                [&] {
                  EXPECT_TRUE(raises<StateError>(loop, {"set_parallel_for", "3 of 4", "every index in [0, count)"}));
                });
  with_function([](int, const ParallelBody&) {}, 2,
                [&] {
                  EXPECT_TRUE(raises<StateError>(loop, {"set_parallel_for", "0 of 4"}));
                });
  with_function(
      [](int count, const ParallelBody& body) {
        in_order(count, body);
        body(2);
      },
      2,
      [&] {
        EXPECT_TRUE(raises<ValueError>(loop, {"set_parallel_for", "body(2) twice"}));
      });
  for (const int wrong : {-1, 4})
    with_function(
        [=](int, const ParallelBody& body) { body(wrong); }, 2,
        [&] {
          EXPECT_TRUE(raises<ValueError>(loop, {"set_parallel_for", "body(" + std::to_string(wrong) + ")", "[0, 4)"}));
        });
  with_function([](int, const ParallelBody&) { throw std::runtime_error("the pool has ended"); }, 2,
                [&] { EXPECT_TRUE(raises<std::runtime_error>(loop, {"the pool has ended"})); });
  EXPECT_EQ(sum_of_ranges(1000), 1000);
}

/// Repeatedly runs a loop in which one range throws.
void expect_exceptions_arrive() {
  for (int round = 0; round < 20; ++round) {
    for (const Index bad : {0, 499, 999}) {
      const auto loop = [&] {
        parallel_ranges(1000, 1, 1, [&](Index begin, Index end) {
          if (begin <= bad && bad < end) raise<ValueError>("element ", bad, " is bad");
        });
      };
      EXPECT_TRUE(raises<ValueError>(loop, {"element " + std::to_string(bad) + " is bad"}));
    }
    EXPECT_TRUE(raises<StateError>(
        [] {
          const ErrorScope scope([](const void*, const char* action) { return std::string("layer, ") + action; },
                                 nullptr, "call");
          parallel_ranges(1000, 1, 1, [](Index, Index) { raise<StateError>("every range fails"); });
        },
        {"layer, call: every range fails"}))
        << "independent of the thread";
    EXPECT_EQ(ErrorScope::where(), "");
    EXPECT_EQ(sum_of_ranges(1000), 1000);
  }
}

TEST(SetParallelFor, AnExceptionOfARangeIsRethrownInTheCaller) {
  OnProgramPool on(3);
  expect_exceptions_arrive();
}

TEST(ThreadTeam, AnExceptionOfARangeIsRethrownInTheCaller) {
  for (const int threads : {1, 2, 5}) with_threads(threads, [&] { expect_exceptions_arrive(); });
}

}  // namespace
}  // namespace lamina
