// Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract: numbers, shapes, gradients, masks, errors.
#include <functional>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

using Tensors = std::vector<Tensor<double>>;
const Tensor<double> a{{1., -2., 3.}, {0.5, 4., -1.}}, b{{2., -3., 1.}, {4., 0.25, -1.5}},
    c{{-1., 5., 2.}, {2., 2., 2.}};
const auto tensor_of = [](const Shape& shape, std::uint64_t seed) { return expect::scattered(shape, seed); };

/// Element by element, after the reference's own idea of how shapes stretch: numbers are looked up by position.
Tensor<double> by_elements(const Tensors& x, const Shape& shape, const std::function<double(std::vector<double>)>& f) {
  Tensor<double> y = Tensor<double>::zeros(shape);
  for (Index i = 0; i < y.size(); ++i) {
    Shape position = shape;
    for (Index axis = shape.rank(), rest = i; axis-- > 0; rest /= shape[axis]) position[axis] = rest % shape[axis];
    std::vector<double> values;
    for (const Tensor<double>& t : x) {
      Index at = 0;
      for (Index axis = 0; axis < t.rank(); ++axis) {
        const Index in_y = axis == 0 ? 0 : axis + shape.rank() - t.rank();
        at = at * t.shape()[axis] + (t.shape()[axis] == 1 ? 0 : position[in_y]);
      }
      values.push_back(t[at]);
    }
    y.mutable_data()[i] = f(values);
  }
  return y;
}

struct Elementwise {
  std::shared_ptr<Layer<double>> layer;
  std::function<double(std::vector<double>)> of;
  bool two = false;
};
std::vector<Elementwise> elementwise() {
  const auto fold = [](auto f) {
    return [f](const std::vector<double>& v) {
      double y = v[0];
      for (std::size_t i = 1; i < v.size(); ++i) y = f(y, v[i]);
      return y;
    };
  };
  const auto plus = fold([](double u, double v) { return u + v; });
  return {{std::make_shared<Add<double>>(), plus},
          {std::make_shared<Average<double>>(),
           [plus](const std::vector<double>& v) { return plus(v) / static_cast<double>(v.size()); }},
          {std::make_shared<Multiply<double>>(), fold([](double u, double v) { return u * v; })},
          {std::make_shared<Maximum<double>>(), fold([](double u, double v) { return std::max(u, v); })},
          {std::make_shared<Minimum<double>>(), fold([](double u, double v) { return std::min(u, v); })},
          {std::make_shared<Subtract<double>>(), fold([](double u, double v) { return u - v; }), true}};
}

}  // namespace

TEST(Merging, OfEqualShapes) {
  EXPECT_TRUE(expect::same(Add<double>()({a, b, c}), Tensor<double>{{2., 0., 6.}, {6.5, 6.25, -0.5}}));
  EXPECT_TRUE(expect::same(Subtract<double>()({a, b}), Tensor<double>{{-1., 1., 2.}, {-3.5, 3.75, 0.5}}));
  EXPECT_TRUE(expect::same(Multiply<double>()({a, b, c}), Tensor<double>{{-2., 30., 6.}, {4., 2., 3.}}));
  EXPECT_TRUE(expect::same(Maximum<double>()({a, b, c}), Tensor<double>{{2., 5., 3.}, {4., 4., 2.}}));
  EXPECT_TRUE(expect::same(Minimum<double>()({a, b, c}), Tensor<double>{{-1., -3., 1.}, {0.5, 0.25, -1.5}}));
  EXPECT_TRUE(
      expect::near(Average<double>()({a, b, c}), Tensor<double>{{2. / 3, 0., 2.}, {6.5 / 3, 6.25 / 3, -0.5 / 3}}));
  EXPECT_TRUE(expect::same(Add<double>()({a}), a)) << "one input is its own sum";
  EXPECT_TRUE(expect::same(Add()({a.cast<float>(), b.cast<float>()}), (a + b).cast<float>())) << "float by default";
}

