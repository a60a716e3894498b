#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/io/json.hpp"
#include "lamina/io/keras_weights.hpp"
#include "lamina/io/legacy_config.hpp"
#include "lamina/io/legacy_h5.hpp"
#include "lamina/io/legacy_training.hpp"
#include "lamina/io/zip_archive.hpp"

// Keras's files for reading: .keras archives, .weights.h5 and legacy .h5 files.

namespace lamina::detail {

/// A .keras archive: config.json and model.weights.h5.
class KerasArchive final : public StoredFile {
 public:
  KerasArchive(std::string who, const std::string& path)
      : who_(std::move(who)), archive_(who_, path), config_(parse_json(who_ + ", config.json", read_config())) {
    if (!config_.is_map() || config_.find("class_name") == nullptr)
      raise<IoError>(who_, ", config.json: expected the configuration of a model, {\"class_name\": ...}, got ",
                     config_.to_string().substr(0, 100));
  }
  Config config() override { return LegacyConfig::upgraded(config_); }
  Config compile_config() override {
    const Config* compiled = config_.find("compile_config");
    if (compiled == nullptr) return {};
    return version().starts_with("2.") ? LegacyTraining::upgraded(*compiled) : *compiled;
  }
  std::uint64_t most_elements() const override { return weights_file().most_elements(); }
  std::vector<AnyTensor> weights(const StoredModel& model) override {
    return read_keras_weights(weights_file(), model);
  }
  std::optional<OptimizerState> optimizer_state(const StoredOptimizer& optimizer) override {
    return read_keras_optimizer(weights_file(), optimizer);
  }

 private:
  /// Returns the version of Keras that wrote the file; an empty string if the file does not state it.
  std::string version() const {
    if (!archive_.contains("metadata.json")) return {};
    const Config metadata =
        parse_json(who_ + ", metadata.json", archive_.read("metadata.json", std::uint64_t{1} << 20U));
    const Config* found = metadata.find("keras_version");
    return found != nullptr && found->is_string() ? found->as_string() : std::string();
  }
  std::string read_config() const { return archive_.read("config.json", std::uint64_t{1} << 28U); }
  const Hdf5Reader& weights_file() const {
    if (weights_ != nullptr) return *weights_;
    if (!archive_.contains("model.weights.h5") && archive_.contains("model.weights.npz"))
      raise<IoError>(who_,
                     ": the weights are in model.weights.npz, as Python objects (pickle), which can run code and are ",
                     "not read. In Python: model.save_weights(\"model.weights.h5\")");
    weights_ = std::make_unique<Hdf5Reader>(who_ + ", model.weights.h5", archive_.open("model.weights.h5"));
    return *weights_;
  }
  std::string who_;
  ZipArchive archive_;
  Config config_;
  mutable std::unique_ptr<Hdf5Reader> weights_;  // opened when it is first read
};

/// A .weights.h5 file.
class KerasWeightsFile final : public StoredFile {
 public:
  explicit KerasWeightsFile(std::unique_ptr<Hdf5Reader> file) : file_(std::move(file)) {}
  std::vector<AnyTensor> weights(const StoredModel& model) override { return read_keras_weights(*file_, model); }

 private:
  std::unique_ptr<Hdf5Reader> file_;
};

/// Opens a file of any of Keras's formats, by its first bytes and its contents.
inline std::unique_ptr<StoredFile> open_keras_file(const std::string& path) {
  const std::string who = text("Keras file \"", path, "\"");
  auto bytes = std::make_unique<FileBytes>(who, path);
  char magic[2] = {};
  if (bytes->read(0, magic, 2) && std::string_view(magic, 2) == "PK") return std::make_unique<KerasArchive>(who, path);
  auto file = std::make_unique<Hdf5Reader>(who, std::move(bytes));
  if (LegacyH5::is_legacy(*file)) return std::make_unique<LegacyH5>(std::move(file));
  return std::make_unique<KerasWeightsFile>(std::move(file));
}

}  // namespace lamina::detail
