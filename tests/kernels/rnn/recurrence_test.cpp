#include <lamina/kernels/rnn/recurrence.hpp>

#include <gtest/gtest.h>

#include "support/values.hpp"

namespace lamina {
namespace {

using testing::random_values;
using testing::Values;

template <class S>
class RecurrenceKernels : public ::testing::Test {};
TYPED_TEST_SUITE(RecurrenceKernels, testing::Scalars);

TYPED_TEST(RecurrenceKernels, SequencesAreTransposedToStepsAndBack) {
  using S = TypeParam;
  for (const Index n : testing::edge_widths)
    for (const bool backwards : {false, true})
      for (const bool masked : {false, true}) {
        const Index batch = 3, steps = 4;
        const Values<S> x = random_values<S>(batch * steps * n, 1);
        Values<S> mask(steps * batch, S(1)), turned(x.count(), S(9)), back(x.count(), S(9));
        mask[5] = mask[7] = S(0);
        kernels::to_time_major<S>(batch, steps, n, backwards, masked ? mask.data() : nullptr, x.data(), turned.data());
        kernels::from_time_major<S>(batch, steps, n, backwards, turned.data(), back.data());
        for (Index t = 0; t < steps; ++t)
          for (Index b = 0; b < batch; ++b)
            for (Index i = 0; i < n; ++i) {
              const Index from = (b * steps + (backwards ? steps - 1 - t : t)) * n + i, row = t * batch + b;
              const S expected = masked && mask[row] == S(0) ? S(0) : x[from];
              ASSERT_EQ(turned[row * n + i], expected) << n << ": " << t << ", " << b << ", " << i;
              ASSERT_EQ(back[from], expected) << n << ": " << t << ", " << b << ", " << i;
            }
      }
}

}  // namespace
}  // namespace lamina
