#pragma once
#include <functional>
#include <string>
#include <vector>

#include "support/expect.hpp"

// Checks the requirements of every layer in one call:
//
//     TEST(Dense, PassesTheLayerChecks) {
//       check_layer<Dense>({.input = {4, 3}, .output = {4, 5}, .weights = {{"kernel", {3, 5}}, {"bias", {5}}}}, 5,
//       "tanh");
//     }

namespace lamina {

struct ExpectedWeight {
  std::string name;
  Shape shape;
  bool trainable = true;
  std::string path = {};  ///< path inside the layer, if it is not the name
};

struct LayerCheck {
  Shape input;   ///< shape of the input, including the batch axis
  Shape output;  ///< shape of the output, including the batch axis
  std::vector<ExpectedWeight> weights = {};
  bool training = false;         ///< if true, calls the layer in training mode, always with the same random numbers
  bool sample_by_sample = true;  ///< if true, the output of a sample does not depend on the other samples
  double low = -1, high = 1;     ///< range of the input's elements
  std::function<double(double)> input_map{};  ///< applied to the input's elements, for example to avoid kinks
  double gradient_tolerance = 1e-6;
};

namespace detail {

template <class S>
class LayerChecker {
 public:
  explicit LayerChecker(const LayerCheck& check) : check_(check) {}

  Tensor<S> input(const Shape& shape) const {
    Tensor<S> x = expect::scattered<S>(shape, 5);
    S* values = x.mutable_data();
    for (Index i = 0; i < x.size(); ++i) {
      const double v = check_.low + (check_.high - check_.low) * (static_cast<double>(values[i]) + 1) / 2;
      values[i] = static_cast<S>(static_cast<float>(check_.input_map ? check_.input_map(v) : v));
    }
    return x;
  }
  Tensor<S> call(const Layer<S>& layer, const Tensor<S>& x) const {
    const CallContext::Step step(3, 0);
    return layer(x, {.training = check_.training});
  }
  /// Sets weights without zeros or symmetry.
  static void scatter_weights(Layer<S>& layer) {
    std::vector<Tensor<S>> weights = layer.get_weights();
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = expect::scattered<S>(weights[i].shape(), 100 + i);
    layer.set_weights(weights);
  }
  Tensor<S> weighted_sum(const Layer<S>& layer, const Tensor<S>& x) const {
    const Tensor<S> y = call(layer, x);
    return sum(y * expect::scattered<S>(y.shape(), 9));
  }
  /// Returns the gradients of the input and of the trainable variables.
  std::vector<Tensor<S>> gradients(const Layer<S>& layer, Tensor<S> x) const {
    GradientTape<S> tape({.persistent = true});
    tape.watch(x);
    const Tensor<S> loss = weighted_sum(layer, x);
    std::vector<Tensor<S>> all = tape.gradient(loss, layer.trainable_variables());
    all.insert(all.begin(), tape.gradient(loss, x));
    return all;
  }

 private:
  const LayerCheck& check_;
};

inline void check_structure(Layer<double>& layer, const LayerCheck& check) {
  EXPECT_FALSE(layer.built()) << "before the first call";
  const Shape open = check.input.with(0, None);
  EXPECT_EQ(layer.compute_output_shape(open), check.output.with(0, None)) << "compute_output_shape, unknown batch size";
  EXPECT_EQ(layer.compute_output_shape(check.input), check.output) << "compute_output_shape";
  LayerChecker<double> checker(check);
  EXPECT_EQ(checker.call(layer, checker.input(check.input)).shape(), check.output) << "shape of the output";
  EXPECT_TRUE(layer.built()) << "after the first call";
  EXPECT_EQ(layer.build_shape(), open);

  const auto variables = layer.variables();
  ASSERT_EQ(variables.size(), check.weights.size()) << "number of variables";
  Index count = 0;
  std::size_t trainable = 0;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const ExpectedWeight& expected = check.weights[i];
    EXPECT_EQ(variables[i].name(), expected.name);
    EXPECT_EQ(variables[i].shape(), expected.shape) << expected.name;
    EXPECT_EQ(variables[i].trainable(), expected.trainable) << expected.name;
    EXPECT_EQ(variables[i].path(), layer.name() + "/" + (expected.path.empty() ? expected.name : expected.path));
    count += expected.shape.size();
    trainable += expected.trainable ? 1 : 0;
  }
  EXPECT_EQ(layer.count_params(), count);
  EXPECT_EQ(layer.trainable_variables().size(), trainable);
  EXPECT_EQ(layer.non_trainable_variables().size(), variables.size() - trainable);
}

/// Returns df/dvalues by central differences; `f` reads the changed `values`.
template <class F>
Tensor<double> central_differences(const Tensor<double>& at, const F& f) {
  Tensor<double> slopes = Tensor<double>::zeros(at.shape());
  double* out = slopes.mutable_data();
  for (Index i = 0; i < at.size(); ++i) {
    constexpr double h = 1e-6;
    Tensor<double> up = at.copy(), down = at.copy();
    up.mutable_data()[i] += h;
    down.mutable_data()[i] -= h;
    out[i] = (f(up) - f(down)) / (2 * h);
  }
  return slopes;
}

inline void check_gradients(const Layer<double>& layer, const LayerCheck& check) {
  const LayerChecker<double> checker(check);
  const expect::Within within{check.gradient_tolerance, check.gradient_tolerance};
  const Tensor<double> x = checker.input(check.input);
  const auto gradients = checker.gradients(layer, x);
  const Tensor<double> by_differences =
      central_differences(x, [&](const Tensor<double>& moved) { return checker.weighted_sum(layer, moved).item(); });
  EXPECT_TRUE(expect::near(gradients[0], by_differences, within)) << "gradient of the input";
  const auto variables = layer.trainable_variables();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Tensor<double> before = variables[i].value();
    const Tensor<double> slopes = central_differences(before, [&](const Tensor<double>& moved) {
      variables[i].assign(moved);
      return checker.weighted_sum(layer, x).item();
    });
    variables[i].assign(before);
    EXPECT_TRUE(expect::near(gradients[i + 1], slopes, within)) << "gradient of " << variables[i].name();
  }
}

