#include <lamina/layers/base/multi_input_layer.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

namespace {

struct Blend : MultiInputLayer<float> {
  void build_many(const std::vector<Shape>& inputs) override { share_ = add_weight("share", {inputs.at(1).back()}); }
  std::vector<Tensor<float>> call_many(const std::vector<Tensor<float>>& x) const override {
    const Tensor<float> y = x.at(0) + sigmoid(share_) * (x.at(1) - x.at(0));
    if (call_options().return_attention_scores) return {y, share_};
    return {y};
  }
  Variable<float> share_;
};

}  // namespace

TEST(SeveralInputs, AreTakenInOrder) {
  Blend layer;
  const Tensor<float> a{{0, 0}, {0, 0}}, b{{2, 4}, {6, 8}};
  EXPECT_EQ(layer.compute_output_shapes({{None, 2}, {None, 2}}).at(0), (Shape{None, 2}));
  EXPECT_EQ(layer({a, b}).shape(), (Shape{2, 2}));
  layer.set_weights({Tensor<float>{0, 0}});
  EXPECT_TRUE(expect::same(layer({a, b}), b * 0.5f));
  EXPECT_EQ(layer.variables().size(), 1U);
  const auto both = layer.apply({a, b}, {.return_attention_scores = true});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        layer({a, b}, {.return_attention_scores = true});
      },
      {"Blend", "got 2", "apply"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        Dense(2)({Tensor<float>{{1}}, Tensor<float>{{1}}});
      },
      {"Dense", "expected one input, got 2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Dense(2).apply(std::vector<Tensor<float>>{}); }, {"at least one input"}));
}

TEST(SeveralInputs, AreAnErrorForALayerWithOneInput) {
  const Tensor<float> x{{1, 2}};
  Dense dense(2);
  const auto call_with_two = [&] { dense.apply({x, x}); };
  EXPECT_TRUE(expect::error<ValueError>(call_with_two, {"Dense", "expected one input, got 2"}));
  EXPECT_TRUE(dense.variables().empty());
  EXPECT_FALSE(dense.built());
  const Tensor<float> y = dense(x);
  EXPECT_TRUE(expect::error<ValueError>(call_with_two, {"Dense", "expected one input, got 2"}));
  EXPECT_TRUE(expect::same(dense(x), y));
}

TEST(SeveralInputs, ASingleOneMustFitTheInputSpec) {
  struct Total : MultiInputLayer<float> {
    Total() { set_input_spec({.rank = 2, .last = 2}); }
    std::vector<Tensor<float>> call_many(const std::vector<Tensor<float>>& x) const override {
      Tensor<float> sum = x.front();
      for (std::size_t i = 1; i < x.size(); ++i) sum = sum + x[i];
      return {sum};
    }
  };
  Total total;
  const Tensor<float> x{{1, 2}}, wide{{1, 2, 3}};
  EXPECT_TRUE(expect::same(total({x, x, x}), x * 3));
  EXPECT_TRUE(expect::same(total(x), x));
  EXPECT_TRUE(expect::error<ShapeError>([&] { total(wide); }, {"total", "last axis is 2", "(1, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { total.apply({wide}); }, {"total", "last axis is 2", "(1, 3)"}));
}

TEST(SeveralInputs, GetTheirGradients) {
  Blend layer;
  Tensor<float> a{{1, 2}}, b{{3, 5}};
  layer({a, b});
  layer.set_weights({Tensor<float>{0, 0}});
  GradientTape<float> tape;
  tape.watch(a);
  tape.watch(b);
  const auto gradients = tape.gradient(layer({a, b}), std::vector<Tensor<float>>{a, b});
  EXPECT_TRUE(expect::same(gradients[0], Tensor<float>{{0.5f, 0.5f}}));
  EXPECT_TRUE(expect::same(gradients[1], Tensor<float>{{0.5f, 0.5f}}));
}
