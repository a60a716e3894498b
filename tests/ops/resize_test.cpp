#include <gtest/gtest.h>

#include <lamina/ops/resize.hpp>

#include "support/check_gradient.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

constexpr Interpolation all[] = {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic,
                                 Interpolation::lanczos3, Interpolation::lanczos5};

/// Resizes one row of pixels.
Tensor<double> row(const Tensor<double>& pixels, Index length, Interpolation interpolation, bool antialias = false) {
  const Tensor<double> y =
      detail::resize(reshape(pixels, {1, 1, pixels.size(), 1}), 1, 1, length, interpolation, antialias);
  return reshape(y, {length});
}

TEST(Resize, AgreesWithValuesComputedByHand) {
  const Tensor<double> x{0., 8., 4.};
  EXPECT_TRUE(tensors_near(row(x, 6, Interpolation::nearest), Tensor<double>{0., 0., 8., 8., 4., 4.}, 0));
  EXPECT_TRUE(tensors_near(row(x, 2, Interpolation::nearest), Tensor<double>{0., 4.}, 0));
  // The new pixels are at -1/4, 1/4, 3/4, ...
  EXPECT_TRUE(tensors_near(row(x, 6, Interpolation::bilinear), Tensor<double>{0., 2., 6., 7., 5., 4.}, 1e-15));
  // The new pixels are centered at 1/2 and 2; with antialiasing, they average all pixels within 1.5 on each side.
  EXPECT_TRUE(
      tensors_near(row(Tensor<double>{0., 4., 8., 6.}, 2, Interpolation::bilinear), Tensor<double>{2., 7.}, 1e-15));
  EXPECT_TRUE(tensors_near(row(Tensor<double>{0., 4., 8., 6.}, 2, Interpolation::bilinear, true),
                           Tensor<double>{(0 * 3 + 4 * 3 + 8 * 1) / 7., (4 * 1 + 8 * 3 + 6 * 3) / 7.}, 1e-15));
  // Keys's cubic kernel halfway between pixels: weights a/8 of the outer and 1/2 - a/8 of the inner ones, a = -3/4.
  EXPECT_TRUE(tensors_near(
      row(Tensor<double>{1., 2., 4., 8.}, 2, Interpolation::bicubic),
      Tensor<double>{1.5 * (0.5 + 0.09375) * 2 - 0.09375 * (1 + 4), 6 * (0.5 + 0.09375) * 2 - 0.09375 * (2 + 8)},
      1e-14));
}

TEST(Resize, KeepsConstantImagesAndEqualSizes) {
  const Tensor<double> constant = Tensor<double>::full({2, 5, 7, 3}, 0.375);
  const Tensor<double> x = random_tensor<double>({2, 5, 7, 3}, 1);
  for (const Interpolation interpolation : all)
    for (const bool antialias : {false, true}) {
      for (const auto& [rows, columns] : {std::pair<Index, Index>{9, 4}, {2, 20}, {1, 1}, {5, 7}})
        EXPECT_TRUE(tensors_near(detail::resize(constant, 1, rows, columns, interpolation, antialias),
                                 Tensor<double>::full({2, rows, columns, 3}, 0.375), 1e-14));
      EXPECT_TRUE(tensors_near(detail::resize(x, 1, 5, 7, interpolation, antialias), x, 1e-14))
          << "at pixel centers, every kernel returns the pixel";
    }
}

TEST(Resize, ResizesRowsAndColumnsInBothDataFormats) {
  const Tensor<double> x = random_tensor<double>({2, 6, 5, 3}, 1);
  for (const Interpolation interpolation : all)
    for (const auto& [rows, columns] : {std::pair<Index, Index>{3, 9}, {11, 2}}) {
      const Tensor<double> y = detail::resize(x, 1, rows, columns, interpolation, false);
      const Tensor<double> first = detail::resize(transpose(x, {0, 3, 1, 2}), 2, rows, columns, interpolation, false);
      EXPECT_TRUE(tensors_near(transpose(first, {0, 2, 3, 1}), y, 1e-14));
      const Tensor<float> single = detail::resize(x.cast<float>(), 1, rows, columns, interpolation, false);
      EXPECT_TRUE(tensors_near(single.cast<double>(), y, 1e-6));
      // Columns first, then rows.
      const Tensor<double> apart = detail::resize(detail::resize(x, 1, 6, columns, interpolation, false), 1, rows,
                                                  columns, interpolation, false);
      EXPECT_TRUE(tensors_near(apart, y, 1e-14));
    }
}

TEST(Resize, Gradients) {
  const Tensor<double> x = random_tensor<double>({2, 3, 4, 2}, 1);
  for (const Interpolation interpolation : all)
    for (const auto& [rows, columns] : {std::pair<Index, Index>{5, 2}, {2, 6}})
      EXPECT_TRUE(check_gradient(
          [&, r = rows, c = columns](const auto& v) { return square(detail::resize(v, 1, r, c, interpolation, true)); },
          {x}, {.second_order = true}));
}

TEST(Resize, HasTheSameBitsForAnyNumberOfThreads) {
  const Tensor<float> x = random_tensor<float>({8, 40, 60, 8}, 1);
  const auto run = [&](int threads) {
    std::vector<Tensor<float>> results;
    testing::with_threads(threads, [&] {
      Tensor<float> watched = x;
      GradientTape<float> tape;
      tape.watch(watched);
      const Tensor<float> y = detail::resize(watched, 1, 50, 30, Interpolation::bicubic, false);
      results = {y.detached(), tape.gradient(y, watched)};
    });
    return results;
  };
  const auto alone = run(1), together = run(3);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(tensors_equal(alone[i], together[i]));
}

}  // namespace
}  // namespace lamina
