#pragma once
#include "lamina/data/npz.hpp"
#include "support/expect.hpp"

namespace lamina::testing::training {

inline const Tensor<double> features = expect::scattered({20, 3}, 1), targets = expect::scattered({20, 2}, 2);

/// Records the size of every batch, in training and in inference.
struct Noting : Layer<double> {
  Tensor<double> call(const Tensor<double>& in) const override {
    (CallContext::training() ? trained : measured).push_back(in.shape()[0]);
    if (CallContext::training()) rows.push_back(in.copy());
    return in;
  }
  mutable std::vector<Index> trained, measured;
  mutable std::vector<Tensor<double>> rows;
};

struct Fixture {
  std::shared_ptr<Noting> noting = std::make_shared<Noting>();
  std::shared_ptr<Dense<double>> dense = std::make_shared<Dense<double>>(2);
  Sequential<double> model{noting, dense};
  Fixture() {
    set_random_seed(4);
    model.build({None, 3});
    noting->measured.clear();
    model.compile({.optimizer = SGD<double>(0.1), .loss = "mse"});
  }
};

}  // namespace lamina::testing::training
