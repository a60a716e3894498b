// The trainer without a Model: it needs a layer only.
#include "lamina/training/trainer.hpp"

#include <gtest/gtest.h>

#include "lamina/layers/core/dense.hpp"

using namespace lamina;

namespace {
struct TrainedDense : Dense<float>, Trainer<float> {
  TrainedDense()
      : Dense<float>(1, {.kernel_initializer = "zeros"}), Trainer<float>(static_cast<Layer<float>&>(*this)) {}
  using Trainer<float>::track;
};

const Tensor<float> x{-1, 0, 1, 2, 3, 4}, y{-3, -1, 1, 3, 5, 7};
}  // namespace

TEST(Trainer, TrainsALayerThatIsNoModel) {
  TrainedDense dense;
  EXPECT_FALSE(dense.compiled());
  EXPECT_THROW(dense.fit(x, y), StateError);
  dense.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"mae"}});
  const History history = dense.fit(x, y, {.epochs = 500, .verbose = 0});
  EXPECT_EQ(history.epoch().size(), 500u);
  EXPECT_LT(history["loss"].back(), history["loss"].front() / 1000);
  EXPECT_EQ(dense.log_names(), "loss, mae");
  EXPECT_NEAR(dense.predict(Tensor<float>{10}).item(), 19, 0.1f);
  EXPECT_LT(dense.evaluate(x, y)["mae"], 0.1);
}

TEST(Trainer, CallsOverriddenFunctionsOfTheModel) {
  struct Named : TrainedDense {
    std::size_t known_input_count() const noexcept override { return 1; }
    std::vector<std::string> named_inputs() const override { return {"position"}; }
    std::vector<std::string> named_outputs() const override { return {"height"}; }
    float train_step(const Samples<float>& batch) override {
      track("samples", static_cast<double>(batch.x.shape()[0]), batch);
      return Trainer<float>::train_step(batch);
    }
  };
  Named dense;
  dense.compile({.optimizer = "sgd", .loss = {{"height", "mse"}}});
  const Logs logs = dense.train_on_batch({{"position", x}}, {{"height", y}});
  EXPECT_EQ(logs["samples"], 6);
  EXPECT_THROW(dense.train_on_batch({{"place", x}}, {{"height", y}}), ValueError);
  EXPECT_THROW(dense.predict({x, x}), ValueError);
}

TEST(Trainer, CallbacksWithoutAModelHaveNone) {
  struct Ask : Callback<float> {
    void on_epoch_end(Index, Logs&) override { model(); }
  };
  TrainedDense dense;
  dense.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_THROW(dense.fit(x, y, {.verbose = 0, .callbacks = {Ask()}}), StateError);
}