TEST(Merging, StretchesShapesAsKerasDoes) {
  struct Case {
    std::vector<Shape> inputs;
    Shape output;
  };
  // Sizes of 1 stretch; missing axes follow the batch's.
  const Case cases[] = {{{{2, 3}, {2, 3}}, {2, 3}},
                        {{{2, 1, 4}, {2, 3, 1}}, {2, 3, 4}},
                        {{{2, 4}, {2, 3, 4}}, {2, 3, 4}},
                        {{{2, 5, 3, 4}, {2, 4}}, {2, 5, 3, 4}},
                        {{{1, 4}, {1, 3, 1}}, {1, 3, 4}},
                        {{{0, 4}, {0, 4}}, {0, 4}},
                        {{{3}, {3}}, {3}}};
  for (const Case& each : cases)
    for (const Elementwise& e : elementwise()) {
      SCOPED_TRACE(e.layer->class_name() + " of " + each.inputs[0].to_string() + " and " + each.inputs[1].to_string());
      EXPECT_EQ(e.layer->compute_output_shapes(each.inputs).at(0), each.output);
      std::vector<Shape> open;
      for (const Shape& shape : each.inputs) open.push_back(shape.with(0, None));
      EXPECT_EQ(e.layer->compute_output_shapes(open).at(0), each.output.with(0, None));
      const Tensors x{tensor_of(each.inputs[0], 1), tensor_of(each.inputs[1], 2)};
      EXPECT_TRUE(expect::near(e.layer->apply(x).at(0), by_elements(x, each.output, e.of)));
      EXPECT_TRUE(lamina::testing::check_gradient(
          [&](const auto& u, const auto& v) {
            return (*e.layer)({u, v});
          },
          x, {.second_order = true}));
    }
  EXPECT_EQ(Add().compute_output_shapes({{None, None, 4}, {8, 3, 4}}).at(0), (Shape{8, None, 4}));
}

TEST(Merging, OfManyInputs) {
  const Tensors x{tensor_of({2, 3, 4}, 1), tensor_of({2, 4}, 2), tensor_of({2, 1, 4}, 3), tensor_of({2, 3, 1}, 4)};
  for (const Elementwise& e : elementwise()) {
    if (e.two) continue;
    SCOPED_TRACE(e.layer->class_name());
    EXPECT_TRUE(expect::near(e.layer->apply(x).at(0), by_elements(x, {2, 3, 4}, e.of)));
    EXPECT_TRUE(lamina::testing::check_gradient(
        [&](const auto& u, const auto& v, const auto& w, const auto& z) {
          return (*e.layer)({u, v, w, z});
        },
        x));
  }
}

TEST(Merging, EqualElementsShareTheGradient) {
  Tensor<double> u{{1., 2.}}, v{{1., 3.}};
  for (const bool larger : {true, false}) {
    GradientTape<double> tape;
    tape.watch(u);
    tape.watch(v);
    const Tensor<double> y = larger ? Maximum<double>()({u, v}) : Minimum<double>()({u, v});
    const auto gradients = tape.gradient(y, Tensors{u, v});
    EXPECT_TRUE(expect::same(gradients[0], Tensor<double>{{0.5, larger ? 0. : 1.}}));
    EXPECT_TRUE(expect::same(gradients[1], Tensor<double>{{0.5, larger ? 1. : 0.}}));
  }
}

TEST(Merging, HeedsMasksAsKerasDoes) {
  // What Keras 3 gives for a Masking layer's outputs, steps of zeros being hidden.
  const Tensor<float> x{{{0, 0}, {1, 2}, {0, 0}, {3, 4}}}, y{{{0, 0}, {0, 0}, {1, 2}, {3, 4}}};
  const Tensor<float> x_steps{{0, 1, 0, 1}}, y_steps{{0, 0, 1, 1}}, either{{0, 1, 1, 1}};
  const auto check = [&](const Layer<float>& layer, const Tensor<float>& p, const Tensor<float>& q,
                         const Tensor<float>& one, const Tensor<float>& both) {
    SCOPED_TRACE(layer.class_name());
    const Tensor<float> once = layer({p, q}, {.mask = x_steps});
    EXPECT_TRUE(expect::same(once, one));
    EXPECT_FALSE(get_mask(once).defined()) << "the other input has no mask";
    const Tensor<float> twice = layer({p, q}, {.mask = {x_steps, y_steps}});
    EXPECT_TRUE(expect::same(twice, both));
    EXPECT_TRUE(expect::same(get_mask(twice), either));
    EXPECT_FALSE(get_mask(layer({p, q})).defined());
  };
  const Tensor<float> sum{{{0, 0}, {1, 2}, {1, 2}, {6, 8}}}, difference{{{0, 0}, {1, 2}, {-1, -2}, {0, 0}}};
  check(Add(), x, y, sum, sum);
  check(Subtract(), x, y, difference, difference);
  check(Average(), x, y, sum * 0.5f, sum * 0.5f);
  check(Multiply(), x, y, Tensor<float>{{{0, 0}, {0, 0}, {1, 2}, {9, 16}}},
        Tensor<float>{{{0, 0}, {1, 2}, {1, 2}, {9, 16}}});
  check(Maximum(), x * -1, y * -1, Tensor<float>{{{0, 0}, {0, 0}, {-1, -2}, {-3, -4}}},
        Tensor<float>{{{0, 0}, {-1, -2}, {-1, -2}, {-3, -4}}});
  check(Minimum(), x, y, Tensor<float>{{{0, 0}, {0, 0}, {1, 2}, {3, 4}}},
        Tensor<float>{{{0, 0}, {1, 2}, {1, 2}, {3, 4}}});
}

