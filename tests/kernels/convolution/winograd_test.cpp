#include <lamina/kernels/convolution/winograd.hpp>

#include "support/convolution.hpp"

// Compares Winograd convolutions with plain loops.

namespace lamina {
namespace {

using namespace testing::convolution;

TEST(Winograd, AgreesWithPlainLoopsInFloat) { check_forward<float>(winograd_sizes(), 1e-4); }
TEST(Winograd, AgreesWithPlainLoopsInDouble) { check_forward<double>(winograd_sizes(), 1e-12); }

TEST(Winograd, IsChosenForThreeByThreeWindowsWithStrideOne) {
  const auto chosen = [](const ConvolutionSizes& s) { return kernels::detail::winograd::is_faster(convolution(s)); };
  for (const ConvolutionSizes& sizes : winograd_sizes()) EXPECT_TRUE(chosen(sizes));
  EXPECT_FALSE(chosen({{13, 13}, 3, 2, 1, "valid", 9, 32, 64, 1}));       // stride 2
  EXPECT_FALSE(chosen({{13, 13}, 3, {1, 2}, 1, "valid", 9, 32, 64, 1}));  // stride 2 along one axis
  EXPECT_FALSE(chosen({{13, 13}, 3, 1, 2, "valid", 9, 32, 64, 1}));       // dilation
  EXPECT_FALSE(chosen({{13, 13}, {3, 5}, 1, 1, "valid", 9, 32, 64, 1}));  // other window sizes
  EXPECT_FALSE(chosen({{13, 13}, 3, 1, 1, "valid", 9, 32, 64, 2}));       // groups
  EXPECT_FALSE(chosen({{13, 13}, 3, 1, 1, "valid", 9, 3, 64, 1}));        // too few channels
  EXPECT_FALSE(chosen({{13, 13}, 3, 1, 1, "valid", 9, 32, 10, 1}));       // too few filters
  EXPECT_FALSE(chosen({{13, 13}, 3, 1, 1, "valid", 9, 2048, 2048, 1}));   // kernel too large
  EXPECT_FALSE(chosen({{13, 13}, 3, 1, 1, "valid", 1, 32, 64, 1}));       // batch too small
  EXPECT_FALSE(chosen({{13, 13}, 3, 1, 1, "valid", 0, 32, 64, 1}));       // empty batch
  EXPECT_FALSE(chosen({{400}, 3, 1, 1, "valid", 9, 32, 64, 1}));          // one spatial axis
  EXPECT_FALSE(chosen({{13, 13, 13}, 3, 1, 1, "valid", 9, 32, 64, 1}));   // three spatial axes
}

// A NaN pixel makes the outputs NaN whose windows cover it, and no others.
TEST(Winograd, NaNAffectsOnlyTheOutputsWhoseWindowsCoverIt) {
  const Convolution c = convolution({{14, 13}, 3, 1, 1, "same", 1, 16, 16, 1});
  ASSERT_TRUE(kernels::detail::winograd::is_faster(c));
  for (const Index row : {0, 6, 7, 13})
    for (const Index column : {0, 5, 6, 12}) {
      std::vector<float> x = scattered<float>(14 * 13 * 16, 1), y(x.size());
      x[static_cast<std::size_t>((row * 13 + column) * 16 + 3)] = std::nanf("");
      kernels::convolve<float>(c, x.data(), scattered<float>(c.kernel_size(), 2).data(), nullptr, true, y.data());
      for (Index i = 0; i < 14; ++i)
        for (Index j = 0; j < 13; ++j) {
          const bool covered = std::abs(i - row) <= 1 && std::abs(j - column) <= 1;
          for (Index f = 0; f < 16; ++f)
            ASSERT_EQ(std::isnan(y[static_cast<std::size_t>((i * 13 + j) * 16 + f)]), covered) << i << ' ' << j;
        }
    }
}

}  // namespace
}  // namespace lamina
