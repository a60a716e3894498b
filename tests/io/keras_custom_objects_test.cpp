#include "support/keras_files.hpp"

using namespace lamina;

namespace {

using lamina::testing::keras_files::in;
using lamina::testing::keras_files::round_trip;
using lamina::testing_support::error_text;
using lamina::testing_support::slurp;
using lamina::testing_support::TemporaryFolder;

struct Scale : Layer<float> {
  struct Arguments {
    double factor = 2;
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      field("factor", self.factor);
    }
  };
  explicit Scale(Arguments a) : arguments(a) {}
  void build(const Shape& input) override { offset = add_weight("offset", {input.back()}, RandomNormal()); }
  std::string class_name() const override { return "Scale"; }
  Config get_config() const override { return config_with(arguments); }
  Tensor<float> call(const Tensor<float>& x) const override { return x * arguments.factor + offset; }
  Arguments arguments;
  Variable<float> offset;
};

/// A layer of layers with automatic names.
struct Block : Layer<float> {
  std::string class_name() const override { return "Block"; }
  Tensor<float> call(const Tensor<float>& x) const override { return third(second(first(x))) + x; }
  Dense<float> first{4, "tanh"}, second{4, "relu"};
  LayerNormalization<float> third;
};

/// Layers with names that Keras's attributes could have.
struct NamedBlock : Layer<float> {
  NamedBlock() {
    first.set_name("dense_2");
    second.set_name("dense_1");
  }
  std::string class_name() const override { return "NamedBlock"; }
  Tensor<float> call(const Tensor<float>& x) const override { return second(first(x)); }
  Dense<float> first{3}, second{3};
};

struct Subclassed : Model<float> {
  std::string class_name() const override { return "Subclassed"; }
  Tensor<float> call(const Tensor<float>& x) const override { return second(block(first(x))); }
  Dense<float> first{4, "relu"};
  Block block;
  Dense<float> second{1};
};

// ---- Custom classes and functions

TEST(Keras, FindsCustomObjects) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  const Sequential model{Input({3}), Dense(4), Scale({.factor = 3})};
  model.save(path);
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(path); }, {"load_model \"", "m.keras", "Scale\""}));
  const auto loaded = load_model<float>(path, {.custom_objects = {custom_object<Scale>("Scale")}});
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
}

TEST(Keras, RoundTripsLayersOfLayers) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  const Tensor<float> x = expect::scattered<float>({5, 4});
  const Sequential model{Input({4}), Block(), Block(), NamedBlock()};
  model.save(path);
  // Other layers were created before: automatic names differ.
  const auto loaded = load_model<float>(
      path, {.custom_objects = {custom_object<Block>("Block"), custom_object<NamedBlock>("NamedBlock")}});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));

  const std::string weights = in(folder, "w.weights.h5");
  Subclassed first, second;
  const Tensor<float> y = first(x);
  first.save_weights(weights);
  EXPECT_FALSE(expect::same(second(x), y));
  second.load_weights(weights);
  EXPECT_TRUE(expect::same(second(x), y));
  first.save(path);
  const auto whole = load_model<float>(path, {.custom_objects = {custom_object<Subclassed>("Subclassed")}});
  EXPECT_TRUE(expect::same((*whole)(x), y));
}

TEST(Keras, FindsRegisteredFunctions) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  register_lambda("tests>scaled", [](const auto& t, const Config& arguments) {
    using S = typename std::decay_t<decltype(t)>::scalar_type;
    return t * static_cast<S>(arguments.at("factor").as_real());
  });
  Config arguments = Config::map();
  arguments["factor"] = 2.5;
  const Sequential model{Input({3}), Lambda("tests>scaled", {.arguments = arguments}), Dense(2)};
  const auto loaded = round_trip<float>(folder, model);
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));

  std::string archive = slurp(path);
  for (std::size_t at = 0; (at = archive.find("tests>scaled", at)) != std::string::npos;) archive[at + 6] = 'S';
  const std::string unregistered = folder.write("u.keras", archive);
  const std::string error = error_text<Error>([&] { load_model<float>(unregistered); });
  EXPECT_NE(error.find("u.keras"), std::string::npos) << error;
  const Sequential unnamed{Input({3}), Lambda([](const Tensor<float>& t) { return t * 2; })};
  EXPECT_TRUE(expect::error<ValueError>([&] { unnamed.save(path); }, {"Lambda", "register_lambda"}));
  EXPECT_TRUE(expect::same(load_model<float>(path)->predict(x), model.predict(x))) << "the old file stays";
}

}  // namespace
