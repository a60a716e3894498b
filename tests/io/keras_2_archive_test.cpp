#include <cstdio>
#include <lamina/io/hdf5_writer.hpp>
#include <lamina/io/zip_output.hpp>
#include <string>
#include <utility>
#include <vector>
#include "support/load_model.hpp"

#include "support/expect.hpp"
#include "support/temporary_file.hpp"
#include "support/warnings.hpp"

// .keras archives of Keras 2.12 to 2.15.

using namespace lamina;

namespace {

using lamina::testing_support::TemporaryFolder;
using lamina::testing_support::Warnings;

const char* const config = R"({"module": "keras.src.engine.functional", "class_name": "Functional", "config": {
  "name": "model", "trainable": true, "layers": [
  {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_input_shape": [null, 3], "dtype": "float32",
    "sparse": false, "ragged": false, "name": "x"}, "registered_name": null, "name": "x", "inbound_nodes": []},
  {"module": "keras.layers", "class_name": "Dense", "config": {"name": "a", "trainable": true, "dtype": "float32",
    "units": 4, "activation": "relu", "use_bias": true, "kernel_initializer": {"module": "keras.initializers",
    "class_name": "GlorotUniform", "config": {"seed": null}, "registered_name": null}}, "registered_name": null,
    "build_config": {"input_shape": [null, 3]}, "name": "a", "inbound_nodes": [[["x", 0, 0, {}]]]},
  {"module": "keras.layers", "class_name": "Dense", "config": {"name": "b", "trainable": true, "dtype": "float32",
    "units": 1}, "registered_name": null, "build_config": {"input_shape": [null, 4]}, "name": "b",
    "inbound_nodes": [[["a", 0, 0, {}]]]}],
  "input_layers": [["x", 0, 0]], "output_layers": [["b", 0, 0]]}, "registered_name": "Functional",
  "build_config": {"input_shape": [null, 3]}, "compile_config": {"optimizer": {"module": "keras.optimizers",
  "class_name": "Adam", "config": {"name": "Adam", "weight_decay": null, "clipnorm": null, "global_clipnorm": null,
  "clipvalue": null, "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null, "jit_compile": false,
  "is_legacy_optimizer": false, "learning_rate": 0.05, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-07,
  "amsgrad": false}, "registered_name": null}, "loss": "mse", "metrics": ["mae"], "loss_weights": null,
  "weighted_metrics": null, "run_eagerly": null, "steps_per_execution": null, "jit_compile": null}})";

TEST(Keras2Archive, LoadsTheModelAndTheStateOfTraining) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.keras";
  const Tensor<float> x = expect::scattered<float>({8, 3}, 1), y = expect::scattered<float>({8, 1}, 2);
  const FitOptions<float> options{.batch_size = 8, .epochs = 2, .verbose = 0, .shuffle = false};
  Sequential model{Dense(4, "relu"), Dense(1)};
  model.compile({.optimizer = Adam<float>({.learning_rate = 0.05}), .loss = "mse"});
  model.fit(x, y, options);
  {
    detail::Hdf5Image image;
    detail::Hdf5Writer writer("test", image);
    const auto weights = model.get_weights();
    std::vector<Tensor<float>> state;
    for (const Variable<float>& v : model.optimizer().variables()) state.push_back(v.value().detached());
    for (int layer = 0; layer < 2; ++layer)
      for (int i = 0; i < 2; ++i) {
        const std::string group = text("_layer_checkpoint_dependencies/dense", layer == 0 ? "" : "_1", "/vars");
        writer.group(group);
        writer.dataset(group, std::to_string(i), weights[static_cast<std::size_t>(2 * layer + i)]);
      }
    writer.integer("optimizer/vars", "0", 2);
    for (std::size_t i = 0; i < state.size(); ++i) writer.dataset("optimizer/vars", std::to_string(i + 1), state[i]);
    writer.finish();
    std::FILE* file = std::fopen(path.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    detail::StringBytes metadata(R"({"keras_version": "2.13.1", "date_saved": "2023-08-01@12:00:00"})"), text(config);
    {
      detail::ZipOutput zip("test", file);
      zip.add("metadata.json", metadata);
      zip.add("config.json", text);
      zip.add("model.weights.h5", image);
      zip.finish();
    }
    std::fclose(file);
  }
  const Warnings warnings;
  const auto loaded = load_model<float>(path);
  EXPECT_EQ(warnings.text(), "");
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
  ASSERT_TRUE(loaded->compiled());
  loaded->fit(x, y, options);
  model.fit(x, y, options);
  EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights()));
}

}  // namespace
