#include <gtest/gtest.h>

#include <lamina/kernels/parallel_lanes.hpp>
#include <vector>

#include "support/with_threads.hpp"

namespace lamina {
namespace {

TEST(ParallelLanes, VisitsEveryElementOnceWithTheMachinesVectorWidth) {
  for (const int threads : {1, 3})
    testing::with_threads(threads, [] {
      for (const Index count : {0, 1, 7, 64, 1000}) {
        std::vector<int> visits(static_cast<std::size_t>(count)), lanes(static_cast<std::size_t>(count));
        kernels::parallel_lanes<float>(count, 4, 10,
                                       [v = visits.data(), l = lanes.data()](auto width, Index begin, Index end)
                                           LAMINA_INLINE_LAMBDA {
                                             for (Index i = begin; i < end; ++i) {
                                               ++v[i];
                                               l[i] = decltype(width)::value;
                                             }
                                           });
        EXPECT_EQ(visits, std::vector<int>(visits.size(), 1)) << count;
        EXPECT_EQ(lanes, std::vector<int>(lanes.size(), kernels::machine_lanes<float>())) << count;
      }
    });
}

}  // namespace
}  // namespace lamina
