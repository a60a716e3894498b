#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <lamina/kernels/matmul.hpp>
#include <lamina/kernels/threads.hpp>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>
#if defined(__linux__)
#include <sys/resource.h>
#endif

#include "support/compare.hpp"
#include "support/environment_variable.hpp"
#include "support/sanitizer.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using kernels::parallel_ranges;
using testing::raises;
using testing::with_threads;

TEST(ParallelRanges, CoverEveryElementOnce) {
  for (int threads : {1, 2, 3, 8})
    with_threads(threads, [] {
      for (Index count : {0, 1, 7, 64, 100, 1001, 4096})
        for (Index unit : {1, 8, 64})
          for (Index least : {1, 10, 1000}) {
            std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
            parallel_ranges(count, unit, least, [&](Index begin, Index end) {
              EXPECT_EQ(begin % unit, 0);
              for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
            });
            for (auto& v : visits) ASSERT_EQ(v.load(), 1) << count << " " << unit << " " << least;
          }
    });
}

TEST(ParallelRanges, CountsNearTheLargestIndexDoNotOverflow) {
  with_threads(4, [] {
    for (const Index count : {(std::numeric_limits<Index>::max)(), (std::numeric_limits<Index>::max)() - 5})
      for (const Index unit : {1, 16, 4096}) {
        std::mutex mutex;
        std::vector<std::pair<Index, Index>> ranges;
        parallel_ranges(count, unit, 1000, [&](Index begin, Index end) {
          const std::lock_guard lock(mutex);
          ranges.emplace_back(begin, end);
        });
        std::sort(ranges.begin(), ranges.end());
        EXPECT_EQ(ranges.size(), 8U);
        Index next = 0;
        for (const auto& [begin, end] : ranges) {
          ASSERT_EQ(begin, next) << count << " " << unit;
          ASSERT_EQ(begin % unit, 0);
          ASSERT_LE(end - begin, count / 8 + unit);
          next = end;
        }
        EXPECT_EQ(next, count);
      }
  });
}

TEST(ParallelRanges, AnAmountOfWorkIsNeverNegative) {
  EXPECT_EQ(kernels::work_of(2, 3, 4), 24);
  EXPECT_EQ(kernels::work_of(5, 0), 1);
  const Index side = Index{1} << 16;  // its square wraps around to 0 in 32 bits
  EXPECT_GE(kernels::work_of(side, side), (std::numeric_limits<std::int32_t>::max)() / 2);
  EXPECT_GE(kernels::work_of(1300, 1300, 1300), (std::numeric_limits<std::int32_t>::max)() / 2);
}

TEST(ParallelRanges, SmallWorkStaysOnTheCallingThread) {
  with_threads(4, [] {
    const auto caller = std::this_thread::get_id();
    int calls = 0;
    parallel_ranges(1999, 1, 1000, [&](Index, Index) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      ++calls;
    });
    EXPECT_EQ(calls, 1);
  });
}

TEST(ThreadTeam, ANestedKernelRunsOnItsThread) {
  with_threads(3, [] {
    std::atomic<Index> sum{0};
    parallel_ranges(64, 1, 1, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) parallel_ranges(100, 1, 1, [&](Index from, Index to) { sum += to - from; });
    });
    EXPECT_EQ(sum.load(), 6400);
  });
}

TEST(ThreadTeam, SupportsManyConcurrentCallers) {
  with_threads(3, [] {
    std::vector<std::thread> callers;
    std::atomic<int> wrong{0};
    for (int c = 0; c < 4; ++c)
      callers.emplace_back([&wrong, c] {
        std::vector<Index> values(5000);
        for (int round = 0; round < 200; ++round) {
          parallel_ranges(5000, 1, 100, [&](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) values[static_cast<std::size_t>(i)] = i + c + round;
          });
          const Index sum = std::accumulate(values.begin(), values.end(), Index{0});
          if (sum != 5000 * 4999 / 2 + 5000 * (c + round)) ++wrong;
        }
      });
    for (std::thread& t : callers) t.join();
    EXPECT_EQ(wrong.load(), 0);
  });
}

