#pragma once
#include <memory>
#include <string>

#include "lamina/io/keras_file.hpp"
#include "lamina/io/keras_writer.hpp"
#include "lamina/io/model_json.hpp"
#include "lamina/models/file_format.hpp"

// Keras's file formats: .keras and .weights.h5 files, read and written, and legacy .h5 files of all versions, read. Including
// this header registers them; it also includes models as JSON. It needs HDF5's C library, libzip and nlohmann-json: link
// lamina::keras.

namespace lamina::detail {

/// The format of .keras archives.
class KerasFormat final : public FileFormat {
 public:
  bool holds_models() const noexcept override { return true; }
  void save_model(const std::string& path, const StoredModel& model) const override {
    write_keras_archive(path, model);
  }
  std::unique_ptr<StoredFile> open(const std::string& path) const override { return open_keras_file(path); }
};

/// The format of .weights.h5 files.
class KerasWeightsFormat final : public FileFormat {
 public:
  bool holds_models() const noexcept override { return false; }
  void save_weights(const std::string& path, const StoredModel& model) const override {
    write_keras_weights_file(path, model);
  }
  std::unique_ptr<StoredFile> open(const std::string& path) const override { return open_keras_file(path); }
};

/// The legacy format, .h5.
class LegacyH5Format final : public FileFormat {
 public:
  bool holds_models() const noexcept override { return true; }
  void save_model(const std::string& path, const StoredModel&) const override { refuse("save_model", path, ".keras"); }
  void save_weights(const std::string& path, const StoredModel&) const override {
    refuse("save_weights", path, ".weights.h5");
  }
  std::unique_ptr<StoredFile> open(const std::string& path) const override { return open_keras_file(path); }

 private:
  [[noreturn]] static void refuse(const char* action, const std::string& path, const char* instead) {
    raise<ValueError>(action, " \"", path, "\": Keras's legacy HDF5 format is read, not written. Use the extension ",
                      instead, ".");
  }
};

inline const bool keras_is_registered = [] {
  register_file_format(".keras", std::make_shared<KerasFormat>());
  register_file_format(".weights.h5", std::make_shared<KerasWeightsFormat>());
  for (const char* extension : {".h5", ".hdf5"}) register_file_format(extension, std::make_shared<LegacyH5Format>());
  return true;
}();

}  // namespace lamina::detail
