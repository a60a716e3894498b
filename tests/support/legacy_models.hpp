#pragma once
#include <string>
#include <utility>
#include <vector>
#include "support/load_model.hpp"

#include "support/expect.hpp"
#include "support/legacy_file.hpp"
#include "support/temporary_file.hpp"

// Models in legacy .h5 files, compared with the same layers of Keras 3's weights.

namespace lamina::testing_support {

using Weights = LegacyFile::Weights;
using Layers = std::vector<std::pair<std::string, Weights>>;

inline Tensor<float> values(const Shape& shape, std::uint64_t seed) { return expect::scattered<float>(shape, seed); }

/// The attributes of a file; none if empty.
struct Origin {
  std::string version = {}, backend = {};
};
/// Writes a Sequential of these layers, as JSON, and its weights; returns the path.
inline std::string write_model(const TemporaryFolder& folder, const std::string& layers, const Layers& weights,
                               const Origin& origin = {}) {
  const std::string path = folder.path() + "/m.h5";
  LegacyFile file(path);
  file.string("", "model_config", "{\"class_name\": \"Sequential\", \"config\": [" + layers + "]}");
  for (const char* group : {"", "model_weights"})
    if (!origin.version.empty()) file.string(group, "keras_version", origin.version);
  if (!origin.backend.empty()) file.string("model_weights", "backend", origin.backend);
  file.layers("model_weights", weights);
  return path;
}
/// Checks that the model in a file computes what a layer of these weights does.
inline void expect_like(const std::string& path, Sequential<float> model, const Shape& input,
                        const std::vector<Tensor<float>>& weights) {
  Shape batch{2};
  for (const Index size : input) batch.push_back(size);
  const Tensor<float> x = values(batch, 99);
  model(x);
  model.set_weights(weights);
  const auto loaded = load_model<float>(path);
  EXPECT_TRUE(expect::same(loaded->get_weights(), weights));
  EXPECT_TRUE(expect::same(loaded->predict(x), model.predict(x)));
}
/// The weights of gates as Keras 1 stores them, by name: W, U and b of each gate.
inline Weights by_gate(const std::string& layer, const std::string& gates, const Shape& kernel, const Shape& recurrent,
                       std::uint64_t seed) {
  Weights weights;
  for (const char gate : gates) {
    weights.emplace_back(layer + "_W_" + gate, values(kernel, seed++));
    weights.emplace_back(layer + "_U_" + gate, values(recurrent, seed++));
    weights.emplace_back(layer + "_b_" + gate, values({kernel.back()}, seed++));
  }
  return weights;
}
/// The same as kernel, recurrent kernel and bias with the gates at these positions.
inline std::vector<Tensor<float>> in_order(const Weights& weights, const std::vector<std::size_t>& gates) {
  std::vector<Tensor<float>> all;
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<Tensor<float>> parts;
    for (const std::size_t gate : gates) parts.push_back(weights[3 * gate + i].second);
    all.push_back(concatenate(parts, -1));
  }
  return all;
}

/// A convolution of Keras 1 with channels first.
inline constexpr const char* convolution_th = R"({"class_name": "Convolution2D", "config": {"name": "convolution2d_1",
  "nb_filter": 4, "nb_row": 2, "nb_col": 3, "border_mode": "valid", "subsample": [1, 1], "dim_ordering": "th",
  "activation": "linear", "init": "glorot_uniform", "bias": true, "batch_input_shape": [null, 3, 5, 6]}})";

}  // namespace lamina::testing_support
