#include <functional>
#include <lamina/layers/merging/merge.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::merging;
using Tensors = std::vector<Tensor<double>>;

/// Reference implementation, element by element, with its own broadcasting by index.
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

TEST(Merging, BroadcastsShapesAsKerasDoes) {
  struct Case {
    std::vector<Shape> inputs;
    Shape output;
  };
  // Axes of size 1 are broadcast; missing axes are inserted after the batch axis.
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

TEST(Merging, CombinesMasksAsKerasDoes) {
  // Keras 3's results for outputs of a Masking layer that hides steps of zeros.
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
      {"Add", "(None, 3), (None, 4)", "broadcast to one shape"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Maximum layer;
        layer({x, x});
        layer({x, one});
      },
      {"Maximum", "(2, 3), (1, 3)", "equal batch sizes"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Add<float>().compute_output_shapes({}); }, {"Add", "at least 1 input"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { Add()({Tensor<float>(1), Tensor<float>(2)}); }, {"Add", "()"}));
}

TEST(Merging, RoundTripsThroughItsConfiguration) {
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
