// Embedding, and the cost of its gradient.
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

const Tensor<double> indices{{1, 0, 3}, {3, 1, 1}};

/// Returns the rows of a table, selected one by one.
Tensor<double> looked_up(const Tensor<double>& table, const Tensor<double>& x) {
  Shape shape = x.shape();
  shape.push_back(table.columns());
  Tensor<double> y = Tensor<double>::empty(shape);
  for (Index i = 0; i < x.size(); ++i)
    for (Index j = 0; j < table.columns(); ++j)
      y.mutable_data()[i * table.columns() + j] = table(static_cast<Index>(x[i]), j);
  return y;
}

}  // namespace

TEST(Embedding, LooksRowsUp) {
  Embedding<double> layer(5, 3);
  EXPECT_EQ(layer.compute_output_shape({None, 3}), (Shape{None, 3, 3}));
  EXPECT_EQ(layer(indices).shape(), (Shape{2, 3, 3}));
  ASSERT_EQ(layer.variables().size(), 1U);
  EXPECT_EQ(layer.variables()[0].name(), "embeddings");
  EXPECT_EQ(layer.variables()[0].shape(), (Shape{5, 3}));
  EXPECT_LE((max)(abs(layer.get_weights()[0])).item(), 0.05);
  const Tensor<double> table = expect::scattered({5, 3});
  layer.set_weights({table});
  EXPECT_TRUE(expect::same(layer(indices), looked_up(table, indices)));
  EXPECT_EQ(layer(Tensor<double>{2}).shape(), (Shape{1, 3}));
  EXPECT_EQ(layer(Tensor<double>::zeros({0, 3})).shape(), (Shape{0, 3, 3}));
  EXPECT_TRUE(expect::same(Embedding<double>(2, 1, {.weights = Tensor<float>{{7}, {8}}})(Tensor<double>{1, 0}),
                           Tensor<double>{{8.}, {7.}}));
}

TEST(Embedding, GradientsOfEqualIndicesAreAdded) {
  Embedding<double> layer(5, 3);
  layer(indices);
  const Tensor<double> r = expect::scattered({2, 3, 3}, 4);
  GradientTape<double> tape;
  const Tensor<double> y = layer(indices);
  const auto gradients = tape.gradient(y, layer.trainable_variables(), r);
  Tensor<double> expected = Tensor<double>::zeros({5, 3});
  for (Index i = 0; i < 6; ++i)
    for (Index j = 0; j < 3; ++j) expected.mutable_data()[static_cast<Index>(indices[i]) * 3 + j] += r[i * 3 + j];
  EXPECT_TRUE(expect::near(gradients[0], expected));
}

TEST(Embedding, MasksZeros) {
  Embedding<float> layer(5, 2, {.mask_zero = true});
  const Tensor<float> y = layer(Tensor<float>{{1, 0, 3}, {0, 0, 4}});
  EXPECT_TRUE(expect::same(get_mask(y), Tensor<float>{{1, 0, 1}, {0, 0, 1}}));
  EXPECT_FALSE(get_mask(Embedding<float>(5, 2)(Tensor<float>{{1, 0}})).defined());
}

TEST(Embedding, RejectsIndicesOutOfRange) {
  Embedding<float> layer(5, 2, {.name = "words"});
  layer(Tensor<float>{{1, 2}});
  const auto refused = [&](float index, const char* said) {
    return expect::error<ValueError>(
        [&] {
          layer(Tensor<float>{{1.F, index}});
        },
        {"Embedding \"words\"", "[0, 5)", said, "element 1", "0 to 4"});
  };
  EXPECT_TRUE(refused(5, "got 5"));
  EXPECT_TRUE(refused(-1, "got -1"));
  EXPECT_TRUE(refused(1.5F, "got 1.5"));
  EXPECT_TRUE(refused(std::numeric_limits<float>::quiet_NaN(), "nan"));
  EXPECT_TRUE(refused(std::numeric_limits<float>::infinity(), "inf"));
  EXPECT_TRUE(refused(1e30F, "e+30"));
  EXPECT_TRUE(expect::error<ValueError>([] { Embedding<float>(0, 2); }, {"input_dim"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Embedding<float>(3, 2, {.weights = Tensor<float>{{1, 2}}});
      },
      {"(3, 2)", "(1, 2)"}));
}

TEST(Embedding, RegularizersAndConfiguration) {
  Embedding<double> layer(4, 2, {.embeddings_regularizer = L2(0.5), .activity_regularizer = "l1", .mask_zero = true});
  const Tensor<double> y = layer(Tensor<double>{{1, 2}, {1, 1}});
  const auto losses = layer.losses();
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_NEAR(losses[0].item(), 0.5 * sum(square(layer.get_weights()[0])).item(), 1e-12);
  EXPECT_NEAR(losses[1].item(), 0.01 * sum(abs(y)).item() / 2, 1e-12);
  const auto again = layer_from_config<double>(named_config("Embedding", layer.get_config()));
  EXPECT_EQ(again->get_config(), layer.get_config());
  // The gradient of the table is the sum of the lookup's sparse gradient and the dense gradient of the regularizer.
  GradientTape<double> tape;
  const Tensor<double> loss = sum(layer(Tensor<double>{{1}})) + layer.losses()[0];
  const Tensor<double> gradient = tape.gradient(loss, layer.trainable_variables()[0]);
  Tensor<double> expected = layer.get_weights()[0].copy();
  for (Index j : {2, 3}) expected.mutable_data()[j] += 1;
  EXPECT_TRUE(expect::near(gradient, expected));
}

TEST(Embedding, AStepUpdatesOnlyTheRowsThatWereLookedUp) {
  // A table of 64 MB: a step that processed all of it would take milliseconds.
  const Index rows = 250000, width = 64;
  Embedding<float> layer(rows, width, {.embeddings_initializer = "zeros"});
  Tensor<float> x = Tensor<float>::empty({8, 16});
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<float>(i * 1913 % rows);
  layer(x);
  SGD<float> sgd(0.5);
  const auto variables = layer.trainable_variables();
  std::vector<Tensor<float>> gradients;
  const auto step = [&] {
    {
      GradientTape<float> tape;
      const Tensor<float> y = layer(x);
      tape.gradient_into(gradients, y, variables);
    }
    sgd.apply_gradients(gradients, variables);
    const detail::TouchedRows* touched = detail::TensorAccess::rows(gradients[0]);
    EXPECT_TRUE(touched != nullptr && touched->count() == x.size());
    for (auto& g : gradients) g = Tensor<float>();
  };
  step();
  const std::size_t before = memory_statistics().system_allocations;
  const float* table = variables[0].data();
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(memory_statistics().system_allocations, before);
  EXPECT_EQ(variables[0].data(), table) << "in place";
  EXPECT_EQ(table[1913 * width], -2.F);
  EXPECT_EQ(sum(abs(variables[0].value())).item(), 2.F * 128 * 64);
}

TEST(Embedding, TrainsInAModel) {
  Sequential<float> model{Embedding<float>(50, 8), Flatten<float>(), Dense<float>(1)};
  model.compile({.optimizer = Adagrad<float>({.learning_rate = 0.05}), .loss = "mse"});
  Tensor<float> x = Tensor<float>::empty({100, 2});
  for (Index i = 0; i < 200; ++i) x.mutable_data()[i] = static_cast<float>(i * 7 % 50);
  const Tensor<float> y = (max)(x, {.axes = {1}, .keepdims = true}) / 50;
  const History history = model.fit(x, y, {.batch_size = 10, .epochs = 100, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front() / 2);
}
