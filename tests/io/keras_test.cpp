#include "support/keras_files.hpp"

using namespace lamina;

namespace {

using lamina::testing::keras_files::dense_model;
using lamina::testing::keras_files::in;
using lamina::testing::keras_files::round_trip;
using lamina::testing_support::files_in;
using lamina::testing_support::slurp;
using lamina::testing_support::TemporaryFolder;

// ---- Models

TEST(Keras, RoundTripsASequential) {
  const TemporaryFolder folder;
  Sequential model{Input({3}),
                   Dense(4, {.activation = "tanh", .kernel_regularizer = L2(0.1), .name = "erste Lage/\xC3\xBC"}),
                   BatchNormalization(), Dropout(0.5), Dense(2)};
  model.set_name("a model, \xE6\xA8\xA1");
  model.layers()[0]->set_trainable(false);
  const auto loaded = round_trip<float>(folder, model);
  EXPECT_EQ(loaded->layers()[0]->name(), "erste Lage/\xC3\xBC");
  EXPECT_FALSE(loaded->layers()[0]->trainable());
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
  EXPECT_EQ(files_in(in(folder, "")), 1U) << "no temporary file is left";
}

TEST(Keras, RoundTripsAGraphInDouble) {
  const TemporaryFolder folder;
  auto a = Input<double>({3}), b = Input<double>({2});
  auto shared = std::make_shared<Dense<double>>(4);
  auto one = a | shared | Dense<double>(2), two = one * b, three = two | Dense<double>(4) | Dense<double>(3) | shared;
  const Model<double> model({a, b}, {one, two | Dense<double>(1), three});
  const auto loaded = round_trip<double>(folder, model);
  const Tensor<double> x = expect::scattered({4, 3}), y = expect::scattered({4, 2}, 2);
  EXPECT_TRUE(expect::same(loaded->apply({x, y}), model.apply({x, y})));
}

TEST(Keras, RoundTripsNestedModels) {
  const TemporaryFolder folder;
  auto inner = std::make_shared<Sequential<float>>(dense_model());
  auto x = Input<float>({3}), y = Input<float>({3});
  auto branch_input = Input<float>({1});
  auto branch = std::make_shared<Model<float>>(branch_input, branch_input | Dense(3, "relu") | Dense(2));
  const Model<float> model({x, y}, concatenate(std::vector{x | inner | branch, y | inner | branch}) | Dense(1));
  const auto loaded = round_trip<float>(folder, model);
  const Tensor<float> a = expect::scattered<float>({4, 3}), b = expect::scattered<float>({4, 3}, 2);
  EXPECT_TRUE(expect::same(loaded->apply({a, b}), model.apply({a, b})));
}

TEST(Keras, RoundTripsWrappersAndSequences) {
  const TemporaryFolder folder;
  Sequential model{Input({5, 3}), Bidirectional(LSTM(2, {.return_sequences = true})), TimeDistributed(Dense(3)),
                   RNN(StackedRNNCells(GRUCell(2), GRUCell(3)))};
  const auto loaded = round_trip<float>(folder, model);
  const Tensor<float> x = expect::scattered<float>({2, 5, 3});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
}

TEST(Keras, ReadsFloatsIntoDoubleAndDoublesIntoFloat) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras"), weights = in(folder, "m.weights.h5");
  auto model = dense_model();
  model.save(path);
  model.save_weights(weights);
  const auto doubled = load_model<double>(path);
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::near(doubled->predict(x.cast<double>()), model.predict(x), {1e-5, 1e-6}));
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_TRUE(expect::same(doubled->get_weights()[i], model.get_weights()[i].cast<double>()));
  doubled->save(path);
  auto again = dense_model();
  again.load_weights(path);
  EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));
  doubled->set_weights(
      {doubled->get_weights()[0] * 0, doubled->get_weights()[1], doubled->get_weights()[2], doubled->get_weights()[3]});
  doubled->load_weights(weights);
  EXPECT_TRUE(expect::same(doubled->get_weights()[0], model.get_weights()[0].cast<double>()));
}

TEST(Keras, RoundTripsModelsWithoutWeights) {
  const TemporaryFolder folder;
  Sequential model{Input({3}), Activation("tanh"), Flatten()};
  const auto loaded = round_trip<float>(folder, model);
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
  const std::string weights = in(folder, "w.weights.h5");
  model.save_weights(weights);
  EXPECT_NO_THROW(loaded->load_weights(weights));
  // The file has no group for another model.
  auto other = dense_model();
  EXPECT_TRUE(expect::error<IoError>([&] { other.load_weights(weights); }, {"layers/dense/vars"}));
}

TEST(Keras, WritesTheSameBytesAgain) {
  const TemporaryFolder folder;
  auto model = dense_model();
  model.save_weights(in(folder, "1.weights.h5"));
  auto again = dense_model();
  again.load_weights(in(folder, "1.weights.h5"));
  again.set_name(model.name());
  for (std::size_t i = 0; i < 2; ++i) again.layers()[i]->set_name(model.layers()[i]->name());
  again.save_weights(in(folder, "2.WEIGHTS.H5"));
  EXPECT_EQ(slurp(in(folder, "1.weights.h5")), slurp(in(folder, "2.WEIGHTS.H5")));
}

TEST(Keras, OpensFilesByTheirContents) {
  const TemporaryFolder folder;
  auto model = dense_model();
  model.save(in(folder, "m.keras"));
  model.save_weights(in(folder, "m.weights.h5"));
  auto again = dense_model();
  std::filesystem::copy_file(in(folder, "m.keras"), in(folder, "archive.weights.h5"));
  again.load_weights(in(folder, "archive.weights.h5"));
  EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));
  std::filesystem::copy_file(in(folder, "m.keras"), in(folder, "archive.h5"));
  EXPECT_TRUE(expect::same(load_model<float>(in(folder, "archive.h5"))->get_weights(), model.get_weights()));
  std::filesystem::copy_file(in(folder, "m.weights.h5"), in(folder, "weights.keras"));
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(in(folder, "weights.keras")); },
                                     {"load_model \"", "weights.keras\"", "no model", "load_weights"}));
  again = dense_model();
  again.load_weights(in(folder, "weights.keras"));
  EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));
}

}  // namespace