TEST(Merging, OfMasksOfOtherShapes) {
  const Tensor<float> x = Tensor<float>::ones({2, 3, 4}), samples = Tensor<float>::ones({2, 4});
  const Tensor<float> steps{{1, 0, 0}, {0, 0, 0}}, whole{0, 1};
  const Tensor<float> y = Add()({x, samples}, {.mask = {steps, whole}});
  EXPECT_TRUE(expect::same(get_mask(y), Tensor<float>{{1, 0, 0}, {1, 1, 1}}));
  const Tensor<float> full = broadcast_to(Tensor<float>{{{0, 1, 0, 0}}}, {2, 3, 4});
  EXPECT_EQ(get_mask(Add()({x, x * 2}, {.mask = {steps, full}})).shape(), (Shape{2, 3, 4}));
}

TEST(Merging, ErrorsNameTheShapes) {
  const Tensor<float> x = Tensor<float>::ones({2, 3}), wide = Tensor<float>::ones({2, 4}),
                      one = Tensor<float>::ones({1, 3});
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Add()({x, wide});
      },
      {"Add", "(None, 3), (None, 4)", "do not fit together"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Maximum layer;
        layer({x, x});
        layer({x, one});
      },
      {"Maximum", "(2, 3), (1, 3)", "batches must be equally large"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Subtract()({x, x, x}); }, {"Subtract", "expected 2 inputs", "got 3"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Subtract()(x); }, {"Subtract", "expected 2 inputs", "got 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Add<float>().compute_output_shapes({}); }, {"Add", "at least 1 input"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { Add()({Tensor<float>(1), Tensor<float>(2)}); }, {"Add", "()"}));
}

TEST(Concatenate, AlongAnyAxis) {
  EXPECT_TRUE(expect::same(Concatenate<double>()({a, Tensor<double>{{9.}, {8.}}}),
                           Tensor<double>{{1., -2., 3., 9.}, {0.5, 4., -1., 8.}}));
  EXPECT_TRUE(expect::same(Concatenate<double>(0)({a, b}).rows_view(2, 4), b));
  const Tensors x{tensor_of({2, 3, 4}, 1), tensor_of({2, 1, 4}, 2), tensor_of({2, 2, 4}, 3)};
  const Tensor<double> y = Concatenate<double>(-2).apply(x).at(0);
  ASSERT_EQ(y.shape(), (Shape{2, 6, 4}));
  EXPECT_TRUE(expect::same(slice(y, {0, 3, 0}, {2, 1, 4}), x[1]));
  EXPECT_TRUE(lamina::testing::check_gradient(
      [](const auto& u, const auto& v, const auto& w) {
        return Concatenate<double>(1)({u, v, w});
      },
      x, {.second_order = true}));
  Concatenate layer(1);
  EXPECT_EQ(layer.compute_output_shapes({{None, 3, 4}, {None, 2, 4}}).at(0), (Shape{None, 5, 4}));
  EXPECT_EQ(layer.compute_output_shapes({{None, None, 4}, {8, 2, 4}}).at(0), (Shape{8, None, 4}));
  EXPECT_EQ(Concatenate<double>()({Tensor<double>::zeros({0, 2}), Tensor<double>::zeros({0, 3})}).shape(),
            (Shape{0, 5}));
}

