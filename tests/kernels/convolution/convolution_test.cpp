#include <lamina/kernels/convolution/convolution.hpp>

#include "support/convolution.hpp"

// Compares convolutions with plain loops.

namespace lamina {
namespace {

using namespace testing::convolution;

TEST(Convolution, AgreesWithPlainLoopsInFloat) { check_forward<float>(all_sizes(), 1e-4); }
TEST(Convolution, AgreesWithPlainLoopsInDouble) { check_forward<double>(all_sizes(), 1e-12); }

TEST(Convolution, ReluPropagatesNaN) {
  const Convolution c = convolution({{2}, 1, 1, 1, "valid", 1, 1, 1, 1});
  const float x[] = {std::nanf(""), -1}, kernel[] = {1};
  float y[2];
  kernels::convolve<float>(c, x, kernel, nullptr, true, y);
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[1], 0);
}

}  // namespace
}  // namespace lamina
