#include <functional>
#include <lamina/layers/merging/dot.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::merging;

/// Reference implementation: sums of products along an axis of each input, by plain loops over all other axes.
Tensor<double> naive_dot(const Tensor<double>& x, const Tensor<double>& y, Index p, Index q) {
  const auto steps = [](const Shape& shape) {
    std::vector<Index> all(static_cast<std::size_t>(shape.rank()), 1);
    for (std::size_t i = all.size() - 1; i-- > 0;) all[i] = all[i + 1] * shape[static_cast<Index>(i) + 1];
    return all;
  };
  const std::vector<Index> in_x = steps(x.shape()), in_y = steps(y.shape());
  struct Axis {
    Index size, x_step, y_step;
  };
  std::vector<Axis> axes{{x.shape()[0], in_x[0], in_y[0]}};
  for (Index i = 1; i < x.rank(); ++i)
    if (i != p) axes.push_back({x.shape()[i], in_x[static_cast<std::size_t>(i)], 0});
  for (Index i = 1; i < y.rank(); ++i)
    if (i != q) axes.push_back({y.shape()[i], 0, in_y[static_cast<std::size_t>(i)]});
  Shape shape;
  for (const Axis& axis : axes) shape.push_back(axis.size);
  if (shape.rank() == 1) shape.push_back(1);
  Tensor<double> result = Tensor<double>::zeros(shape);
  for (Index e = 0; e < result.size(); ++e) {
    Index at_x = 0, at_y = 0, rest = e;
    for (std::size_t i = axes.size(); i-- > 0; rest /= axes[i].size) {
      at_x += rest % axes[i].size * axes[i].x_step;
      at_y += rest % axes[i].size * axes[i].y_step;
    }
    double total = 0;
    for (Index l = 0; l < x.shape()[p]; ++l)
      total += x[at_x + l * in_x[static_cast<std::size_t>(p)]] * y[at_y + l * in_y[static_cast<std::size_t>(q)]];
    result.mutable_data()[e] = total;
  }
  return result;
}

}  // namespace

TEST(Dot, AlongAnyAxes) {
  struct Case {
    Shape x, y;
    Index p, q;
  };
  const Case cases[] = {
      {{3, 4}, {3, 4}, 1, 1},       {{3, 4}, {3, 4, 2}, 1, 1},       {{3, 4}, {3, 2, 4}, 1, 2},
      {{3, 2, 4}, {3, 4}, 2, 1},    {{3, 4, 2}, {3, 4, 5}, 1, 1},    {{3, 4, 2}, {3, 5, 2}, 2, 2},
      {{3, 4, 2}, {3, 2, 4}, 1, 2}, {{1, 3, 2}, {1, 1, 2, 3}, 1, 3}, {{2, 3, 4, 2}, {2, 5, 4, 3}, 2, 2},
      {{0, 4}, {0, 4}, 1, 1}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.x.to_string() + " and " + each.y.to_string() + " along " + text(each.p, " and ", each.q));
    const Tensor<double> x = tensor_of(each.x, 1), y = tensor_of(each.y, 2), expected = naive_dot(x, y, each.p, each.q);
    Dot<double> layer({each.p, each.q});
    EXPECT_TRUE(expect::near(layer({x, y}), expected));
    EXPECT_TRUE(expect::near(Dot<double>({each.p - x.rank(), each.q - y.rank()})({x, y}), expected))
        << "axes counted from the end";
    EXPECT_EQ(layer.compute_output_shapes({each.x.with(0, None), each.y.with(0, None)}).at(0),
              expected.shape().with(0, None));
    EXPECT_TRUE(lamina::testing::check_gradient(
        [&](const auto& u, const auto& v) {
          return layer({u, v});
        },
        {x, y}, {.second_order = true}));
  }
}

TEST(Dot, NormalizesOnRequest) {
  const Tensor<double> u{{3., 4.}, {0., 0.}}, v{{4., 3.}, {1., 1.}};
  Dot<double> layer(-1, {.normalize = true});
  EXPECT_TRUE(expect::near(layer({u, v}), Tensor<double>{{24. / 25}, {0.}})) << "a vector of zeros is unchanged";
  const Tensor<double> x = tensor_of({2, 3, 4}, 1), y = tensor_of({2, 3, 2}, 2);
  EXPECT_TRUE(expect::near(Dot<double>(1, {.normalize = true})({x, y}),
                           naive_dot(l2_normalize(x, 1), l2_normalize(y, 1), 1, 1)));
  EXPECT_TRUE(lamina::testing::check_gradient(
      [](const auto& p, const auto& q) {
        return Dot<double>(1, {.normalize = true})({p, q});
      },
      {x, y}));
}

TEST(Dot, HasNoMaskAndRejectsInvalidShapes) {
  const Tensor<float> x = Tensor<float>::ones({2, 3, 4}), steps = Tensor<float>::ones({2, 3});
  EXPECT_FALSE(get_mask(Dot(2)({x, x}, {.mask = {steps, steps}})).defined());
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Dot({1, 2})({x, x});
      },
      {"Dot", "3 (axis 1)", "4 (axis 2)", "(None, 3, 4)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { Dot(0)({x, x}); }, {"Dot", "axis 0"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { Dot(3)({x, x}); }, {"Dot", "axis 3", "(None, 3, 4)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { Dot(2)({x, Tensor<float>::ones({1, 3, 4})}); }, {"Dot", "(1, 3, 4)"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Dot(1)({x, x, x}); }, {"Dot", "expected 2 inputs, got 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Dot<float>({1, 2, 3}); }, {"Dot", "[1, 2, 3]"}));
}
