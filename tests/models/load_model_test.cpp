#include <filesystem>
#include <lamina/models/load_model.hpp>
#include <lamina/models/weights_file.hpp>

#include "support/expect.hpp"
#include "support/temporary_file.hpp"
#include "support/toy_format.hpp"

using namespace lamina;

namespace {

using lamina::testing::toy_format::small_model;
using lamina::testing::toy_format::ToyFormat;
using lamina::testing_support::TemporaryFolder;

[[maybe_unused]] const bool registered = lamina::testing::toy_format::register_formats();

struct ScaledWithOffset : Layer<float> {
  struct Arguments {
    double factor = 2;
    template <class Self, class Field>
    static void fields(Self& self, Field&& field) {
      field("factor", self.factor);
    }
  };
  explicit ScaledWithOffset(Arguments a) : arguments(a) {}
  void build(const Shape& input) override { offset = add_weight("offset", {input.back()}, RandomNormal()); }
  std::string class_name() const override { return "ScaledWithOffset"; }
  Config get_config() const override { return config_with(arguments); }
  Tensor<float> call(const Tensor<float>& x) const override { return x * arguments.factor + offset; }
  Arguments arguments;
  Variable<float> offset;
};

TEST(LoadModel, FindsCustomObjects) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.toy";
  const Sequential model{Input({3}), Dense(4), ScaledWithOffset({.factor = 3})};
  model.save(path);
  EXPECT_TRUE(
      expect::error<ValueError>([&] { load_model<float>(path); }, {"load_model \"", "m.toy", "\"ScaledWithOffset\""}));
  const auto loaded =
      load_model<float>(path, {.custom_objects = {custom_object<ScaledWithOffset>("ScaledWithOffset")}});
  const Tensor<float> x = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(path); }, {"\"ScaledWithOffset\""}))
      << "for that call only";
}

TEST(LoadModel, RejectsFilesThatAreNoModels) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.toy";
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); }, {"m.toy"})) << "missing";

  const auto model = small_model();
  model.save_weights(path);
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); }, {"m.toy", "no model", "load_weights"}));

  ToyFormat::save(path, named_config("Dense", Dense(3).get_config()), {});
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); }, {"m.toy", "expected a model", "Dense"}));

  const Config unbuilt = named_config("Sequential", Sequential{Dense(3)}.get_config());
  ToyFormat::save(path, unbuilt, {});
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); }, {"m.toy", "which input"}));

  const Config config = named_config("Sequential", model.get_config());
  ToyFormat::save(path, config, {});
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); }, {"m.toy", "expected 4 weights, got 0"}));
}

TEST(LoadModel, NamesTheFileInTheErrorsOfItsLayers) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.toy";
  Config config = named_config("Sequential", small_model().get_config());
  config["config"]["layers"][1]["config"]["unitz"] = 3;
  ToyFormat::save(path, config, {});
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(path); },
                                        {"load_model \"", "m.toy\": Dense: unknown argument \"unitz\""}));
}

TEST(LoadModel, ChecksTheAbilitiesOfTheFormat) {
  const TemporaryFolder folder;
  const std::string write_only = folder.path() + "/m.writeonly", weights = folder.path() + "/w.npz";
  auto model = small_model();
  model.save(write_only);
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(write_only); }, {"m.writeonly", "not read"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.load_weights(write_only); }, {"m.writeonly", "not read"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save_weights(write_only); }, {"m.writeonly", "save_model"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save(weights); }, {"w.npz", "weights only", "save_weights"}));
  EXPECT_FALSE(std::filesystem::exists(weights));
  model.save_weights(weights);
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(weights); }, {"w.npz", "weights only"}));
}

}  // namespace
