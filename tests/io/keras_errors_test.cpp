#include "support/keras_files.hpp"

using namespace lamina;

namespace {

using lamina::testing::keras_files::dense_model;
using lamina::testing::keras_files::in;
using lamina::testing_support::files_in;
using lamina::testing_support::TemporaryFolder;

// ---- Errors

TEST(Keras, RefusesToSave) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  const Sequential unbuilt{Dense(3)};
  EXPECT_TRUE(expect::error<StateError>([&] { unbuilt.save(path); }, {"save_model", "no weights yet", "Build it"}));
  EXPECT_TRUE(expect::error<StateError>([&] { unbuilt.save_weights(in(folder, "w.weights.h5")); }, {"save_weights"}));
  auto model = dense_model();
  for (const char* legacy : {"m.h5", "m.hdf5", "m.H5"}) {
    EXPECT_TRUE(expect::error<ValueError>([&] { model.save(in(folder, legacy)); },
                                          {"save_model \"", legacy, "is read, not written", ".keras"}));
    EXPECT_TRUE(expect::error<ValueError>([&] { model.save_weights(in(folder, legacy)); },
                                          {"save_weights \"", legacy, "is read, not written", ".weights.h5"}));
  }
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save_weights(path); }, {"m.keras", "whole models", "save_model"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save(in(folder, "w.weights.h5")); }, {"weights only"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(in(folder, "w.weights.h5")); }, {"weights only"}));
  EXPECT_TRUE(expect::error<IoError>([&] { model.save(in(folder, "missing/m.keras")); },
                                     {"save_model \"", "missing/m.keras", "folder exists"}));
  EXPECT_EQ(files_in(in(folder, "")), 0U);
}

TEST(Keras, RefusesFilesThatAreNoneOfKeras) {
  const TemporaryFolder folder;
  auto model = dense_model();
  const std::vector<Tensor<float>> before = model.get_weights();
  EXPECT_TRUE(
      expect::error<IoError>([&] { load_model<float>(in(folder, "m.keras")); }, {"m.keras\"", "cannot open the file"}));
  EXPECT_TRUE(expect::error<IoError>([&] { model.load_weights(in(folder, "w.weights.h5")); },
                                     {"w.weights.h5", "cannot open the file"}));
  for (const std::string& bytes : {std::string(), std::string("P"), std::string("PK"), std::string(5000, 'x')})
    for (const char* name : {"b.keras", "b.weights.h5", "b.h5"}) {
      const std::string path = folder.write(name, bytes);
      EXPECT_TRUE(expect::error<IoError>([&] { model.load_weights(path); }, {name, "expected"}));
      if (std::string(name) == "b.weights.h5") continue;
      EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); }, {name, "expected"}));
    }
  std::filesystem::create_directory(folder.path() + "/d.keras");
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(folder.path() + "/d.keras"); }, {"d.keras", "folder"}));
  EXPECT_TRUE(expect::same(model.get_weights(), before));
}

TEST(Keras, LeavesTheModelAsItWas) {
  const TemporaryFolder folder;
  const Tensor<float> x = expect::scattered<float>({8, 3}), y = expect::scattered<float>({8, 1});
  auto model = dense_model();
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.fit(x, y, {.verbose = 0});
  std::vector<Tensor<float>> weights;
  for (const Tensor<float>& w : model.get_weights()) weights.push_back(w.copy());
  const Index steps = model.optimizer().steps();

  const std::string wider = in(folder, "wider.weights.h5"), longer = in(folder, "longer.keras"),
                    shorter = in(folder, "shorter.weights.h5"), unbiased = in(folder, "unbiased.weights.h5");
  dense_model(5).save_weights(wider);
  Sequential{Input({3}), Dense(4), LayerNormalization(), Dense(1)}.save(longer);
  Sequential{Input({3}), Dense(4)}.save_weights(shorter);
  Sequential{Input({3}), Dense(4), Dense(1, {.use_bias = false})}.save_weights(unbiased);
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] { model.load_weights(wider); },
      {"wider.weights.h5", "\"layers/dense/vars/0\"", "expected shape (3, 4), got (3, 5)", "another model"}));
  EXPECT_TRUE(expect::error<IoError>([&] { model.load_weights(shorter); },
                                     {"shorter.weights.h5", "no group \"layers/dense_1/vars\"", "Dense"}));
  EXPECT_TRUE(expect::error<IoError>([&] { model.load_weights(unbiased); },
                                     {"\"layers/dense_1/vars\" has 1 weights", "has 2", "another model"}));
  EXPECT_NO_THROW(dense_model().load_weights(longer)) << "other groups are not read";
  EXPECT_TRUE(expect::same(model.get_weights(), weights));
  EXPECT_TRUE(model.compiled());
  EXPECT_EQ(model.optimizer().steps(), steps);
  EXPECT_NO_THROW(model.fit(x, y, {.verbose = 0}));
}

}  // namespace
