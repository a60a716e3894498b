#include "support/hdf5_files.hpp"
#include "support/keras_files.hpp"
#include "support/sanitizer.hpp"
#include "support/warnings.hpp"
#if defined(__linux__)
#include <sys/resource.h>
#endif

using namespace lamina;

namespace {

using lamina::testing::keras_files::in;
using lamina::testing_support::slurp;
using lamina::testing_support::TemporaryFolder;

Sequential<float> tiny_model() { return Sequential<float>{Input({2}), Dense(2, "tanh"), Dense(1)}; }

// HDF5's library (1.10) itself reads freed memory, or allocates more than there is, for some damaged files:
// errors for the address sanitizer. With it, files are only truncated.
constexpr bool only_truncated = LAMINA_ADDRESS_SANITIZER != 0;

/// The largest memory of the process so far, in bytes; 0 where that is unknown.
double peak_memory() {
#if defined(__linux__)
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
#else
  return 0;
#endif
}

/// Reads damaged copies of a file: every one is read, or an error of lamina.
class Damaged {
 public:
  Damaged(const TemporaryFolder& folder, const char* name, std::string bytes,
          std::function<void(const std::string&)> read)
      : path_(in(folder, name)), bytes_(std::move(bytes)), read_(std::move(read)), memory_(peak_memory()) {
    EXPECT_NO_THROW(attempt(bytes_, "as it is")) << path_;
    EXPECT_EQ(refused_, 0) << path_;
  }
  ~Damaged() {
    EXPECT_GT(refused_, 0) << path_;
    if (!only_truncated) {
      EXPECT_LT(peak_memory() - memory_, 100e6) << path_;
    }
  }
  Damaged(const Damaged&) = delete;
  Damaged& operator=(const Damaged&) = delete;

  void truncate(std::size_t stride) {
    for (std::size_t size = 0; size < bytes_.size(); size += stride)
      attempt(bytes_.substr(0, size), text("cut to ", size, " bytes"));
  }
  /// Changes bytes: one bit, or all.
  void flip(std::size_t stride, std::size_t first = 0) {
    for (std::size_t at = first; at < bytes_.size() && !only_truncated; at += stride) {
      std::string changed = bytes_;
      const unsigned bits = at / stride % 2 == 0 ? 0xFFU : 1U << at % 8;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ bits);
      attempt(changed, text("byte ", at, " changed by ", bits));
    }
  }
  /// Replaces 4 or 8 bytes by a large number.
  void enlarge(std::size_t stride) {
    for (std::size_t at = 0; at + 8 < bytes_.size() && !only_truncated; at += stride) {
      std::string changed = bytes_;
      changed.replace(at, at % 16 == 0 ? 8 : 4, at % 16 == 0 ? 8 : 4, '\x7F');
      attempt(changed, text("bytes from ", at, " enlarged"));
    }
  }

 private:
  void attempt(const std::string& bytes, const std::string& damage) {
    {
      std::ofstream file(path_, std::ios::binary);
      file << bytes;
    }
    try {
      read_(path_);
    } catch (const Error& error) {
      ++refused_;
      EXPECT_NE(std::string_view(error.what()).find(path_), std::string_view::npos) << damage << ": " << error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << path_ << ", " << damage << ": " << error.what();
    }
  }
  std::string path_, bytes_;
  std::function<void(const std::string&)> read_;
  double memory_;
  int refused_ = 0;
};

TEST(BrokenFiles, Keras) {
  const TemporaryFolder folder;
  const testing_support::Warnings silent;
  auto model = tiny_model();
  model.compile({.optimizer = SGD({.momentum = 0.5}), .loss = "mse"});
  model.fit(expect::scattered<float>({4, 2}), expect::scattered<float>({4, 1}), {.verbose = 0});
  model.save(in(folder, "whole.keras"));
  Damaged file(folder, "m.keras", slurp(in(folder, "whole.keras")),
               [](const std::string& path) { static_cast<void>(load_model<float>(path)); });
  file.truncate(127);
  file.flip(151);
  file.enlarge(356);
}

TEST(BrokenFiles, KerasWeights) {
  const TemporaryFolder folder;
  auto model = tiny_model();
  model.save_weights(in(folder, "whole.weights.h5"));
  const std::vector<Tensor<float>> before = model.get_weights();
  Damaged file(folder, "m.weights.h5", slurp(in(folder, "whole.weights.h5")), [&](const std::string& path) {
    try {
      model.load_weights(path);
    } catch (const Error&) {
      EXPECT_TRUE(expect::same(model.get_weights(), before)) << "half-changed";
      throw;
    }
    model.set_weights(before);
  });
  file.truncate(97);
  file.flip(53);
  file.enlarge(100);
}

/// A model in the legacy format, as Keras 2 writes it.
std::string legacy_file() {
  const testing_support::Hdf5File file;
  file.string("/", "keras_version", "2.9.0");
  file.string("/", "model_config",
              R"({"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "Dense", "config":
              {"name": "dense", "batch_input_shape": [null, 2], "units": 2, "activation": "tanh"}}, {"class_name": "Dense",
              "config": {"name": "dense_1", "units": 1}}]}})");
  file.group("model_weights/dense");
  file.group("model_weights/dense_1");
  file.strings("model_weights", "layer_names", {"dense", "dense_1"});
  file.fixed_strings("model_weights/dense", "weight_names", 14, {"dense/kernel:0", "dense/bias:0"});
  file.strings("model_weights/dense_1", "weight_names", {"dense_1/kernel:0", "dense_1/bias:0"});
  file.floats("model_weights/dense/dense/kernel:0", {2, 2}, {1, 2, 3, 4});
  file.floats("model_weights/dense/dense/bias:0", {2}, {5, 6});
  file.floats("model_weights/dense_1/dense_1/kernel:0", {2, 1}, {7, 8});
  file.floats("model_weights/dense_1/dense_1/bias:0", {1}, {9});
  return file.bytes();
}

TEST(BrokenFiles, LegacyH5) {
  const TemporaryFolder folder;
  Damaged file(folder, "m.h5", legacy_file(), [](const std::string& path) {
    const auto model = load_model<float>(path);
    EXPECT_EQ(model->get_weights().size(), 4U);
  });
  file.truncate(173);
  file.flip(61);
  file.enlarge(148);
}

}  // namespace