TEST(Concatenate, MasksKeepAStepWhereAnyInputDoes) {
  const Tensor<float> x{{{0, 0}, {1, 2}, {0, 0}, {3, 4}}}, y{{{0, 0}, {0, 0}, {1, 2}, {3, 4}}};
  const Tensor<float> steps{{0, 1, 0, 1}}, other{{0, 0, 1, 0}};
  const auto mask = [&](Index axis, GivenMasks masks) {
    return get_mask(Concatenate(axis)({x, y}, {.mask = std::move(masks)}));
  };
  EXPECT_TRUE(expect::same(mask(1, {steps}), Tensor<float>{{0, 1, 0, 1, 1, 1, 1, 1}}));
  EXPECT_TRUE(expect::same(mask(2, {steps}), Tensor<float>{{1, 1, 1, 1}}));
  EXPECT_TRUE(expect::same(mask(-1, {steps, other}), Tensor<float>{{0, 1, 1, 1}}));
  EXPECT_TRUE(expect::same(mask(1, {steps, other}), Tensor<float>{{0, 1, 0, 1, 0, 0, 1, 0}}));
  EXPECT_FALSE(get_mask(Concatenate()({x, y})).defined());
}

TEST(Concatenate, ErrorsNameTheShapes) {
  const Tensor<float> x = Tensor<float>::ones({2, 3, 4});
  const auto with = [&](Index axis, const Shape& shape) {
    return [=] {
      Concatenate<float> layer(axis);
      layer({x, Tensor<float>::ones(shape)});
    };
  };
  EXPECT_TRUE(expect::error<ShapeError>(with(-1, {2, 2, 4}), {"Concatenate", "(None, 3, 4), (None, 2, 4)", "axis -1"}));
  EXPECT_TRUE(expect::error<ShapeError>(with(1, {2, 3}), {"Concatenate", "(None, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>(with(3, {2, 3, 4}), {"Concatenate", "axis 3"}));
  EXPECT_TRUE(expect::error<ShapeError>(with(1, {1, 3, 4}), {"Concatenate", "(2, 3, 4), (1, 3, 4)"}));
}

namespace {

/// Sums of products along an axis of each, by plain loops over all other positions.
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
    EXPECT_TRUE(expect::near(Dot<double>({each.p - x.rank(), each.q - y.rank()})({x, y}), expected)) << "from the end";
    EXPECT_EQ(layer.compute_output_shapes({each.x.with(0, None), each.y.with(0, None)}).at(0),
              expected.shape().with(0, None));
    EXPECT_TRUE(lamina::testing::check_gradient(
        [&](const auto& u, const auto& v) {
          return layer({u, v});
        },
        {x, y}, {.second_order = true}));
  }
}

TEST(Dot, NormalizesWhereAskedTo) {
  const Tensor<double> u{{3., 4.}, {0., 0.}}, v{{4., 3.}, {1., 1.}};
  Dot<double> layer(-1, {.normalize = true});
  EXPECT_TRUE(expect::near(layer({u, v}), Tensor<double>{{24. / 25}, {0.}})) << "a vector of zeros stays one";
  const Tensor<double> x = tensor_of({2, 3, 4}, 1), y = tensor_of({2, 3, 2}, 2);
  EXPECT_TRUE(expect::near(Dot<double>(1, {.normalize = true})({x, y}),
                           naive_dot(l2_normalize(x, 1), l2_normalize(y, 1), 1, 1)));
  EXPECT_TRUE(lamina::testing::check_gradient(
      [](const auto& p, const auto& q) {
        return Dot<double>(1, {.normalize = true})({p, q});
      },
      {x, y}));
}

TEST(Dot, HasNoMaskAndSaysWhatDoesNotFit) {
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

TEST(Merging, ConfigurationsComeBack) {
  Config dot = Config::map();
  dot["axes"] = Config::list({1, 2});
  dot["normalize"] = true;
  const auto layer = layer_from_config<float>(named_config("Dot", dot));
  EXPECT_EQ(layer->get_config().at("axes").to_string(), "[1, 2]");
  EXPECT_TRUE(layer->get_config().at("normalize").as_bool());
  EXPECT_EQ(Dot(-1).get_config().at("axes").to_string(), "-1");
  EXPECT_EQ(Concatenate(1).get_config().at("axis").as_integer(), 1);
  EXPECT_EQ(layer_from_config<float>(named_config("Concatenate", Concatenate(1).get_config()))
                ->get_config()
                .at("axis")
                .as_integer(),
            1);
  for (const char* name : {"Add", "Average", "Multiply", "Maximum", "Minimum", "Subtract"})
    EXPECT_EQ(layer_from_config<double>(named_config(name, Config::map()))->class_name(), name);
  EXPECT_EQ(Add({.name = "residual"}).name(), "residual");
}

TEST(Merging, InAModel) {
  auto x = Input({3}), y = Input({3});
  Model model(std::vector{x, y}, std::vector{x, y} | Add());
  EXPECT_TRUE(expect::same(model.predict({a.cast<float>(), b.cast<float>()}), (a + b).cast<float>()));
}