TEST(ThreadTeam, JobsOfManyAndFewPartsAlternate) {
  std::vector<std::atomic<int>> visits(300);
  int rounds = 0;
  for (const int threads : {2, 5, 3, 200, 4})
    with_threads(threads, [&] {
      for (Index count : {3, 300, 2, 9, 64, 1, 31, 300, 5})
        for (int again = 0; again < 40; ++again) {
          parallel_ranges(count, 1, 1, [&](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
          });
          for (Index i = 0; i < 300; ++i)
            ASSERT_EQ(visits[static_cast<std::size_t>(i)].exchange(0), i < count ? 1 : 0)
                << count << ", round " << rounds;
          ++rounds;
        }
    });
}

#if defined(__linux__) && !LAMINA_ADDRESS_SANITIZER && !LAMINA_THREAD_SANITIZER
TEST(ThreadTeam, RunsOnTheCallerIfNoThreadStarts) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  std::vector<std::atomic<int>> visits(2000);
  for (int limited = 1; limited >= 0; --limited) {  // the limit is smaller than the stacks of the threads
    const rlimit low{std::size_t{16} << 20, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_AS, limited == 1 ? &low : &before), 0);
    with_threads(240, [&] {
      for (int again = 0; again < 3; ++again)
        parallel_ranges(2000, 1, 1, [&](Index begin, Index end) {
          for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
    });
    ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
    for (auto& v : visits) ASSERT_EQ(v.exchange(0), 3) << limited;
  }
}
#endif

TEST(ThreadTeam, WakesAfterItHasSlept) {
  with_threads(2, [] {
    for (int i = 0; i < 5; ++i) {
      std::atomic<Index> sum{0};
      parallel_ranges(1000, 1, 1, [&](Index begin, Index end) { sum += end - begin; });
      EXPECT_EQ(sum.load(), 1000);
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
}

TEST(ThreadTeam, TheNumberOfThreadsCanChangeAtAnyTime) {
  for (int threads : {1, 5, 2, 8, 1, 3})
    with_threads(threads, [&] {
      EXPECT_EQ(num_threads(), threads);
      std::atomic<Index> sum{0};
      parallel_ranges(1000, 1, 1, [&](Index begin, Index end) { sum += end - begin; });
      EXPECT_EQ(sum.load(), 1000);
    });
  EXPECT_TRUE(raises<ValueError>([] { set_num_threads(0); }, {"set_num_threads", "at least 1", "got 0"}));
  EXPECT_TRUE(raises<ValueError>([] { set_num_threads(-2); }, {"got -2"}));
}

TEST(ThreadTeamDeathTest, AnInvalidEnvironmentVariableIsIgnoredWithAWarning) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const char* value : {"", "abc", "-2", "0", "99999999999999999999", "2 ", "1.5"}) {
    if (*value == '\0' && !testing_support::EnvironmentVariable::can_be_empty) continue;
    EXPECT_EXIT(
        {
          const testing_support::EnvironmentVariable bad("LAMINA_NUM_THREADS", value);
          const int of_machine = static_cast<int>(std::thread::hardware_concurrency());
          std::exit(num_threads() == (of_machine < 1 ? 1 : of_machine) ? 0 : 1);
        },
        ::testing::ExitedWithCode(0), std::string("LAMINA_NUM_THREADS: expected an integer .*got \"") + value + "\"")
        << value;
  }
}

TEST(ThreadTeam, ProductsFromSeveralThreadsAreCorrect) {
  with_threads(2, [] {
    const Tensor<float> a = testing::random_tensor<float>({120, 110}, 1),
                        b = testing::random_tensor<float>({110, 90}, 2);
    const Tensor<float> expected = matmul(a, b);
    std::vector<std::thread> callers;
    std::atomic<int> wrong{0};
    for (int c = 0; c < 3; ++c)
      callers.emplace_back([&] {
        for (int i = 0; i < 20; ++i)
          if (!testing::tensors_equal(matmul(a, b), expected)) ++wrong;
      });
    for (std::thread& t : callers) t.join();
    EXPECT_EQ(wrong.load(), 0);
  });
}

}  // namespace
}  // namespace lamina
