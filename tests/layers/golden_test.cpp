// Compares layers with results of Keras: outputs, and the gradients of sum(y * r).
#include "support/golden.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

// Tolerances for Keras's results in double, whose matrix products were computed in float.
constexpr expect::Within exact{1e-10, 1e-12}, with_products{1e-6, 1e-6};

template <class S>
void agrees(Layer<S>& layer, const std::string& id, expect::Within within, const char* kind) {
  SCOPED_TRACE(id + (sizeof(S) == 4 ? ", float" : ", double"));
  const golden::Case expected("layers/" + id);
  Tensor<S> x = expected.tensor<S>("x0");
  layer(x);
  layer.set_weights(expected.tensors<S>("w"));
  GradientTape<S> tape({.persistent = true});
  tape.watch(x);
  const Tensor<S> y = layer(x);
  const auto of_kind = [&](std::string name) {
    return expected.tensor<double>(expected.contains(name + kind) ? name + kind : name);
  };
  if (expected.contains(std::string("y0") + kind)) {
    EXPECT_TRUE(expect::near(y, of_kind("y0"), within)) << "y";
  }
  const Tensor<S> target = sum(y * expected.tensor<S>("r0"));
  EXPECT_TRUE(expect::near(tape.gradient(target, x), of_kind("dx0"), within)) << "dx";
  const auto gradients = tape.gradient(target, layer.trainable_variables());
  for (std::size_t i = 0; i < gradients.size(); ++i)
    EXPECT_TRUE(expect::near(gradients[i], of_kind("dw" + std::to_string(i)), within)) << "dw" << i;
}

template <template <class> class L, class... Arguments>
void check(const std::string& id, expect::Within within, const Arguments&... arguments) {
  L<float> single(arguments...);
  agrees<float>(single, id, {1e-5, 1e-6}, "");
  L<double> twin(arguments...);
  agrees<double>(twin, id, within, "_f64");
}

}  // namespace

TEST(GoldenLayers, Dense) {
  check<Dense>("000_Dense", with_products, 5, ActivationArgument("linear"));
  check<Dense>("002_Dense", with_products, 5, ActivationArgument("tanh"));
  check<Dense>("004_Dense", with_products, 5, ActivationArgument("softmax"));
  check<Dense>("008_Dense", with_products, 5, DenseOptions{.use_bias = false});
  check<Dense>("010_Dense", with_products, 3);
}

TEST(GoldenLayers, WithoutWeights) {
  check<ActivationLayer>("018_Activation", exact, ActivationArgument("relu"));
  check<Dropout>("182_Dropout", exact, 0.4);
  check<Reshape>("192_Reshape", exact, Shape{-1, 2});
}
