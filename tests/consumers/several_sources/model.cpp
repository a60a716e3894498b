#include "program.hpp"

using namespace lamina;

namespace {
struct Doubled : Layer<float> {
  Tensor<float> call(const Tensor<float>& x) const override { return 2 * x; }
};
}  // namespace

Sequential<float> line() {
  Sequential model{Doubled(), Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  return model;
}
