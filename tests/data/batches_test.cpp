#include <atomic>
#include <chrono>
#include <lamina/data/batches.hpp>
#include <lamina/data/dataset.hpp>
#include <stdexcept>
#include <thread>

#include "support/expect.hpp"

using namespace lamina;

namespace {

TEST(ArrayBatches, ShuffleByTheGlobalSeed) {
  const auto order = [](std::uint64_t seed, const ArrayBatchOptions& options) {
    set_random_seed(seed);
    Tensor<float> x = Tensor<float>::empty({50, 1});
    for (Index i = 0; i < 50; ++i) x.mutable_data()[i] = static_cast<float>(i);
    const ArrayBatches<float> batches({x}, options);
    const auto cursor = batches.open();
    cursor->restart(0);
    std::vector<float> all;
    while (const Samples<float>* batch = cursor->next())
      for (Index i = 0; i < batch->x.size(); ++i) all.push_back(batch->x[i]);
    set_random_seed(0);
    return all;
  };
  const ArrayBatchOptions options{.batch_size = 8, .shuffle = true};
  EXPECT_NE(order(1, options), order(2, options));
  EXPECT_EQ(order(1, options), order(1, options));
  EXPECT_EQ(order(1, {.batch_size = 8, .shuffle = true, .seed = 2}), order(2, options));
}

}  // namespace

TEST(ArrayBatches, RejectsInvalidArguments) {
  const Tensor<float> x{{1}, {2}, {3}}, y{1, 2};
  EXPECT_TRUE(expect::error<ValueError>([&] { ArrayBatches<float>({x}, {.batch_size = 0}); }, {"batch_size >= 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { ArrayBatches<float>({x, y}, {}); }, {"3 samples", "(2,)"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { ArrayBatches<float>({x, x, y}, {}); }, {"3 samples", "(2,)"}));
}
