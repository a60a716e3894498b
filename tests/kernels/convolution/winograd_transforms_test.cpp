#include <lamina/kernels/convolution/winograd_transforms.hpp>

#include "support/values.hpp"

namespace lamina {
namespace {

namespace winograd = kernels::detail::winograd;
using kernels::Pack;
using testing::random_values;
using testing::rounding;
using testing::Values;

// The matrices of F(2 x 2, 3 x 3), row by row, from Lavin and Gray's paper.
constexpr double bt[] = {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1};
constexpr double g[] = {1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1};
constexpr double at[] = {1, 1, 1, 0, 0, 1, -1, -1};

/// Returns M x Mᵀ for M (to, from), or the same for the transpose of M.
Values<double> by_loops(const double* m, int to, int from, bool transposed, const Values<double>& x) {
  const int rows = transposed ? from : to, columns = transposed ? to : from;
  const auto element = [&](int i, int j) { return transposed ? m[j * from + i] : m[i * from + j]; };
  Values<double> y(rows * rows);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < rows; ++j)
      for (int k = 0; k < columns; ++k)
        for (int l = 0; l < columns; ++l) y[i * rows + j] += element(i, k) * x[k * columns + l] * element(j, l);
  return y;
}

template <class Transform, class S, int N>
Values<S> by_packs(const Values<S>& x) {
  constexpr int from = Transform::from * Transform::from, to = Transform::to * Transform::to;
  using P = Pack<S, N>;
  P in[std::size_t{from}], out[std::size_t{to}];
  for (int i = 0; i < from; ++i) in[i] = P::load(x.data() + i * N);
  winograd::transform<Transform>(in, out);
  Values<S> y(to * N);
  for (int i = 0; i < to; ++i) out[i].store(y.data() + i * N);
  return y;
}

/// Each lane contains a different square.
template <class Transform, class S, int N>
void check_transform(const char* name, const double* m, int to, int from, bool transposed) {
  const int in = Transform::from * Transform::from, out = Transform::to * Transform::to;
  const Values<S> x = random_values<S>(in * N, 1);
  const Values<S> y = by_packs<Transform, S, N>(x);
  for (int lane = 0; lane < N; ++lane) {
    Values<double> square(in);
    for (int i = 0; i < in; ++i) square[i] = static_cast<double>(x[i * N + lane]);
    const Values<double> expected = by_loops(m, to, from, transposed, square);
    ASSERT_EQ(expected.count(), out);
    for (int i = 0; i < out; ++i)
      EXPECT_NEAR(static_cast<double>(y[i * N + lane]), expected[i], rounding<S>(32)) << name << ": " << i;
  }
}

template <class S, int N>
void check_transforms() {
  check_transform<winograd::InputTransform, S, N>("Bt", bt, 4, 4, false);
  check_transform<winograd::InputTransformTransposed, S, N>("B", bt, 4, 4, true);
  check_transform<winograd::FilterTransform, S, N>("G", g, 4, 3, false);
  check_transform<winograd::FilterTransformTransposed, S, N>("Gt", g, 4, 3, true);
  check_transform<winograd::OutputTransform, S, N>("At", at, 2, 4, false);
  check_transform<winograd::OutputTransformTransposed, S, N>("A", at, 2, 4, true);
}

TEST(WinogradTransforms, MultiplyByTheMatricesOfThePaper) {
  check_transforms<float, 1>();
  check_transforms<double, 1>();
#if LAMINA_HAS_VECTOR_EXTENSION  // without it a pack is one number
  check_transforms<float, 4>();
  check_transforms<double, 2>();
#endif
}

TEST(WinogradTransforms, ComposeToAConvolution) {
  const Values<double> pixels = random_values<double>(16, 1), kernel = random_values<double>(9, 2);
  Values<double> v = by_packs<winograd::InputTransform, double, 1>(pixels);
  const Values<double> u = by_packs<winograd::FilterTransform, double, 1>(kernel);
  for (int i = 0; i < 16; ++i) v[i] *= u[i];
  const Values<double> y = by_packs<winograd::OutputTransform, double, 1>(v);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      double expected = 0;
      for (int k = 0; k < 3; ++k)
        for (int l = 0; l < 3; ++l) expected += pixels[(i + k) * 4 + j + l] * kernel[k * 3 + l];
      EXPECT_NEAR(y[i * 2 + j], expected, rounding<double>(64));
    }
}

TEST(WinogradTransforms, PixelsOutsideOfTheImageAreZero) {
  float image[3 * 5 * 2] = {}, outside[2] = {};
  for (Index row = -4; row <= 4; ++row)
    for (Index column = -4; column <= 6; ++column) {
      const winograd::Pixels<4, float> pixels(image, 3, 5, 2, row, column, outside);
      for (Index i = 0; i < 4; ++i)
        for (Index j = 0; j < 4; ++j) {
          const bool inside = row + i >= 0 && row + i < 3 && column + j >= 0 && column + j < 5;
          EXPECT_EQ(pixels.at[i * 4 + j], inside ? image + ((row + i) * 5 + column + j) * 2 : outside);
        }
    }
}

}  // namespace
}  // namespace lamina
