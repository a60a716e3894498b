#pragma once
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <variant>

#include "lamina/data/write_file.hpp"
#include "lamina/io/hdf5_writer.hpp"
#include "lamina/io/keras_config.hpp"
#include "lamina/io/keras_groups.hpp"
#include "lamina/io/zip_output.hpp"

// Writes Keras's files: .keras archives and .weights.h5 files.

namespace lamina::detail {

/// Writes the state of an optimizer; see KerasOptimizerLayout.
inline void write_keras_optimizer(Hdf5Writer& file, const StoredOptimizer& optimizer) {
  int at = 0;
  const auto begin = [&](const std::string& group, const Config& config) {
    at = 0;
    file.group(group);
    const Config* name = config.find("name");
    if (name != nullptr && name->is_string()) file.attribute(group, "name", name->as_string());
  };
  const auto add_variables = [&](const std::string& group, std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      const StoredVariable& v = optimizer.variables[i];
      if (!v.integer) {
        file.dataset(group, std::to_string(at++), v.value);
        continue;
      }
      const double value = std::visit([](const auto& tensor) { return static_cast<double>(tensor.item()); }, v.value);
      file.integer(group, std::to_string(at++), static_cast<std::int32_t>(value));
    }
  };
  const auto add_number = [&](const std::string& group, double number) {
    file.dataset(group, std::to_string(at++), Tensor<float>(static_cast<float>(number)));
  };
  const std::size_t own = optimizer.own_variables.value_or(0);
  const auto add_inner = [&](const std::string& group) {
    file.integer(group, std::to_string(at++), static_cast<std::int32_t>(optimizer.steps));
    if (optimizer.learning_rate) add_number(group, *optimizer.learning_rate);
    add_variables(group, own, optimizer.variables.size());
  };
  const std::string group = "optimizer/vars";
  const Config& config = optimizer.config.at("config");
  begin(group, config);
  if (optimizer.own_variables) {
    file.integer(group, std::to_string(at++), 0);
    add_number(group, 0);
    add_variables(group, 0, own);
  }
  add_inner(group);
  if (!optimizer.own_variables) return;
  // Keras also stores the inner optimizer as an attribute of the outer one.
  const std::string inner = "optimizer/inner_optimizer/vars";
  begin(inner, config.at("inner_optimizer").at("config"));
  add_inner(inner);
}

/// Writes the weights of a model and the state of its optimizer as Keras's model.weights.h5.
inline void write_keras_weights(const std::string& who, Hdf5Image& image, const StoredModel& model) {
  Hdf5Writer file(who, image);
  for (const KerasGroup& group : KerasGroups::of(model)) {
    file.group(group.path);
    file.attribute(group.path, "name", group.layer);
    for (std::size_t i = 0; i < group.weights.size(); ++i)
      file.dataset(group.path, std::to_string(i), model.weights[group.weights[i]].value);
  }
  if (model.optimizer) write_keras_optimizer(file, *model.optimizer);
  file.finish();
}

/// Copies bytes to a file; returns false on failure.
inline bool copy_bytes(Bytes& from, std::FILE* to) {
  std::string buffer(std::size_t{1} << 20U, '\0');
  for (std::uint64_t at = 0; at < from.size();) {
    const auto count = static_cast<std::size_t>((std::min<std::uint64_t>)(buffer.size(), from.size() - at));
    if (!from.read(at, buffer.data(), count) || std::fwrite(buffer.data(), 1, count, to) != count) return false;
    at += count;
  }
  return true;
}

/// Returns metadata.json. The version is that of the Keras whose files these are like.
inline std::string keras_metadata() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
#if defined(_WIN32)
  gmtime_s(&utc, &now);
#else
  gmtime_r(&now, &utc);
#endif
  char date[64];
  std::strftime(date, sizeof date, "%Y-%m-%d@%H:%M:%S", &utc);
  Config metadata = Config::map();
  metadata["keras_version"] = "3.15.1";
  metadata["date_saved"] = date;
  return metadata.to_string();
}

/// Writes a .keras archive.
inline void write_keras_archive(const std::string& path, const StoredModel& model) {
  const std::string who = text("save_model \"", path, "\"");
  Config config = KerasConfig::layer(model.config);
  config["compile_config"] = KerasConfig::compile_config(model.compile_config);
  StringBytes metadata(keras_metadata()), configuration(config.to_string());
  Hdf5Image weights;
  write_keras_weights(who, weights, model);
  write_file("save_model", path, [&](std::FILE* file) {
    ZipOutput zip(who, file);
    zip.add("metadata.json", metadata);
    zip.add("config.json", configuration);
    zip.add("model.weights.h5", weights);
    zip.finish();
    return true;
  });
}

/// Writes a .weights.h5 file.
inline void write_keras_weights_file(const std::string& path, const StoredModel& model) {
  Hdf5Image weights;
  write_keras_weights(text("save_weights \"", path, "\""), weights, model);
  write_file("save_weights", path, [&](std::FILE* file) { return copy_bytes(weights, file); });
}

}  // namespace lamina::detail
