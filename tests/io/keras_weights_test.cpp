#include <hdf5.h>

#include <lamina/io/hdf5_reader.hpp>
#include <lamina/io/json.hpp>
#include <lamina/io/keras_weights.hpp>
#include <lamina/io/keras_writer.hpp>
#include <lamina/io/zip_archive.hpp>
#include "support/load_model.hpp"

#include "support/expect.hpp"
#include "support/temporary_file.hpp"
#include "support/warnings.hpp"

using namespace lamina;

namespace {

using lamina::testing_support::TemporaryFolder;
using lamina::testing_support::Warnings;

template <class S>
const Tensor<S> features = expect::scattered<S>({24, 3}, 1);
template <class S>
const Tensor<S> targets = expect::scattered<S>({24, 2}, 2);

template <class S>
Sequential<S> compiled(const OptimizerArgument<S>& optimizer) {
  clear_session();
  set_random_seed(3);
  Sequential<S> model{Dense<S>(4, "tanh"), Dropout<S>(0.3), Dense<S>(2)};
  model.build({None, 3});
  model.compile({.optimizer = optimizer, .loss = "mse"});
  return model;
}

template <class S>
std::vector<double> train(Model<S>& model, Index epochs = 2) {
  return model.fit(features<S>, targets<S>, {.batch_size = 8, .epochs = epochs, .verbose = 0})["loss"];
}

template <class S>
std::string values_of(const Optimizer<S>& optimizer) {
  std::string all = text("steps ", optimizer.steps(), ", learning rate ", optimizer.learning_rate());
  for (const auto& v : optimizer.variables()) all += text("\n", v.path(), " ", v.value());
  return all;
}

/// Lists the datasets of a group of a weights file in the order of their numbers, as i4, f4 or f8, with the value of scalars.
std::string datasets_of(const std::string& path, const char* group) {
  std::string all;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  for (int i = 0; H5Lexists(file, group, H5P_DEFAULT) > 0; ++i) {
    const std::string name = text(group, "/", i);
    if (H5Lexists(file, name.c_str(), H5P_DEFAULT) <= 0) break;
    const hid_t dataset = H5Dopen2(file, name.c_str(), H5P_DEFAULT), type = H5Dget_type(dataset),
                space = H5Dget_space(dataset);
    all += text(i == 0 ? "" : " ", H5Tget_class(type) == H5T_INTEGER ? "i" : "f", H5Tget_size(type));
    if (H5Sget_simple_extent_ndims(space) == 0) {
      double value = 0;
      H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value);
      all += text("=", value);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(dataset);
  }
  H5Fclose(file);
  return all;
}

/// Writes the weights of a model and the state of its optimizer.
template <class S>
void write_weights(const Model<S>& model, const std::string& path) {
  StoredModel stored = detail::stored_model(model);
  stored.optimizer = detail::stored_optimizer(model.optimizer());
  detail::write_keras_weights_file(path, stored);
}

/// Saves a trained model, loads it, and trains both on.
template <class S>
void check_going_on(const OptimizerArgument<S>& optimizer, const char* what) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.keras";
  const Warnings warnings;
  Sequential<S> model = compiled<S>(optimizer);
  train(model);
  // The file holds the learning rate as float.
  if (model.optimizer().has_constant_learning_rate())
    model.optimizer().set_learning_rate(static_cast<double>(static_cast<float>(model.optimizer().learning_rate())));
  model.save(path);
  const std::shared_ptr<Model<S>> loaded = load_model<S>(path);
  EXPECT_EQ(values_of(loaded->optimizer()), values_of(model.optimizer())) << what;
  EXPECT_EQ(loaded->optimizer().get_config(), model.optimizer().get_config()) << what;
  EXPECT_EQ(train(*loaded), train(model)) << what;
  EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights())) << what;
  EXPECT_EQ(values_of(loaded->optimizer()), values_of(model.optimizer())) << what;
  EXPECT_EQ(warnings.text(), "") << what;
}

template <class S>
void check_going_on_of_all() {
  const ExponentialDecay decay({.initial_learning_rate = 0.05, .decay_steps = 3, .decay_rate = 0.5});
  const auto wraps = [](auto inner, const char* what, double scale = 32768, Index growth_steps = 4) {
    LossScaleOptimizer optimizer(std::move(inner), {.initial_scale = scale, .dynamic_growth_steps = growth_steps});
    check_going_on<S>(optimizer, what);
  };
  wraps(SGD<S>(0.05), "SGD");
  wraps(SGD<S>({.learning_rate = decay, .momentum = 0.9}), "SGD with a schedule", 0.25, 2);
  wraps(SGD<S>({.learning_rate = decay}), "SGD with a schedule and no variables");
  wraps(Adam<S>({.learning_rate = 0.05, .amsgrad = true, .clipnorm = 0.5, .use_ema = true}), "Adam");
  wraps(Adam<S>({.learning_rate = decay, .gradient_accumulation_steps = 2}), "Adam with accumulation");
  wraps(Nadam<S>(0.05), "Nadam");
  wraps(Adafactor<S>(0.05), "Adafactor");
  wraps(Muon<S>(0.05), "Muon");
  wraps(RMSprop<S>({.learning_rate = 0.05, .momentum = 0.5, .centered = true}), "RMSprop");
  if (sizeof(S) == sizeof(float)) wraps(Adam<S>(0.05), "Adam with skipped steps", 3e38, 1);
}

}  // namespace

