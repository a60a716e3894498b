// A program that includes single headers gets only the layers that it uses: it may define classes with the names of other
// layers, which would conflict if their headers were included.
#include <lamina/layers/core/dense.hpp>
#include <lamina/models/sequential.hpp>
#include <lamina/models/weights_file.hpp>

namespace lamina {
struct Embedding {};
struct Conv2D {};
struct LSTM {};
struct MultiHeadAttention {};
struct BatchNormalization {};
namespace detail {
struct GraphReader {};
}  // namespace detail
}  // namespace lamina

int main() {
  using namespace lamina;
  const Tensor<float> xs{{-1}, {0}, {1}, {2}}, ys{{-3}, {-1}, {1}, {3}};
  Sequential<float> model{Input({1}), Dense<float>(1)};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  model.fit(xs, ys, {.epochs = 200, .verbose = 0});
  const auto x = Input<float>({1});
  const Model<float> graph(x, x | Dense<float>(2) | Dense<float>(1));
  const double error = model.evaluate(xs, ys)["loss"];
  return error < 0.1 && graph(xs).shape() == Shape{4, 1} ? 0 : 1;
}
