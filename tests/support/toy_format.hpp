#pragma once
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <lamina/layers/core/dense.hpp>
#include <lamina/models/file_format.hpp>
#include <lamina/models/sequential.hpp>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace lamina::testing::toy_format {

/// A file format for tests: configurations and arrays as tagged values, one after the other.
class ToyWriter {
 public:
  void number(std::uint64_t n) { bytes_.append(reinterpret_cast<const char*>(&n), sizeof n); }
  void string(const std::string& s) {
    number(s.size());
    bytes_ += s;
  }
  void config(const Config& c) {
    number(static_cast<std::uint64_t>(c.kind()));
    switch (c.kind()) {
      case Config::Kind::null:
        break;
      case Config::Kind::boolean:
        number(c.as_bool() ? 1 : 0);
        break;
      case Config::Kind::integer:
        number(static_cast<std::uint64_t>(c.as_integer()));
        break;
      case Config::Kind::real: {
        const double value = c.as_real();
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
        break;
      }
      case Config::Kind::string:
        string(c.as_string());
        break;
      case Config::Kind::list:
        number(c.size());
        for (const Config& element : c.elements()) config(element);
        break;
      case Config::Kind::map:
        number(c.size());
        for (const Config::Member& member : c.members()) {
          string(member.first);
          config(member.second);
        }
    }
  }
  void weights(const std::vector<StoredVariable>& weights) {
    number(weights.size());
    for (const StoredVariable& w : weights) std::visit([&](const auto& value) { tensor(value); }, w.value);
  }
  void save(const std::string& path) const { std::ofstream(path, std::ios::binary) << bytes_; }

 private:
  template <class S>
  void tensor(const Tensor<S>& value) {
    number(sizeof(S));
    number(static_cast<std::uint64_t>(value.rank()));
    for (Index i = 0; i < value.rank(); ++i) number(static_cast<std::uint64_t>(value.shape()[i]));
    bytes_.append(reinterpret_cast<const char*>(value.data()), static_cast<std::size_t>(value.size()) * sizeof(S));
  }
  std::string bytes_;
};

class ToyFile : public StoredFile {
 public:
  explicit ToyFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) raise<IoError>("toy \"", path, "\": cannot open the file");
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    config_ = read_config();
  }
  Config config() override { return config_; }
  std::vector<AnyTensor> weights(const StoredModel& /*model*/) override {
    std::vector<AnyTensor> values;
    for (std::uint64_t count = number(); count > 0; --count) {
      if (number() == sizeof(float))
        values.emplace_back(tensor<float>());
      else
        values.emplace_back(tensor<double>());
    }
    return values;
  }

 private:
  template <class T>
  T take() {
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::uint64_t number() { return take<std::uint64_t>(); }
  std::string string() {
    const auto size = static_cast<std::size_t>(number());
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  Config read_config() {
    switch (static_cast<Config::Kind>(number())) {
      case Config::Kind::null:
        return {};
      case Config::Kind::boolean:
        return number() != 0;
      case Config::Kind::integer:
        return static_cast<std::int64_t>(number());
      case Config::Kind::real:
        return take<double>();
      case Config::Kind::string:
        return string();
      case Config::Kind::list: {
        Config list = Config::list();
        for (std::uint64_t count = number(); count > 0; --count) list.push_back(read_config());
        return list;
      }
      case Config::Kind::map:
        break;
    }
    Config map = Config::map();
    for (std::uint64_t count = number(); count > 0; --count) {
      std::string name = string();
      map[name] = read_config();
    }
    return map;
  }
  template <class S>
  Tensor<S> tensor() {
    std::vector<Index> sizes(static_cast<std::size_t>(number()));
    for (Index& size : sizes) size = static_cast<Index>(number());
    const Shape shape(sizes.begin(), sizes.end());
    Tensor<S> values = Tensor<S>::zeros(shape);
    std::memcpy(values.mutable_data(), bytes_.data() + at_, static_cast<std::size_t>(values.size()) * sizeof(S));
    at_ += static_cast<std::size_t>(values.size()) * sizeof(S);
    return values;
  }

  std::string bytes_;
  std::size_t at_ = 0;
  Config config_;
};

class ToyFormat : public FileFormat {
 public:
  bool holds_models() const noexcept override { return true; }
  void save_model(const std::string& path, const StoredModel& model) const override {
    save(path, model.config, model.weights);
  }
  void save_weights(const std::string& path, const StoredModel& model) const override { save(path, {}, model.weights); }
  std::unique_ptr<StoredFile> open(const std::string& path) const override { return std::make_unique<ToyFile>(path); }

  static void save(const std::string& path, const Config& config, const std::vector<StoredVariable>& weights) {
    ToyWriter writer;
    writer.config(config);
    writer.weights(weights);
    writer.save(path);
  }
};

/// A format that can only be written, as an export format.
class WriteOnlyFormat : public FileFormat {
 public:
  bool holds_models() const noexcept override { return true; }
  void save_model(const std::string& path, const StoredModel& model) const override {
    ToyFormat::save(path, model.config, model.weights);
  }
};

/// Returns a built model with the same names every time.
inline Sequential<float> small_model() {
  clear_session();
  return Sequential<float>{Input({3}), Dense(4, "tanh"), Dense(1)};
}

/// Registers .toy and .writeonly.
inline bool register_formats() {
  register_file_format(".toy", std::make_shared<ToyFormat>());
  register_file_format(".writeonly", std::make_shared<WriteOnlyFormat>());
  return true;
}

}  // namespace lamina::testing::toy_format
