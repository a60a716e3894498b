#include <lamina/data/dataset.hpp>
#include <lamina/models/user_call.hpp>

#include "support/check_layer.hpp"
#include "support/functional_models.hpp"

using namespace lamina;
using namespace lamina::testing::functional_models;

TEST(Subclass, IsAModel) {
  struct Net : Model<float> {
    Tensor<float> call(const Tensor<float>& x) const override { return second(relu(first(x))); }
    Dense<float> first{8}, second{2};
  } net;
  net.compile({.optimizer = "adam", .loss = "mse"});
  const History history = net.fit(first_input, yp, {.epochs = 20, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  EXPECT_EQ(net.variables().size(), 4U);
  EXPECT_NE(net.summary_text().find("(Dense)"), std::string::npos);
}

TEST(Subclass, OfSeveralInputsAndOutputs) {
  struct Net : Model<float> {
    std::vector<Tensor<float>> call_many(const std::vector<Tensor<float>>& x) const override {
      const Tensor<float> h = base(x.at(0)) + base(x.at(1));
      return {p(h), q(h)};
    }
    bool has_several_outputs() const override { return true; }
    Dense<float> base{5}, p{2}, q{1, "sigmoid"};
  } net;
  net.compile({.optimizer = "adam", .loss = {{"p", "mse"}, {"q", "binary_crossentropy"}}});
  const History history = net.fit({first_input, second_input}, {yp, yq}, {.epochs = 20, .verbose = 0});
  EXPECT_LT(history["p_loss"].back(), history["p_loss"].front());
  EXPECT_EQ(net.predict({first_input, second_input}).count(), 2U);
}

TEST(Subclass, OverridesTrainStep) {
  struct Net : Model<float> {
    Tensor<float> call(const Tensor<float>& x) const override { return layer(x); }
    float train_step(const Samples<float>& batch) override {
      GradientTape<float> tape;
      const Tensor<float> y = (*this)(batch.x, {.training = true});
      const Tensor<float> loss = mean(square(y - batch.y));
      const auto all = trainable_variables();
      optimizer().apply_gradients(tape.gradient(loss, all), all);
      track("mean_output", mean(y).item(), batch);
      return record(loss, batch, y);
    }
    Dense<float> layer{2};
  } net;
  net.compile({.optimizer = "adam", .metrics = {"mae"}});
  const History history = net.fit(first_input, yp, {.epochs = 5, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  EXPECT_TRUE(history.contains("mae"));
  EXPECT_EQ(history["mean_output"].size(), 5U);
}