TEST(KerasOptimizerState, OfALossScaleOptimizerIsThatOfBothOptimizers) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.weights.h5";
  const auto written = [&](const auto& optimizer) {
    Sequential<float> model = compiled<float>(optimizer);
    train(model, 1);
    write_weights(model, path);
    return datasets_of(path, "optimizer/vars");
  };
  EXPECT_EQ(written(LossScaleOptimizer(SGD({.learning_rate = 0.5, .momentum = 0.9}), {.initial_scale = 64})),
            "i4=0 f4=0 i4=3 f4=64 i4=3 f4=0.5 f4 f4 f4 f4");
  EXPECT_EQ(datasets_of(path, "optimizer/inner_optimizer/vars"), "i4=3 f4=0.5 f4 f4 f4 f4");
  const CosineDecay decay({.initial_learning_rate = 0.5, .decay_steps = 100});
  EXPECT_EQ(
      written(LossScaleOptimizer(Adam({.learning_rate = decay}), {.initial_scale = 64, .dynamic_growth_steps = 2})),
      "i4=0 f4=0 i4=1 f4=128 i4=3 f4 f4 f4 f4 f4 f4 f4 f4");
  EXPECT_EQ(written(SGD(0.25)), "i4=3 f4=0.25");
  EXPECT_EQ(written(Adafactor(0.25)), "i4=3 f4=0.25 f4 f4 f4 i4=0 i4=0 f4 f4 f4 f4 i4=0 i4=0 f4");
}

TEST(KerasWeights, HaveNoTimes) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.weights.h5";
  write_weights(compiled<float>(Adam(0.25)), path);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  for (const char* dataset : {"layers/dense/vars/0", "optimizer/vars/0", "optimizer/vars/1"}) {
    H5G_stat_t status;
    EXPECT_GE(H5Gget_objinfo(file, dataset, false, &status), 0) << dataset;
    EXPECT_EQ(status.mtime, 0) << dataset << ": the same model gives the same bytes";
  }
  H5Fclose(file);
}

TEST(KerasOptimizerState, TheConfigurationOfAnInnerOptimizerHasItsModule) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.keras";
  const CosineDecay decay({.initial_learning_rate = 0.5, .decay_steps = 100});
  compiled<float>(LossScaleOptimizer(Adam({.learning_rate = decay}))).save(path);
  const Config config = detail::parse_json("config.json", detail::ZipArchive(path, path).read("config.json", 1 << 20));
  const Config& outer = config.at("compile_config").at("optimizer");
  const Config& inner = outer.at("config").at("inner_optimizer");
  for (const Config* optimizer : {&outer, &inner}) {
    EXPECT_EQ(optimizer->at("module").as_string(), "keras.optimizers");
    EXPECT_TRUE(optimizer->at("registered_name").is_null());
  }
  EXPECT_EQ(outer.at("class_name").as_string(), "LossScaleOptimizer");
  EXPECT_EQ(inner.at("class_name").as_string(), "Adam");
  EXPECT_EQ(inner.at("config").at("learning_rate").at("module").as_string(), "keras.optimizers.schedules");
}

TEST(KerasOptimizerState, OfALossScaleOptimizerGoesOnToTheSameBits) { check_going_on_of_all<float>(); }

TEST(KerasOptimizerState, OfALossScaleOptimizerInDoubleGoesOnToTheSameBits) { check_going_on_of_all<double>(); }

TEST(KerasOptimizerState, BeforeTheFirstStepIsEmpty) {
  const auto check = [](const auto& optimizer) {
    const TemporaryFolder folder;
    const Warnings warnings;
    Sequential<float> model = compiled<float>(optimizer);
    model.save(folder.path() + "/m.keras");
    const auto loaded = load_model<float>(folder.path() + "/m.keras");
    EXPECT_EQ(loaded->optimizer().steps(), 0);
    EXPECT_EQ(warnings.text(), "");
    EXPECT_EQ(train(*loaded), train(model));
  };
  check(LossScaleOptimizer(Adam(0.25)));
  check(LossScaleOptimizer(SGD(0.25)));
  check(LossScaleOptimizer(
      SGD({.learning_rate = CosineDecay({.initial_learning_rate = 0.5, .decay_steps = 100}), .momentum = 0.5})));
  check(Adam(0.25));
  check(SGD(0.25));
}

TEST(KerasOptimizerState, OfOtherVariablesIsAWarning) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.weights.h5";
  Sequential<float> model = compiled<float>(LossScaleOptimizer(SGD({.learning_rate = 0.5, .momentum = 0.9})));
  train(model);
  write_weights(model, path);
  const detail::Hdf5Reader file(path, std::make_unique<detail::FileBytes>(path, path));
  const auto read = [&](const OptimizerArgument<float>& optimizer) {
    Sequential<float> other = compiled<float>(optimizer);
    other.optimizer().build_once(other.trainable_variables());
    const Warnings warnings;
    const bool found = detail::read_keras_optimizer(file, detail::stored_optimizer(other.optimizer())).has_value();
    return text(found ? "found " : "none ", warnings.count());
  };
  EXPECT_EQ(read(LossScaleOptimizer(SGD({.momentum = 0.9}))), "found 0");
  EXPECT_EQ(read(LossScaleOptimizer(SGD())), "none 1");
  EXPECT_EQ(read(LossScaleOptimizer(Adam())), "none 1");
  EXPECT_EQ(read(SGD({.momentum = 0.9})), "none 1");
}
