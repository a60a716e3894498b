// Names of activations, initializers and so on as string literals, which are looked up at compile time.
#include <lamina/lamina.hpp>

int main() {
  using namespace lamina;
  Sequential<float> model{Input({2}),
                          Dense(3, {.activation = "relu",
                                    .kernel_initializer = "ones",
                                    .kernel_regularizer = "l2",
                                    .kernel_constraint = "non_neg"}),
                          Reshape({3, 1}), SimpleRNN(2, {.activation = "tanh", .recurrent_initializer = "orthogonal"}),
                          Activation("softmax")};
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy", "mse"}});
  const Tensor<float> x{{1, 2}}, y{{0, 1}};
  model.fit(x, y, {.verbose = 0});
  return model.predict(x).shape() == Shape{1, 2} ? 0 : 1;
}
