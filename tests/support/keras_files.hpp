#pragma once
#include <filesystem>
#include <string>
#include "support/load_model.hpp"

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/temporary_file.hpp"

namespace lamina::testing::keras_files {

/// A path in a folder with a space and letters outside of ASCII in its name.
inline std::string in(const testing_support::TemporaryFolder& folder, const char* name) {
  const std::string inner = folder.path() + "/a b \xC3\xA9";
  std::filesystem::create_directories(inner);
  return inner + "/" + name;
}

/// Saves a model and loads it again, in a session with other layers; compares configuration and weights.
template <class S>
std::shared_ptr<Model<S>> round_trip(const testing_support::TemporaryFolder& folder, const Model<S>& model) {
  const std::string path = in(folder, "m.keras");
  model.save(path);
  std::shared_ptr<Model<S>> loaded = load_model<S>(path);
  EXPECT_EQ(loaded->get_config(), model.get_config());
  EXPECT_EQ(loaded->name(), model.name());
  EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights()));
  EXPECT_EQ(loaded->trainable_variables().size(), model.trainable_variables().size());
  EXPECT_EQ(loaded->compiled(), model.compiled());
  return loaded;
}

inline Sequential<float> dense_model(Index units = 4) {
  return Sequential<float>{Input({3}), Dense(units, "tanh"), Dense(1)};
}

}  // namespace lamina::testing::keras_files