inline void check_batches(const Layer<double>& layer, const LayerCheck& check) {
  const LayerChecker<double> checker(check);
  const Tensor<double> x = checker.input(check.input), y = checker.call(layer, x);
  if (check.sample_by_sample && !check.training) {
    for (Index i = 0; i < check.input[0]; ++i)
      EXPECT_TRUE(expect::near(checker.call(layer, x.rows_view(i, i + 1)), y.rows_view(i, i + 1)))
          << "sample " << i << " alone";
  }
  const Tensor<double> none = Tensor<double>::zeros(check.input.with(0, 0));
  EXPECT_EQ(checker.call(layer, none).shape(), check.output.with(0, 0)) << "an empty batch";
  const auto gradients = checker.gradients(layer, none);
  EXPECT_EQ(gradients[0].shape(), none.shape()) << "gradient of an empty batch";
  const auto variables = layer.trainable_variables();
  for (std::size_t i = 0; i < variables.size(); ++i)
    EXPECT_TRUE(expect::same(gradients[i + 1], Tensor<double>::zeros(variables[i].shape())))
        << "gradient of " << variables[i].name() << " by an empty batch";
}

inline void check_float(Layer<float>& layer, const Layer<double>& twin, const LayerCheck& check) {
  const LayerChecker<float> checker(check);
  const LayerChecker<double> twin_checker(check);
  const Tensor<float> x = checker.input(check.input);
  checker.call(layer, x);
  std::vector<Tensor<float>> weights;
  for (const auto& w : twin.get_weights()) weights.push_back(w.cast<float>());
  layer.set_weights(weights);
  const expect::Within within{1e-5, 1e-5};
  const Tensor<double> x_twin = twin_checker.input(check.input);
  EXPECT_TRUE(expect::near(checker.call(layer, x), twin_checker.call(twin, x_twin), within)) << "float";
  const auto gradients = checker.gradients(layer, x);
  const auto expected = twin_checker.gradients(twin, x_twin);
  ASSERT_EQ(gradients.size(), expected.size());
  for (std::size_t i = 0; i < gradients.size(); ++i)
    EXPECT_TRUE(expect::near(gradients[i], expected[i], within)) << "float, gradient " << i;
}

}  // namespace detail

/// Checks `L<double>(arguments...)` and `L<float>(arguments...)`: shapes, variables, gradients by central differences,
/// get_weights and set_weights, batches of one and of zero samples, float compared with double.
template <template <class> class L, class... Arguments>
void check_layer(const LayerCheck& check, const Arguments&... arguments) {
  L<double> layer(arguments...);
  detail::check_structure(layer, check);
  if (::testing::Test::HasFatalFailure()) return;
  detail::LayerChecker<double>::scatter_weights(layer);
  detail::check_gradients(layer, check);
  detail::check_batches(layer, check);

  L<double> other(arguments...);
  const detail::LayerChecker<double> checker(check);
  const Tensor<double> x = checker.input(check.input);
  checker.call(other, x);
  other.set_weights(layer.get_weights());
  EXPECT_TRUE(expect::same(other.get_weights(), layer.get_weights()));
  EXPECT_TRUE(expect::same(checker.call(other, x), checker.call(layer, x))) << "with the weights of the double layer";

  L<float> single(arguments...);
  detail::check_float(single, layer, check);
}

}  // namespace lamina
