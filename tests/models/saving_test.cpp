#include <filesystem>
#include <lamina/models/load_model.hpp>
#include <lamina/models/saving.hpp>
#include <lamina/models/weights_file.hpp>

#include "support/expect.hpp"
#include "support/temporary_file.hpp"
#include "support/toy_format.hpp"

using namespace lamina;

namespace {

using lamina::testing::toy_format::small_model;
using lamina::testing_support::TemporaryFolder;

[[maybe_unused]] const bool registered = lamina::testing::toy_format::register_formats();

/// A subclass of Model, whose configuration does not contain its input shape.
struct TwoLayers : Model<float> {
  std::string class_name() const override { return "TwoLayers"; }
  Tensor<float> call(const Tensor<float>& x) const override { return second(first(x)); }
  Dense<float> first{4, "relu"}, second{1};
};

TEST(SaveModel, RoundTripsASequential) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.toy";
  Sequential model{Input({3}), Dense(4, {.activation = "tanh", .kernel_regularizer = L2(0.1)}), Dropout(0.5), Dense(2)};
  model.layers()[0]->set_trainable(false);
  model.save(path);
  const std::shared_ptr<Model<float>> loaded = load_model<float>(path);
  EXPECT_EQ(loaded->get_config(), model.get_config());
  EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights()));
  EXPECT_EQ(loaded->trainable_variables().size(), 2U);
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
  EXPECT_FALSE(loaded->compiled());

  // In the other scalar type.
  const std::shared_ptr<Model<double>> doubled = load_model<double>(path);
  EXPECT_TRUE(expect::near(doubled->predict(x.cast<double>()), model.predict(x), {1e-5, 1e-6}));
}

TEST(SaveModel, RoundTripsAGraph) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.toy";
  auto a = Input<double>({3}), b = Input<double>({2});
  auto shared = std::make_shared<Dense<double>>(4);
  auto one = a | shared | Dense<double>(2), two = one * b;
  const Model<double> model({a, b}, {one, two | Dense<double>(1)});
  save_model(model, path);
  const auto loaded = load_model<double>(path);
  EXPECT_EQ(loaded->get_config(), model.get_config());
  const Tensor<double> x = expect::scattered({4, 3}), y = expect::scattered({4, 2}, 2);
  EXPECT_TRUE(expect::same(loaded->apply({x, y}), model.apply({x, y})));
}

TEST(SaveModel, RebuildsASubclass) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.toy";
  TwoLayers model;
  EXPECT_TRUE(expect::error<StateError>([&] { model.save(path); }, {"save_model", "no weights yet"}));
  EXPECT_FALSE(std::filesystem::exists(path));
  const Tensor<float> x = expect::scattered<float>({5, 3});
  const Tensor<float> y = model(x);
  model.save(path);
  const auto loaded = load_model<float>(path, {.custom_objects = {custom_object<TwoLayers>("TwoLayers")}});
  EXPECT_TRUE(expect::same((*loaded)(x), y));
}

TEST(SaveModel, ByAnExtensionWithoutFormatIsAnError) {
  auto model = small_model();
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save("m.keras"); }, {"save_model \"m.keras\"", "io/keras.hpp"}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { load_model<float>("m.keras"); }, {"load_model \"m.keras\"", "io/keras.hpp"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save_weights("m.weights.h5"); }, {"save_weights", "io/keras.hpp"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.load_weights("m.weights.h5"); }, {"load_weights", "io/keras.hpp"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save("model"); }, {"extension", ".toy"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>("m.tpy"); }, {"Did you mean \".toy\"?"}));
}

TEST(SaveWeights, UsesTheFormatOfTheExtension) {
  const TemporaryFolder folder;
  for (const char* name : {"/w.toy", "/w.npz"}) {
    const std::string path = folder.path() + name;
    const auto model = small_model();
    model.save_weights(path);
    auto again = small_model();
    EXPECT_FALSE(expect::same(again.get_weights(), model.get_weights()));
    again.load_weights(path);
    EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));

    Sequential other{Input({3}), Dense(5, "tanh"), Dense(1)};
    const auto before = other.get_weights();
    EXPECT_TRUE(
        expect::error<ShapeError>([&] { other.load_weights(path); }, {"load_weights", name, "(3, 5)", "(3, 4)"}));
    Sequential shorter{Input({3}), Dense(4)};
    EXPECT_TRUE(expect::error<IoError>([&] { shorter.load_weights(path); }, {"load_weights", name}));
    EXPECT_TRUE(expect::same(other.get_weights(), before)) << "nothing is changed";
  }
}

}  // namespace
