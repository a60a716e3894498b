// Compares vectorized square roots with scalar ones.
#include <lamina/kernels/simd/square_root.hpp>

#include "support/accuracy.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

template <class S>
class KernelSquareRoot : public ::testing::Test {
 public:
  static constexpr S infinity = std::numeric_limits<S>::infinity();
  static Tensor<S> points() {
    Tensor<S> x = Tensor<S>::zeros({1003});
    S* at = x.mutable_data();
    for (Index i = 0; i < 1000; ++i) at[i] = std::pow(S(10), S(0.05) * static_cast<S>(i - 500)) * S(1.2345);
    at[100] = 0;
    at[101] = infinity;
    at[102] = -1;
    at[103] = std::numeric_limits<S>::quiet_NaN();
    return x;
  }
};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(KernelSquareRoot, Scalars);

}  // namespace

TYPED_TEST(KernelSquareRoot, AgreesWithTheScalarSquareRoot) {
  using S = TypeParam;
  const Tensor<S> x = this->points();
  Tensor<S> y = Tensor<S>::zeros(x.shape());
  lamina::testing::by_lanes<S>(
      x.size(), y.mutable_data(), [](const auto& v) LAMINA_INLINE_LAMBDA { return sqrt(v); }, x.data());
  // Without the processor's square root instruction, the last one or two digits may differ.
#if LAMINA_X86 || defined(__aarch64__)
  const double tolerance = 0;
#else
  const double tolerance = 2.0 * static_cast<double>(std::numeric_limits<S>::epsilon());
#endif
  for (Index i = 0; i < x.size(); ++i)
    EXPECT_TRUE(expect::close(static_cast<double>(y[i]), static_cast<double>(std::sqrt(x[i])), {tolerance, 0})) << x[i];
}

TYPED_TEST(KernelSquareRoot, DividesByIt) {
  using S = TypeParam;
  const Tensor<S> x = this->points();
  Tensor<S> y = Tensor<S>::zeros(x.shape());
  for (const S numerator : {S(-3.21), S(0)}) {
    lamina::testing::by_lanes<S>(
        x.size(), y.mutable_data(),
        [numerator](const auto& v) LAMINA_INLINE_LAMBDA {
          using P = std::decay_t<decltype(v)>;
          return divide_by_sqrt(P::splat(numerator), v);
        },
        x.data());
    for (Index i = 0; i < x.size(); ++i)
      EXPECT_TRUE(expect::close(static_cast<double>(y[i]), static_cast<double>(numerator / std::sqrt(x[i])),
                                {4.0 * static_cast<double>(std::numeric_limits<S>::epsilon()), 0}))
          << numerator << " / root of " << x[i];
  }
}
