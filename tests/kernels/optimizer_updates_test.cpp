#include <lamina/kernels/optimizer_updates.hpp>

#include "support/values.hpp"
#include "support/with_threads.hpp"

// Compares every update with its formula in double, element by element.

namespace lamina {
namespace {

using testing::in_double;
using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;
using testing::with_threads;

template <class S>
class OptimizerUpdates : public ::testing::Test {
 protected:
  /// Calls `kernel(n, pointers)`, and `plain(numbers)` for each element, on copies of the same arrays: the weights, the
  /// gradient, and `states` arrays of numbers in [0.5, 1.5).
  template <int states, class Kernel, class Plain>
  static void check(const Kernel& kernel, const Plain& plain) {
    for (const Index n : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 130, 50000}) {
      Values<S> arrays[std::size_t{2 + states}];
      Values<double> expected[std::size_t{2 + states}];
      for (int a = 0; a < 2 + states; ++a) {
        arrays[a] = random_values<S>(n, static_cast<std::uint64_t>(a), a < 2 ? -1 : 0.5, a < 2 ? 1 : 1.5);
        expected[a] = in_double(arrays[a]);
      }
      const Values<S> gradient = arrays[1];
      for (Index i = 0; i < n; ++i) {
        double* at[std::size_t{2 + states}];
        for (int a = 0; a < 2 + states; ++a) at[a] = &expected[a][i];
        plain(at);
      }
      Values<S> alone;
      for (const int threads : {1, 3}) {
        Values<S> copies[std::size_t{2 + states}];
        S* pointers[std::size_t{2 + states}];
        for (int a = 0; a < 2 + states; ++a) pointers[a] = (copies[a] = arrays[a]).data();
        with_threads(threads, [&] { kernel(n, pointers); });
        for (int a = 0; a < 2 + states; ++a)
          EXPECT_TRUE(values_near(copies[a], expected[a], rounding<S>(24))) << n << " elements, array " << a;
        EXPECT_TRUE(testing::same_bits(copies[1], gradient)) << "the gradient does not change";
        if (threads == 1) alone = copies[0];
        EXPECT_TRUE(testing::same_bits(copies[0], alone)) << threads << " threads";
      }
    }
  }
};
TYPED_TEST_SUITE(OptimizerUpdates, testing::Scalars);

TYPED_TEST(OptimizerUpdates, Sgd) {
  using S = TypeParam;
  this->template check<0>([](Index n, S** a) { kernels::sgd<S>(n, a[0], a[1], S(0.875), S(0.0625)); },
                          [](double** a) { *a[0] = 0.875 * *a[0] - 0.0625 * *a[1]; });
}

TYPED_TEST(OptimizerUpdates, SgdWithMomentum) {
  using S = TypeParam;
  for (const bool nesterov : {false, true})
    this->template check<1>(
        [=](Index n, S** a) { kernels::sgd_momentum<S>(n, a[0], a[2], a[1], S(0.875), S(0.0625), S(0.75), nesterov); },
        [=](double** a) {
          *a[2] = 0.75 * *a[2] - 0.0625 * *a[1];
          *a[0] = 0.875 * *a[0] + (nesterov ? 0.75 * *a[2] - 0.0625 * *a[1] : *a[2]);
        });
}

TYPED_TEST(OptimizerUpdates, RmspropWithAndWithoutMomentumAndCentering) {
  using S = TypeParam;
  for (const bool momentum : {false, true})
    for (const bool centered : {false, true})
      this->template check<3>(
          [=](Index n, S** a) {
            kernels::rmsprop<S>(n, a[0], a[2], momentum ? a[3] : nullptr, centered ? a[4] : nullptr, a[1], S(0.875),
                                S(0.0625), S(0.75), S(0.25), S(0.5), S(2));
          },
          [=](double** a) {
            const double g = *a[1];
            *a[2] = 0.75 * *a[2] + 0.25 * g * g;
            if (centered) *a[4] = 0.75 * *a[4] + 0.25 * g;
            const double step = 0.0625 * g / std::sqrt(*a[2] + 2 - (centered ? *a[4] * *a[4] : 0));
            if (momentum) *a[3] = 0.5 * *a[3] + step;
            *a[0] = 0.875 * *a[0] - (momentum ? *a[3] : step);
          });
}

TYPED_TEST(OptimizerUpdates, AdamWithAndWithoutAmsgrad) {
  using S = TypeParam;
  for (const bool amsgrad : {false, true})
    this->template check<3>(
        [=](Index n, S** a) {
          kernels::adam<S>(n, a[0], a[2], a[3], amsgrad ? a[4] : nullptr, a[1], S(0.875), S(0.0625), S(0.25), S(0.125),
                           S(0.5));
        },
        [=](double** a) {
          const double g = *a[1];
          *a[2] += 0.25 * (g - *a[2]);
          *a[3] += 0.125 * (g * g - *a[3]);
          if (amsgrad) *a[4] = std::max(*a[4], *a[3]);
          *a[0] = 0.875 * *a[0] - 0.0625 * *a[2] / (std::sqrt(amsgrad ? *a[4] : *a[3]) + 0.5);
        });
}

TYPED_TEST(OptimizerUpdates, Adamax) {
  using S = TypeParam;
  this->template check<2>(
      [](Index n, S** a) {
        kernels::adamax<S>(n, a[0], a[2], a[3], a[1], S(0.875), S(0.0625), S(0.25), S(0.5), S(0.5));
      },
      [](double** a) {
        *a[2] += 0.25 * (*a[1] - *a[2]);
        *a[3] = std::max(0.5 * *a[3], std::abs(*a[1]));
        *a[0] = 0.875 * *a[0] - 0.0625 * *a[2] / (*a[3] + 0.5);
      });
}

TYPED_TEST(OptimizerUpdates, Nadam) {
  using S = TypeParam;
  this->template check<2>(
      [](Index n, S** a) {
        kernels::nadam<S>(n, a[0], a[2], a[3], a[1], S(0.875), S(0.25), S(0.5), S(1.5), S(0.25), S(0.125), S(0.5));
      },
      [](double** a) {
        const double g = *a[1];
        *a[2] += 0.25 * (g - *a[2]);
        *a[3] += 0.125 * (g * g - *a[3]);
        *a[0] = 0.875 * *a[0] - (0.25 * *a[2] + 0.5 * g) / (std::sqrt(1.5 * *a[3]) + 0.5);
      });
}

TYPED_TEST(OptimizerUpdates, Adagrad) {
  using S = TypeParam;
  this->template check<1>(
      [](Index n, S** a) { kernels::adagrad<S>(n, a[0], a[2], a[1], S(0.875), S(0.0625), S(0.25)); },
      [](double** a) {
        *a[2] += *a[1] * *a[1];
        *a[0] = 0.875 * *a[0] - 0.0625 * *a[1] / std::sqrt(*a[2] + 0.25);
      });
}

TYPED_TEST(OptimizerUpdates, Adadelta) {
  using S = TypeParam;
  this->template check<2>(
      [](Index n, S** a) {
        kernels::adadelta<S>(n, a[0], a[2], a[3], a[1], S(0.875), S(0.0625), S(0.75), S(0.25), S(0.125));
      },
      [](double** a) {
        *a[2] = 0.75 * *a[2] + 0.25 * *a[1] * *a[1];
        const double d = *a[1] * std::sqrt((*a[3] + 0.125) / (*a[2] + 0.125));
        *a[3] = 0.75 * *a[3] + 0.25 * d * d;
        *a[0] = 0.875 * *a[0] - 0.0625 * d;
      });
}

TYPED_TEST(OptimizerUpdates, Lion) {
  using S = TypeParam;
  this->template check<1>(
      [](Index n, S** a) {
        kernels::lion<S>(n, a[0], a[2], a[1], S(0.875), S(0.0625), S(0.25), S(0.75), S(0.5), S(0.5));
      },
      [](double** a) {
        const double c = 0.25 * *a[2] + 0.75 * *a[1];
        *a[0] = 0.875 * *a[0] - (c > 0 ? 0.0625 : c < 0 ? -0.0625 : 0);
        *a[2] = 0.5 * *a[2] + 0.5 * *a[1];
      });
  // sign(0) is 0, and sign(NaN) is NaN.
  S w[] = {1, 1}, m[] = {0, 0};
  const S g[] = {0, std::numeric_limits<S>::quiet_NaN()};
  kernels::lion<S>(2, w, m, g, S(1), S(0.0625), S(0.25), S(0.75), S(0.5), S(0.5));
  EXPECT_EQ(w[0], S(1));
  EXPECT_TRUE(std::isnan(w[1]));
}

TYPED_TEST(OptimizerUpdates, FtrlWithEveryPower) {
  using S = TypeParam;
  using kernels::FtrlPower;
  const auto plain = [](double p) {
    return [p](double** a) {
      const double g = *a[1], w = 0.875 * *a[0], before = *a[2];
      *a[2] += g * g;
      const double power = std::pow(*a[2], p);
      *a[3] += g + 0.125 * w - (power - std::pow(before, p)) * w / 0.5;
      *a[0] = (std::clamp(*a[3], -0.75, 0.75) - *a[3]) / (power / 0.5 + 0.25);
    };
  };
  const auto run = [&](auto power, double p) {
    constexpr FtrlPower kind = decltype(power)::value;
    this->template check<2>(
        [p](Index n, S** a) {
          kernels::ftrl<kind, S>(n, a[0], a[2], a[3], a[1], S(0.875), S(0.5), static_cast<S>(p), S(0.75), S(0.25),
                                 S(0.125));
        },
        plain(p));
  };
  run(std::integral_constant<FtrlPower, FtrlPower::root>(), 0.5);
  run(std::integral_constant<FtrlPower, FtrlPower::none>(), 0);
  run(std::integral_constant<FtrlPower, FtrlPower::any>(), 0.75);
}

TYPED_TEST(OptimizerUpdates, MovingAverage) {
  using S = TypeParam;
  this->template check<1>([](Index n, S** a) { kernels::moving_average<S>(n, a[2], a[0], S(0.75), S(0.25)); },
                          [](double** a) { *a[2] = 0.75 * *a[2] + 0.25 * *a[0]; });
}

TYPED_TEST(OptimizerUpdates, UpdatesOfTouchedRowsDoNotChangeOtherRows) {
  using S = TypeParam;
  using lamina::detail::TouchedRows;
  const Index rows = 9;
  for (const Index width : {1, 3, 7, 8, 9, 16, 17, 33}) {
    const std::size_t row_bytes = static_cast<std::size_t>(width) * sizeof(S);
    Values<std::uint64_t> memory(static_cast<Index>(TouchedRows::bytes(9, row_bytes) / 8 + 1));
    TouchedRows* touched = TouchedRows::place(memory.data(), 9, row_bytes);
    for (const Index row : {7, 0, 4}) ASSERT_TRUE(touched->touch(row));
    const Values<S> before = random_values<S>(rows * width, 1), sums = random_values<S>(rows * width, 2, 0.5, 1.5),
                    g = random_values<S>(rows * width, 3);
    Values<S> plain_sgd = before, w_sgd = before, plain_adagrad = before, w_adagrad = before, a = sums, plain_a = sums;
    kernels::sgd<S>(rows * width, plain_sgd.data(), g.data(), S(1), S(0.0625));
    kernels::adagrad<S>(rows * width, plain_adagrad.data(), plain_a.data(), g.data(), S(1), S(0.0625), S(0.25));
    kernels::sgd_rows<S>(*touched, w_sgd.data(), g.data(), S(0.0625));
    kernels::adagrad_rows<S>(*touched, w_adagrad.data(), a.data(), g.data(), S(0.0625), S(0.25));
    Values<double> expected_sgd = in_double(before), expected_adagrad = expected_sgd, expected_a = in_double(sums);
    for (const Index row : {7, 0, 4})
      for (Index i = row * width; i < (row + 1) * width; ++i) {
        expected_sgd[i] = static_cast<double>(plain_sgd[i]);
        expected_adagrad[i] = static_cast<double>(plain_adagrad[i]);
        expected_a[i] = static_cast<double>(plain_a[i]);
      }
    EXPECT_TRUE(values_near(w_sgd, expected_sgd, rounding<S>(8))) << width;
    EXPECT_TRUE(values_near(w_adagrad, expected_adagrad, rounding<S>(8))) << width;
    EXPECT_TRUE(values_near(a, expected_a, rounding<S>(8))) << width;
    for (Index i = width; i < 4 * width; ++i) ASSERT_EQ(w_sgd[i], before[i]) << "a row that was not touched";
  }
}

}  // namespace
}  // namespace lamina
